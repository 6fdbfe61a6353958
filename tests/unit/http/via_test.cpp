#include "http/via.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tinyserve::http {
namespace {

// Programs that read the log compare with these words.
constexpr std::pair<Via, std::string_view> kNames[] = {
    {Via::kFile, "file"},
    {Via::kCache, "cache"},
    {Via::kIndex, "index"},
    {Via::kListing, "listing"},
    {Via::kNotModified, "not-modified"},
    {Via::kRange, "range"},
    {Via::kRedirect, "redirect"},
    {Via::kSpa, "spa"},
    {Via::kErrorPage, "error-page"},
    {Via::kPreflight, "preflight"},
    {Via::kApi, "api"},
    {Via::kWrite, "write"},
    {Via::kRefused, "refused"},
    {Via::kOutsideRoot, "outside-root"},
    {Via::kHidden, "hidden"},
    {Via::kBadHost, "bad-host"},
    {Via::kCrossSite, "cross-site"},
    {Via::kLimit, "limit"},
    {Via::kTimeout, "timeout"},
    {Via::kClientAbort, "client-abort"},
    {Via::kInternalError, "internal-error"},
};

TEST(Via, IsNamedAsInTheRecord) {
  for (const auto& [via, text] : kNames) EXPECT_EQ(name(via), text);
}

TEST(Via, IsDescribedByTheSchemaOfTheLog) {
  std::ifstream file(TINYSERVE_SOURCE_DIR "/share/log.schema.json");
  const auto schema = nlohmann::json::parse(file);
  const auto known = schema.at("$defs").at("request").at("properties").at("via").at("enum");
  std::vector<std::string> names;
  for (const auto& [via, text] : kNames) names.emplace_back(text);
  EXPECT_EQ(known.get<std::vector<std::string>>(), names);
}

}  // namespace
}  // namespace tinyserve::http
