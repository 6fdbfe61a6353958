#include "handlers/writing.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <utility>

#include "support/asked_request.h"
#include "support/response.h"
#include "support/temp_tree.h"

namespace tinyserve::handlers {
namespace {

using http::Via;
using test::TempTree;

struct Asked : test::AskedRequest {
  explicit Asked(const std::string& line, const std::string& fields = {},
                 const std::string& content = {})
      : AskedRequest(line + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n" + content) {}
};

test::Response head_of(const Answer& answer) {
  std::string head;
  http::append_head(head, answer.response, {"Sun, 06 Nov 1994 08:49:37 GMT", 1, true});
  return test::parse_response_head(head);
}

// --- what may not be tried
// ------------------------------------------------------------------------

// The status that a request is refused with, or 0.
int refused(const std::string& line, const std::string& fields = {}, const Options& options = {}) {
  const Asked asked(line, fields);
  const auto answer = refuse_change(asked.request(), asked.path(), options);
  return answer ? http::code(answer->response.status) : 0;
}

TEST(RefuseChange, LetsFilesBeChanged) {
  for (const std::string method : {"PUT", "DELETE"}) {
    EXPECT_EQ(refused(method + " /a.txt"), 0);
    EXPECT_EQ(refused(method + " /sub/%20"), 0);
    EXPECT_EQ(refused(method + " /.well-known/x"), 0);
  }
}

TEST(RefuseChange, LeavesHiddenNamesAlone) {
  Options options;
  options.dotfiles = true;
  for (const std::string method : {"PUT", "DELETE"}) {
    EXPECT_EQ(refused(method + " /.env"), 403);
    EXPECT_EQ(refused(method + " /.git/config"), 403);
    EXPECT_EQ(refused(method + " /.env", "", options), 0);
    EXPECT_EQ(refused(method + " /.tinyserve-0123abcd.part", "", options), 403);
    EXPECT_EQ(refused(method + " /sub/.tinyserve-0123abcd.part", "", options), 403);
  }
}

TEST(RefuseChange, LeavesDirectoriesAlone) {
  for (const std::string method : {"PUT", "DELETE"}) {
    EXPECT_EQ(refused(method + " /"), 409);
    EXPECT_EQ(refused(method + " /sub/"), 409);
    EXPECT_EQ(refused(method + " /sub/."), 409);
  }
}

TEST(RefuseChange, WantsTheWholeFileAsItIs) {  // RFC 9110 §14.5, §8.4
  EXPECT_EQ(refused("PUT /a", "Content-Range: bytes 0-1/2\r\n"), 400);
  EXPECT_EQ(refused("PUT /a", "Content-Encoding: br\r\n"), 415);
  EXPECT_EQ(refused("PUT /a", "Content-Encoding: Identity\r\n"), 0);
  EXPECT_EQ(refused("DELETE /a", "Content-Range: bytes 0-1/2\r\n"), 0);
}

// --- changes
// --------------------------------------------------------------------------------------

struct House {
  TempTree tree{{"root/a.txt", "old"}};
  files::Root root = *files::Root::open({tree.path("root"), false});

  [[nodiscard]] Change change(const Asked& asked) const {
    return Change(asked.request(), *root.duplicate(), asked.path().text);
  }
  [[nodiscard]] Answer carry_out(const Asked& asked) const { return change(asked).carry_out(); }
};

TEST(Change, AnswersANewFileWith201AndItsTag) {
  const House house;
  const Answer answer = house.carry_out(Asked("PUT /new.txt", "Content-Length: 3\r\n", "new"));
  const test::Response head = head_of(answer);
  EXPECT_EQ(head.status, 201);
  EXPECT_EQ(head.field("Content-Length"), "0");
  EXPECT_TRUE(head.field("ETag").starts_with('"'));
  EXPECT_EQ(answer.via, Via::kWrite);
  EXPECT_EQ(house.tree.read("root/new.txt"), "new");
}

TEST(Change, AnswersOtherChangesWith204) {
  const House house;
  const test::Response replaced =
      head_of(house.carry_out(Asked("PUT /a.txt", "Content-Length: 3\r\n", "new")));
  EXPECT_EQ(replaced.status, 204);
  EXPECT_TRUE(replaced.has("ETag"));
  EXPECT_EQ(house.tree.read("root/a.txt"), "new");
  const test::Response removed = head_of(house.carry_out(Asked("DELETE /a.txt")));
  EXPECT_EQ(removed.status, 204);
  EXPECT_FALSE(removed.has("ETag"));
  EXPECT_EQ(head_of(house.carry_out(Asked("DELETE /a.txt"))).status, 404);
}

TEST(Change, PutsPiecesTogether) {
  const House house;
  Change change = house.change(Asked("PUT /a.txt"));
  EXPECT_FALSE(change.begin());
  EXPECT_FALSE(change.append("one "));
  EXPECT_FALSE(change.append("two"));
  EXPECT_EQ(head_of(change.commit()).status, 204);
  EXPECT_EQ(house.tree.read("root/a.txt"), "one two");
}

TEST(Change, SaysBeforeAnyContentThatItCannotBe) {
  const House house;
  EXPECT_EQ(head_of(*house.change(Asked("PUT /missing/a.txt")).begin()).status, 409);
  EXPECT_EQ(head_of(*house.change(Asked("PUT /a.txt", "If-None-Match: *\r\n")).begin()).status,
            412);
}

TEST(Change, FindsTheDirectoryThatHasTakenThePlaceOfTheRoot) {
  const House house;
  house.tree.remove("root");
  EXPECT_EQ(head_of(house.carry_out(Asked("DELETE /a.txt"))).status, 503);
  EXPECT_EQ(head_of(*house.change(Asked("PUT /a.txt")).begin()).status, 503);
  house.tree.make_dir("root");
  EXPECT_EQ(head_of(house.carry_out(Asked("PUT /a.txt"))).status, 201);
  EXPECT_EQ(house.tree.read("root/a.txt"), "");
}

TEST(Change, AnswersEachFaultOfTheDiskInItsOwnWay) {
  const Asked put("PUT /a");
  const Asked gone("DELETE /a");
  const auto status = [](const Asked& asked, int error) {
    return http::code(failed_change(asked.request(), fail("call", error)).response.status);
  };
  for (const auto& [error, wanted] : std::initializer_list<std::pair<int, int>>{{ECANCELED, 412},
                                                                                {ENOENT, 409},
                                                                                {ENOTDIR, 409},
                                                                                {EISDIR, 409},
                                                                                {EEXIST, 409},
                                                                                {EXDEV, 403},
                                                                                {EACCES, 403},
                                                                                {EPERM, 403},
                                                                                {EROFS, 403},
                                                                                {ENAMETOOLONG, 414},
                                                                                {EFBIG, 413},
                                                                                {ENOSPC, 507},
                                                                                {EDQUOT, 507},
                                                                                {EMFILE, 503},
                                                                                {EIO, 500}}) {
    EXPECT_EQ(status(put, error), wanted) << error;
  }
  EXPECT_EQ(status(gone, ENOENT), 404);
  EXPECT_EQ(status(gone, ENOTDIR), 404);
  EXPECT_EQ(failed_change(put.request(), fail("call", EXDEV)).via, Via::kOutsideRoot);
}

}  // namespace
}  // namespace tinyserve::handlers
