#include "cmd/confinement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "support/temp_tree.h"

namespace tinyserve::cmd {
namespace {

using sandbox::Access;
using test::TempTree;

// The plan for serving `root` when HOME is `home`, as text: "R /a, A /b; pinned".
std::string plan(Settings settings, const std::string& root, const std::string& home) {
  settings.config.files.root = root;
  const Confinement confinement = plan_confinement(settings, {{"HOME", home}});
  std::string text;
  for (const sandbox::Place& place : confinement.places) {
    if (!text.empty()) text += ", ";
    text += place.access == Access::kRead ? "R " : place.access == Access::kAppend ? "A " : "C ";
    text += place.path;
  }
  return text + (confinement.root_is_pinned ? "; pinned" : "");
}

class ConfinementPlan : public testing::Test {
 protected:
  TempTree tree_{{"home/me/projects/site/index.html", ""},
                 {"home/me/page.html", ""},
                 {"home/me/projects/next/index.html", ""},
                 {"logs/old", ""}};
  std::string home_ = tree_.path("home/me");
  Settings settings_;
};

TEST_F(ConfinementPlan, LeavesTheParentOfTheRootReadable) {
  EXPECT_EQ(plan(settings_, tree_.path("home/me/projects/site"), home_),
            "R " + tree_.path("home/me/projects"));
  EXPECT_EQ(plan(settings_, tree_.path("home/me/projects/site/"), home_),
            "R " + tree_.path("home/me/projects"));
  EXPECT_EQ(plan(settings_, tree_.path("home/me/projects/site/."), home_),
            "R " + tree_.path("home/me/projects"));
}

TEST_F(ConfinementPlan, LeavesTheRootAloneReadableWhereItsParentIsTheHomeDirectoryOrAbove) {
  EXPECT_EQ(plan(settings_, tree_.path("home/me/projects"), home_),
            "R " + tree_.path("home/me/projects") + "; pinned");
  EXPECT_EQ(plan(settings_, home_, home_), "R " + home_ + "; pinned");
  EXPECT_EQ(plan(settings_, tree_.path("logs"), home_), "R " + tree_.path("logs") + "; pinned");
  EXPECT_EQ(plan(settings_, "/", home_), "R /; pinned");
  EXPECT_EQ(plan(settings_, tree_.path("home/me/page.html"), home_),
            "R " + tree_.path("home/me/page.html") + "; pinned");
}

TEST_F(ConfinementPlan, KnowsTheUsualHomesWithoutTheVariable) {
  EXPECT_EQ(plan(settings_, tree_.path("home/me/projects"), ""), "R " + tree_.path("home/me"));
  EXPECT_EQ(plan(settings_, "/usr", ""), "R /usr; pinned");
}

TEST_F(ConfinementPlan, LeavesReadableWhatALinkMayBeTurnedTo) {
  tree_.make_dir("site");
  tree_.symlink(tree_.path("home/me/projects/site"), "site/current");
  EXPECT_EQ(plan(settings_, tree_.path("site/current"), home_),
            "R " + tree_.path("site") + ", R " + tree_.path("home/me/projects"));
}

TEST_F(ConfinementPlan, TakesTheCurrentDirectoryForARootWithoutAName) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(tree_.path("home/me/projects/site"));
  EXPECT_EQ(plan(settings_, ".", home_), "R " + tree_.path("home/me/projects"));
  EXPECT_EQ(plan(settings_, "", home_), "R " + tree_.path("home/me/projects"));
  EXPECT_EQ(plan(settings_, "index.html", home_), "R " + tree_.path("home/me/projects/site"));
  std::filesystem::current_path(before);
}

TEST_F(ConfinementPlan, LeavesEverythingReadableWhereLinksLeadAnywhere) {
  settings_.config.files.follow_symlinks = true;
  EXPECT_EQ(plan(settings_, tree_.path("home/me/projects/site"), home_), "R /");
}

TEST_F(ConfinementPlan, LeavesTheRootWritable) {
  settings_.config.handlers.writable = true;
  EXPECT_EQ(plan(settings_, tree_.path("home/me/projects/site"), home_),
            "R " + tree_.path("home/me/projects") + ", C " + tree_.path("home/me/projects/site"));
}

TEST_F(ConfinementPlan, LeavesTheDirectoryOfTheLogWritable) {
  const std::string site = tree_.path("home/me/projects/site");
  const std::string read = "R " + tree_.path("home/me/projects");
  settings_.config.log.path = tree_.path("home/me/projects/new.log");
  EXPECT_EQ(plan(settings_, site, home_), read + ", A " + tree_.path("home/me/projects"));
  settings_.config.log.path = tree_.path("home/me/log");  // its directory holds everything else
  EXPECT_EQ(plan(settings_, site, home_), read + ", A " + tree_.path("home/me/log"));
  settings_.config.log.path = "/dev/null";
  EXPECT_EQ(plan(settings_, site, home_), read + ", A /dev/null");
  settings_.config.log.format = log::Format::kNone;
  EXPECT_EQ(plan(settings_, site, home_), read);
}

TEST_F(ConfinementPlan, IsEmptyWithoutARoot) {
  EXPECT_EQ(plan(settings_, tree_.path("none"), home_), "");
}

TEST_F(ConfinementPlan, ConfinesNothingWhereNobodyWantsIt) {
  settings_.sandbox = false;
  const auto notices = confine(Confinement{{{"/none", Access::kRead}}, false, {}}, settings_);
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].severity, log::Severity::kDebug);
  EXPECT_EQ(notices[0].text, "no sandbox: --no-sandbox");
}

}  // namespace
}  // namespace tinyserve::cmd
