#include "files/media_type.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace tinyserve::files {
namespace {

constexpr std::string_view kUnknown = "application/octet-stream";

TEST(MediaType, IsThatOfTheExtension) {
  const std::pair<std::string_view, std::string_view> expected[] = {
      {"index.html", "text/html; charset=utf-8"},
      {"style.css", "text/css; charset=utf-8"},
      {"app.js", "text/javascript; charset=utf-8"},
      {"app.mjs", "text/javascript; charset=utf-8"},
      {"app.cjs", "text/javascript; charset=utf-8"},
      {"notes.txt", "text/plain; charset=utf-8"},
      {"data.json", "application/json"},
      {"app.js.map", "application/json"},
      {"site.webmanifest", "application/manifest+json"},
      {"module.wasm", "application/wasm"},
      {"logo.svg", "image/svg+xml"},
      {"photo.avif", "image/avif"},
      {"photo.webp", "image/webp"},
      {"photo.jpeg", "image/jpeg"},
      {"photo.png", "image/png"},
      {"font.woff2", "font/woff2"},
      {"film.mp4", "video/mp4"},
      {"film.webm", "video/webm"},
      {"paper.pdf", "application/pdf"},
  };
  for (const auto& [name, type] : expected) EXPECT_EQ(media_type(name), type) << name;
}

TEST(MediaType, DoesNotCareAboutCase) {
  EXPECT_EQ(media_type("INDEX.HTML"), "text/html; charset=utf-8");
  EXPECT_EQ(media_type("Photo.JpEg"), "image/jpeg");
}

TEST(MediaType, OfANameWithoutKnownExtensionIsOctets) {
  for (const std::string_view name :
       {"README", "", ".", "name.", "a.unknown-extension", "html", "a.html ", "a.htm\xC3\xA9"}) {
    EXPECT_EQ(media_type(name), kUnknown) << name;
  }
}

TEST(MediaType, LooksAtTheLastExtensionOnly) {
  EXPECT_EQ(media_type("page.html.exe"), kUnknown);
  EXPECT_EQ(media_type("archive.exe.txt"), "text/plain; charset=utf-8");
}

TEST(MediaType, SurvivesAnExtensionLongerThanAnyItKnows) {
  EXPECT_EQ(media_type("a." + std::string(16, 'x')), kUnknown);
  EXPECT_EQ(media_type("a." + std::string(17, 'x')), kUnknown);
  EXPECT_EQ(media_type("a." + std::string(100'000, 'x')), kUnknown);
}

TEST(Extension, IsWhatFollowsTheLastDotOfTheLastPart) {
  EXPECT_EQ(extension("a.tar.gz"), "gz");
  EXPECT_EQ(extension("v1.2/about"), "");
  EXPECT_EQ(extension("about"), "");
  EXPECT_EQ(extension("about."), "");
  EXPECT_EQ(extension(""), "");
}

}  // namespace
}  // namespace tinyserve::files
