#include "handlers/json_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace tinyserve::handlers {
namespace {

using Layout = JsonText::Layout;

// An object with everything.
std::string written(Layout layout) {
  JsonText json(layout);
  json.begin_object();
  json.key("text").text("a \"b\" \\ \n").key("number").number(UINT64_MAX);
  json.key("none").literal("null").key("before").duration(-5);
  json.key("empty").begin_object().end().key("nothing").begin_array().end();
  json.key("pairs").begin_array();
  json.begin_array().text("x").text("1").end().begin_array().text("y").text("2").end();
  json.end();
  return json.end().take();
}

TEST(JsonText, IsWrittenAsOthersWriteIt) {
  const auto read = nlohmann::ordered_json::parse(written(Layout::kLines));
  EXPECT_EQ(read.dump(2), written(Layout::kLines));
  EXPECT_EQ(read.dump(), written(Layout::kOneLine));
  EXPECT_EQ(read.at("text"), "a \"b\" \\ \n");
  EXPECT_EQ(read.at("number"), UINT64_MAX);
  EXPECT_EQ(read.at("pairs").size(), 2U);
}

TEST(JsonText, IsReadAsTheTextItIsOfWhateverByteThatHas) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = std::string("<") + static_cast<char>(byte) + ">";
    const std::string json = JsonText().text(text).take();
    const auto read = nlohmann::json::parse(json).get<std::string>();
    EXPECT_EQ(read, byte < 0x80 ? text : "<\xef\xbf\xbd>") << byte;
  }
}

TEST(JsonText, MayBeASingleValue) { EXPECT_EQ(JsonText().number(7).take(), "7"); }

}  // namespace
}  // namespace tinyserve::handlers
