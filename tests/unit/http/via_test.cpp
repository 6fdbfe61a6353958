#include "http/via.h"

#include <gtest/gtest.h>

#include <string_view>
#include <utility>

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

}  // namespace
}  // namespace tinyserve::http
