#include "files/sibling.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "support/temp_tree.h"

namespace tinyserve::files {
namespace {

using http::Coding;
using test::TempTree;

constexpr long kNs = 500;  // of the original: what its second does not say

void set_mtime(const std::string& path, time_t seconds, long ns) {
  const timespec times[2] = {{seconds, ns}, {seconds, ns}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

// A root with app.js in it, as of second 1000.
struct House {
  TempTree tree{{"root/app.js", "original"}};
  Root root = *Root::open({tree.path("root"), false});

  House() { set_mtime(tree.path("root/app.js"), 1000, kNs); }

  void add(const std::string& name, time_t seconds, long ns = kNs) const {
    tree.write("root/" + name, "packed");
    set_mtime(tree.path("root/" + name), seconds, ns);
  }
  // The codings found for app.js: "br zstd gzip ", or some of them.
  [[nodiscard]] std::string found() const {
    const http::Codings codings = find_siblings(root, "app.js", *root.look("app.js")).usable;
    return std::string(codings.br ? "br " : "") + (codings.zstd ? "zstd " : "") +
           (codings.gzip ? "gzip " : "");
  }
};

TEST(Sibling, IsNamedAfterTheFileAndTheCoding) {
  EXPECT_EQ(sibling_path("js/app.js", Coding::kBr), "js/app.js.br");
  EXPECT_EQ(sibling_path("js/app.js", Coding::kZstd), "js/app.js.zst");
  EXPECT_EQ(sibling_path("js/app.js", Coding::kGzip), "js/app.js.gz");
  EXPECT_EQ(sibling_path("js/app.js", Coding::kIdentity), "js/app.js");
}

TEST(Sibling, IsFoundForEachCodingByItself) {
  EXPECT_EQ(House().found(), "");
  const House br;
  br.add("app.js.br", 2000);
  EXPECT_EQ(br.found(), "br ");
  const House zstd;
  zstd.add("app.js.zst", 2000);
  EXPECT_EQ(zstd.found(), "zstd ");
  const House gzip;
  gzip.add("app.js.gz", 2000);
  EXPECT_EQ(gzip.found(), "gzip ");
}

TEST(Sibling, OfAnotherFileIsNone) {
  const House house;
  house.add("app.css.br", 2000);
  house.add("app.br", 2000);
  EXPECT_EQ(house.found(), "");
}

TEST(Sibling, MayBeAsOldAsTheFileButNotOlder) {
  const House house;
  house.add("app.js.br", 1000);
  house.add("app.js.zst", 1000, kNs - 1);
  house.add("app.js.gz", 999);
  EXPECT_EQ(house.found(), "br ");
}

TEST(Sibling, IsARegularFile) {
  const House house;
  house.tree.make_dir("root/app.js.br");
  house.tree.fifo("root/app.js.zst");
  EXPECT_EQ(house.found(), "");
}

TEST(Sibling, IsLookedForBelowTheRootBesideItsFile) {
  const House house;
  house.tree.write("root/sub/app.js", "original");
  house.add("app.js.br", 2000);
  house.tree.write("root/sub/app.js.gz", "packed");
  const Facts facts = *house.root.look("sub/app.js");
  const http::Codings codings = find_siblings(house.root, "sub/app.js", facts).usable;
  EXPECT_FALSE(codings.br);
  EXPECT_TRUE(codings.gzip);
}

TEST(Sibling, IsToldOfWhetherItIsUsableOrNot) {
  const House house;
  house.add("app.js.br", 999);
  house.tree.make_dir("root/app.js.zst");
  const Siblings siblings = find_siblings(house.root, "app.js", *house.root.look("app.js"));
  EXPECT_EQ(siblings.found[0], *house.root.look("app.js.br"));
  EXPECT_EQ(siblings.found[1], *house.root.look("app.js.zst"));
  EXPECT_EQ(siblings.found[2], std::nullopt);
  EXPECT_FALSE(siblings.any());
}

TEST(Sibling, IsAnyThatIsUsable) {
  for (const char* const name : {"app.js.br", "app.js.zst", "app.js.gz"}) {
    const House house;
    house.add(name, 2000);
    EXPECT_TRUE(find_siblings(house.root, "app.js", *house.root.look("app.js")).any()) << name;
  }
}

}  // namespace
}  // namespace tinyserve::files
