#include "cmd/browser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tinyserve::cmd {
namespace {

using Commands = std::vector<Command>;

Commands commands(const std::string& browser) {
  return browser_commands({{"BROWSER", browser}}, "http://localhost:8080/");
}

const Command kXdgOpen{"xdg-open", "http://localhost:8080/"};

TEST(BrowserCommands, AreTheDesktopsOwnWhenNoneIsNamed) {
  EXPECT_EQ(browser_commands({}, "http://localhost:8080/"), Commands{kXdgOpen});
  EXPECT_EQ(commands(""), Commands{kXdgOpen});
  EXPECT_EQ(commands(": :"), Commands{kXdgOpen});
}

TEST(BrowserCommands, AreThoseThatAreNamedFirst) {
  EXPECT_EQ(commands("firefox:/opt/my/chromium"),
            (Commands{{"firefox", "http://localhost:8080/"},
                      {"/opt/my/chromium", "http://localhost:8080/"},
                      kXdgOpen}));
}

TEST(BrowserCommands, HaveTheUrlWhereTheyWantIt) {
  EXPECT_EQ(commands("w3m -dump"),
            (Commands{{"w3m", "-dump", "http://localhost:8080/"}, kXdgOpen}));
  EXPECT_EQ(commands("chromium --app=%s --guest"),
            (Commands{{"chromium", "--app=http://localhost:8080/", "--guest"}, kXdgOpen}));
  EXPECT_EQ(commands("show 100%% 7%"),
            (Commands{{"show", "100%", "7%", "http://localhost:8080/"}, kXdgOpen}));
  EXPECT_EQ(commands("show %%s"), (Commands{{"show", "%s", "http://localhost:8080/"}, kXdgOpen}));
}

}  // namespace
}  // namespace tinyserve::cmd
