#include "handlers/answer_cache.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "files/root.h"
#include "support/asked_request.h"
#include "support/file_times.h"
#include "support/temp_tree.h"

namespace tinyserve::handlers {
namespace {

using http::Via;
using test::TempTree;
using Dependencies = std::vector<files::Dependency>;

constexpr std::string_view kTag = "\"1-2-3\"";

// In 2033, so that all files are settled.
constexpr Instant at(std::int64_t ms) { return {ms * 1000, 2'000'000'000'000'000 + ms * 1000}; }

files::Dependency on(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return {path, files::facts_of(status)};
}

http::Body in_memory(std::string_view text) {
  return http::BlockSlice{Block::copy_of(text), 0, text.size()};
}

// A cache, and files that what is in it depends on.
struct Kept {
  TempTree tree{{"a.txt", "content"}, {"b.txt", "content"}, {"folder/c.txt", "content"}};
  files::Root root;
  AnswerCache cache;
  std::int64_t now_ms = 0;
  Dependencies vary_dependencies;

  // Of the tree's files, or those in another root.
  explicit Kept(std::size_t most_bytes = AnswerCache::kMostBytes, const std::string& other = {})
      : root(*files::Root::open({.root = other.empty() ? tree.path() : other})),
        cache(root, most_bytes) {}

  // Keeps `content` as the answer to `request_line` with `fields`, which depends on a.txt.
  void keep(std::string_view request_line, std::string_view fields = "",
            std::string_view content = "content") {
    keep(request_line, fields, in_memory(content), {on(tree.path("a.txt"))});
  }
  void keep(std::string_view request_line, std::string_view fields, http::Body body,
            Dependencies dependencies) {
    const test::AskedRequest asked = asked_for(request_line, fields);
    Reusable reusable;
    const files::Dependency& first = dependencies.front();
    reusable.path = first.path.substr(root.path().size() + 1);
    reusable.representation.emplace();
    reusable.representation->entry.facts = *first.facts;
    reusable.representation->entity_tag = kTag;
    reusable.dependencies = std::move(dependencies);
    reusable.vary_dependencies = vary_dependencies;
    reusable.whole.body = std::move(body);
    reusable.not_modified.status = http::Status::kNotModified;
    cache.keep(asked.request(), std::move(reusable), at(now_ms));
  }
  // Keeps that there is nothing at `path`.
  void keep_absence(const std::string& path) {
    const test::AskedRequest asked = asked_for("GET /" + path, "");
    Reusable reusable;
    reusable.path = path;
    reusable.dependencies = {{tree.path(path), {}}};
    reusable.whole.status = http::Status::kNotFound;
    reusable.whole.body = in_memory("nothing");
    cache.keep(asked.request(), std::move(reusable), at(now_ms));
  }
  // Opens a.txt for it; the number of the descriptor.
  int keep_file(std::string_view request_line) {
    UniqueFd fd(::open(tree.path("a.txt").c_str(), O_RDONLY | O_CLOEXEC));
    const int number = fd.get();
    keep(request_line, "", http::FileSlice{SharedFd(std::move(fd)), 0, 7},
         {on(tree.path("a.txt"))});
    return number;
  }

  // What is found for bytes that were received just now: "cache CONTENT", or "long way".
  std::string ask(std::string_view request_line, std::string_view fields = "") {
    cache.new_batch();
    return ask_again(request_line, fields);
  }
  // ... that were received with those before.
  std::string ask_again(std::string_view request_line, std::string_view fields = "") {
    const test::AskedRequest asked = asked_for(request_line, fields);
    const Hit hit = cache.find(asked.request(), at(now_ms));
    if (hit.response == nullptr) return "long way";
    return text_of(hit);
  }
  // What is found to answer bytes with that were received just now: "TAG CONTENT", or "nothing";
  // of content that is in a file "TAG file".
  std::string content_for(std::string_view request_line, std::string_view fields) {
    cache.new_batch();
    const test::AskedRequest asked = asked_for(request_line, fields);
    const auto found = cache.find_content(asked.request(), at(now_ms));
    if (!found) return "nothing";
    const auto* const slice = std::get_if<http::BlockSlice>(&found->content);
    return found->representation.entity_tag + " " +
           (slice == nullptr ? "file"
                             : std::string(slice->block.view().substr(
                                   slice->offset, static_cast<std::size_t>(slice->length))));
  }
  // What is known to be the answer to what `input` begins with, without reading it, and to which
  // request; or "unknown".
  std::string recognize(std::string_view input) {
    cache.new_batch();
    const Known known = cache.recognize(input, at(now_ms));
    if (known.request == nullptr) return "unknown";
    const std::string_view head = known.request->head().text;
    EXPECT_EQ(head, input.substr(0, head.size()));
    EXPECT_EQ((*known.request)->target.text, known.request->head().target);
    return text_of(known.hit);
  }
  static std::string head_of(std::string_view request_line, std::string_view fields = "") {
    return std::string(request_line) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) +
           "\r\n";
  }

 private:
  static std::string text_of(Hit hit) {
    const std::string_view block = hit.response->block().view();
    return std::string(http::name(hit.via)) + " " +
           std::string(block.substr(hit.response->head_size()));
  }
  static test::AskedRequest asked_for(std::string_view request_line, std::string_view fields) {
    return test::AskedRequest(head_of(request_line, fields));
  }
};

// --- what is found
// --------------------------------------------------------------------------------

TEST(AnswerCache, GivesWhatItKept) {
  Kept kept;
  EXPECT_EQ(kept.ask("GET /a.txt"), "long way");
  kept.keep("GET /a.txt");
  EXPECT_EQ(kept.ask("GET /a.txt"), "cache content");
  EXPECT_EQ(kept.ask("HEAD /a.txt"), "cache content");
  EXPECT_EQ(kept.ask("GET /a.txt?query"), "cache content");
  EXPECT_EQ(kept.ask("GET http://localhost/a.txt"), "cache content");
}

TEST(AnswerCache, GivesWhatAHeadWasAnsweredWith) {
  Kept kept;
  kept.keep("HEAD /a.txt");
  EXPECT_EQ(kept.ask("GET /a.txt"), "cache content");
}

TEST(AnswerCache, SaysNotModifiedToWhoHasIt) {  // RFC 9110 §13.1.2, §13.1.3
  Kept kept;
  kept.keep("GET /a.txt");
  const std::string tag = "If-None-Match: " + std::string(kTag) + "\r\n";
  EXPECT_EQ(kept.ask("GET /a.txt", tag), "not-modified ");
  EXPECT_EQ(kept.ask("HEAD /a.txt", tag), "not-modified ");
  EXPECT_EQ(kept.ask("GET /a.txt", tag + "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
            "not-modified ");
}

TEST(AnswerCache, LeavesWhatOtherFieldsMayDecideToTheLongWay) {
  Kept kept;
  kept.keep("GET /a.txt");
  for (const char* const fields : {
           "Range: bytes=0-1\r\n",
           "If-Match: \"1-2-3\"\r\n",
           "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
           "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
           "If-None-Match: *\r\n",
           "If-None-Match: \"other\"\r\n",
           "If-None-Match: W/\"1-2-3\"\r\n",
           "If-None-Match: \"1-2-3\", \"other\"\r\n",
           "If-None-Match: \"1-2-3\"\r\nIf-None-Match: \"1-2-3\"\r\n",
           "If-None-Match:\r\n",
           "Accept-Encoding: br\r\n",
           "Accept-Encoding:\r\nAccept-Encoding:\r\n",
       }) {
    EXPECT_EQ(kept.ask("GET /a.txt", fields), "long way") << fields;
  }
  EXPECT_EQ(kept.ask("GET /a.txt"), "cache content") << "it was kept all the time";
}

TEST(AnswerCache, HasTheContentForWhatOtherFieldsMayDecide) {
  Kept kept;
  kept.keep("GET /a.txt");
  kept.keep_file("GET /file");
  kept.keep("GET /apart", "", std::string(100'000, 'x'));
  const std::string tag = std::string(kTag) + " ";
  for (const char* const fields : {
           "Range: bytes=0-1\r\n",
           "If-Match: \"1-2-3\"\r\n",
           "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
           "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
           "If-None-Match: \"1-2-3\", \"other\"\r\n",
       }) {
    EXPECT_EQ(kept.content_for("GET /a.txt", fields), tag + "content") << fields;
    EXPECT_EQ(kept.content_for("HEAD /a.txt?query", fields), tag + "content") << fields;
    EXPECT_EQ(kept.content_for("GET /file", fields), tag + "file") << fields;
    EXPECT_EQ(kept.content_for("GET /apart", fields), tag + std::string(100'000, 'x')) << fields;
    EXPECT_EQ(kept.content_for("POST /a.txt", fields), "nothing") << fields;
    EXPECT_EQ(kept.content_for("GET /b.txt", fields), "nothing") << fields;
    EXPECT_EQ(kept.content_for("GET /a.txt", fields + std::string("Accept-Encoding: br\r\n")),
              "nothing")
        << fields;
  }
  EXPECT_EQ(kept.content_for("GET /a.txt", ""), "nothing") << "find() has it";
}

TEST(AnswerCache, HasNoContentOfWhatHasChanged) {
  Kept kept;
  kept.keep("GET /a.txt");
  kept.keep_file("GET /file");
  kept.tree.replace("a.txt", "another");
  EXPECT_EQ(kept.content_for("GET /a.txt", "Range: bytes=0-1\r\n"), "nothing");
  EXPECT_EQ(kept.content_for("GET /file", "Range: bytes=0-1\r\n"), "nothing");
}

TEST(AnswerCache, HasNoContentOfWhatIsNotThere) {
  Kept kept;
  kept.keep_absence("lost");
  EXPECT_EQ(kept.content_for("GET /lost", "Range: bytes=0-1\r\n"), "nothing");
}

TEST(AnswerCache, LeavesEveryOtherMethodToTheLongWay) {
  Kept kept;
  kept.keep("GET /a.txt");
  for (const char* const method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "BREW"}) {
    EXPECT_EQ(kept.ask(std::string(method) + " /a.txt"), "long way") << method;
  }
}

TEST(AnswerCache, KnowsPathsAsTheyAreSentAndNoOther) {
  Kept kept;
  kept.keep("GET /a.txt");
  for (const char* const path : {"/A.txt", "/a.txt/", "/a%2etxt", "//a.txt", "/a.tx", "/a.txt2"}) {
    EXPECT_EQ(kept.ask(std::string("GET ") + path), "long way") << path;
  }
}

TEST(AnswerCache, KeepsOneForEachAcceptEncoding) {  // RFC 9110 §12.5.3
  Kept kept;
  kept.keep("GET /a.txt", "", "plain");
  kept.keep("GET /a.txt", "Accept-Encoding: br\r\n", "packed");
  EXPECT_EQ(kept.ask("GET /a.txt"), "cache plain");
  EXPECT_EQ(kept.ask("GET /a.txt", "accept-encoding:  br \r\n"), "cache packed");
  EXPECT_EQ(kept.ask("GET /a.txt", "Accept-Encoding: br, gzip\r\n"), "long way");
}

TEST(AnswerCache, KeepsNoAnswerToAFieldInTwoLines) {
  Kept kept;
  kept.keep("GET /a.txt", "Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n");
  EXPECT_EQ(kept.ask("GET /a.txt", "Accept-Encoding: br\r\n"), "long way");
  EXPECT_EQ(kept.ask("GET /a.txt"), "long way");
}

TEST(AnswerCache, GivesTheLastOneThatItKept) {
  Kept kept;
  kept.keep("GET /a.txt", "", "first");
  kept.keep("GET /a.txt", "", "second");
  EXPECT_EQ(kept.ask("GET /a.txt"), "cache second");
}

// --- freshness
// ------------------------------------------------------------------------------------

TEST(AnswerCache, LooksAtAFileOncePerBatch) {
  Kept kept;
  kept.keep("GET /a.txt");
  EXPECT_EQ(kept.ask("GET /a.txt"), "cache content");
  kept.tree.append("a.txt", "!");
  EXPECT_EQ(kept.ask_again("GET /a.txt"), "cache content");
  EXPECT_EQ(kept.ask("GET /a.txt"), "long way");
}

TEST(AnswerCache, GivesWhatWasMadeToTheRestOfTheBatch) {
  Kept kept;
  kept.cache.new_batch();
  kept.keep("GET /a.txt");
  kept.tree.append("a.txt", "!");
  EXPECT_EQ(kept.ask_again("GET /a.txt"), "cache content");
}

TEST(AnswerCache, ForgetsWhatIsNotFresh) {
  Kept kept;
  kept.keep("GET /a.txt");
  kept.tree.rename("a.txt", "gone");
  EXPECT_EQ(kept.ask("GET /a.txt"), "long way");
  kept.tree.rename("gone", "a.txt");
  EXPECT_EQ(kept.ask("GET /a.txt"), "long way");
}

TEST(AnswerCache, LooksAtEveryPathThatAnAnswerWasChosenBy) {
  for (const char* const changed : {"a.txt", "b.txt", "missing"}) {
    Kept kept;
    kept.keep("GET /", "", in_memory("content"),
              {on(kept.tree.path("a.txt")),
               on(kept.tree.path("b.txt")),
               {kept.tree.path("missing"), std::nullopt}});
    EXPECT_EQ(kept.ask("GET /"), "cache content") << changed;
    kept.tree.append(changed, "!");
    EXPECT_EQ(kept.ask("GET /"), "long way") << changed;
  }
}

TEST(AnswerCache, GoesOnWithWhatIsStillInside) {
  Kept kept;
  kept.keep("GET /a.txt");
  for (int second = 0; second < 3; ++second) {
    kept.now_ms += AnswerCache::kProofMs;
    EXPECT_EQ(kept.ask("GET /a.txt"), "cache content");
  }
}

TEST(AnswerCache, SeesWithinASecondThatAWayLeadsOutside) {
  Kept kept;
  const std::string folder = kept.tree.path("folder");
  kept.keep("GET /folder/c.txt", "", in_memory("content"), {on(folder + "/c.txt")});
  // The file is the same one, and a stat along its path finds it.
  const TempTree outside;
  ASSERT_EQ(::rename(folder.c_str(), outside.path("folder").c_str()), 0);
  ASSERT_EQ(::symlink(outside.path("folder").c_str(), folder.c_str()), 0);
  kept.now_ms = AnswerCache::kProofMs - 1;
  EXPECT_EQ(kept.ask("GET /folder/c.txt"), "cache content");
  kept.now_ms = AnswerCache::kProofMs;
  EXPECT_EQ(kept.ask_again("GET /folder/c.txt"), "cache content") << "of the same batch";
  EXPECT_EQ(kept.ask("GET /folder/c.txt"), "long way");
}

// A look at a directory is a proof for all that lies in it, but for no longer than a second.
TEST(AnswerCache, SeesWithinASecondThatAWayLeadsOutsideWhenItsFolderWasProvedForAnother) {
  Kept kept;
  kept.tree.write("folder/d.txt", "content");
  const std::string folder = kept.tree.path("folder");
  for (const char* const name : {"c", "d"}) {
    const std::string path = std::string("/folder/") + name + ".txt";
    kept.keep("GET " + path, "", in_memory("content"), {on(kept.tree.path() + path)});
  }
  for (kept.now_ms = 1000; kept.now_ms < 2000; kept.now_ms += 500) {
    EXPECT_EQ(kept.ask("GET /folder/c.txt"), "cache content");
    EXPECT_EQ(kept.ask("GET /folder/d.txt"), "cache content");
  }
  kept.now_ms = 2000;
  EXPECT_EQ(kept.ask("GET /folder/c.txt"), "cache content");
  const TempTree outside;
  ASSERT_EQ(::rename(folder.c_str(), outside.path("folder").c_str()), 0);
  ASSERT_EQ(::symlink(outside.path("folder").c_str(), folder.c_str()), 0);
  kept.now_ms = 2999;
  EXPECT_EQ(kept.ask("GET /folder/d.txt"), "cache content");
  kept.now_ms = 3000;
  EXPECT_EQ(kept.ask("GET /folder/c.txt"), "long way");
  EXPECT_EQ(kept.ask("GET /folder/d.txt"), "long way");
}

// Where a link leads may change without a change of the directory that it lies in.
TEST(AnswerCache, SeesWithinASecondThatALinkLeadsOutside) {
  Kept kept;
  kept.tree.write("pool/sub/a.txt", "content");
  kept.tree.make_dir("links");
  kept.tree.symlink("../pool/sub/a.txt", "links/a.txt");
  kept.keep("GET /links/a.txt", "", in_memory("content"), {on(kept.tree.path("links/a.txt"))});
  kept.now_ms = 1000;
  EXPECT_EQ(kept.ask("GET /links/a.txt"), "cache content");
  const TempTree outside;
  const std::string sub = kept.tree.path("pool/sub");
  ASSERT_EQ(::rename(sub.c_str(), outside.path("sub").c_str()), 0);
  ASSERT_EQ(::symlink(outside.path("sub").c_str(), sub.c_str()), 0);
  kept.now_ms = 2000;
  EXPECT_EQ(kept.ask("GET /links/a.txt"), "long way");
}

TEST(AnswerCache, SeesWithinASecondThatALinkBesideAFileLeadsSomewhere) {
  Kept kept;
  kept.tree.make_dir("pool");
  kept.tree.symlink("../pool/c.br", "folder/c.txt.br");
  kept.vary_dependencies = {{kept.tree.path("folder/c.txt.br"), {}}};
  kept.keep("GET /folder/c.txt", "", in_memory("content"), {on(kept.tree.path("folder/c.txt"))});
  kept.now_ms = 1000;
  EXPECT_EQ(kept.ask("GET /folder/c.txt"), "cache content");
  kept.tree.write("pool/c.br", "encoded");
  kept.now_ms = 2000;
  EXPECT_EQ(kept.ask("GET /folder/c.txt"), "long way");
}

TEST(AnswerCache, SeesWithinASecondThatAFileBesideAnotherIsNewer) {
  Kept kept;
  kept.tree.write("a.txt.br", "encoded");
  kept.vary_dependencies = {on(kept.tree.path("a.txt.br"))};
  kept.keep("GET /a.txt");
  kept.now_ms = 1000;
  EXPECT_EQ(kept.ask("GET /a.txt"), "cache content");
  test::set_mtime(kept.tree.path("a.txt.br"), 2'000'000'000);
  kept.now_ms = 2000;
  EXPECT_EQ(kept.ask("GET /a.txt"), "long way");
}

TEST(AnswerCache, SeesWithinASecondThatVaryHasToSayMoreAfterAProof) {
  Kept kept;
  kept.vary_dependencies = {{kept.tree.path("a.txt.br"), {}}};
  kept.keep("GET /a.txt");
  for (kept.now_ms = 1000; kept.now_ms < 4000; kept.now_ms += 1000) {
    EXPECT_EQ(kept.ask("GET /a.txt"), "cache content");
  }
  test::wait_for_next_stamp(kept.tree.path());
  kept.tree.write("a.txt.br", "encoded");
  EXPECT_EQ(kept.ask("GET /a.txt"), "long way");
}

// The root is a link that is turned to a copy made of the same files, and one more.
TEST(AnswerCache, SeesWithinASecondThatVaryHasToSayMoreInAnotherRoot) {
  const TempTree tree{{"v1/a.txt", "content"}, {"v2/a.txt.br", "encoded"}};
  ASSERT_EQ(::link(tree.path("v1/a.txt").c_str(), tree.path("v2/a.txt").c_str()), 0);
  tree.symlink("v1", "current");
  Kept kept(AnswerCache::kMostBytes, tree.path("current"));
  const std::string file = tree.path("current/a.txt");
  kept.vary_dependencies = {{file + ".br", {}}};
  kept.keep("GET /a.txt", "", in_memory("content"), {on(file)});
  for (kept.now_ms = 1000; kept.now_ms < 3000; kept.now_ms += 1000) {
    EXPECT_EQ(kept.ask("GET /a.txt"), "cache content");
  }
  tree.symlink("v2", "next");
  tree.rename("next", "current");
  EXPECT_EQ(kept.ask("GET /a.txt"), "long way");
}

TEST(AnswerCache, SeesWithinASecondThatVaryHasToSayMore) {
  Kept kept;
  kept.vary_dependencies = {{kept.tree.path("a.txt.br"), {}}};
  kept.keep("GET /a.txt");
  kept.tree.write("a.txt.br", "encoded");
  kept.now_ms = AnswerCache::kProofMs - 1;
  EXPECT_EQ(kept.ask("GET /a.txt"), "cache content");
  kept.now_ms = AnswerCache::kProofMs;
  EXPECT_EQ(kept.ask("GET /a.txt"), "long way");
}

TEST(AnswerCache, KeepsNothingThatMayChangeWithoutATrace) {
  Kept kept;
  const files::Dependency settled = on(kept.tree.path("a.txt"));
  files::Dependency young = on(kept.tree.path("b.txt"));
  young.facts->ctime_ns = (at(0).wall_us - files::kQuietUs + 1) * 1000;
  kept.keep("GET /young", "", in_memory(""), {young});
  kept.keep("GET /beside-young", "", in_memory(""), {settled, young});
  kept.keep("GET /settled", "", in_memory(""), {settled});
  EXPECT_EQ(kept.ask_again("GET /young"), "long way");
  EXPECT_EQ(kept.ask_again("GET /beside-young"), "long way");
  EXPECT_EQ(kept.ask_again("GET /settled"), "cache ");
}

// --- many
// -----------------------------------------------------------------------------------------

std::string number(std::string_view prefix, int i) {
  return std::string(prefix) + std::to_string(i);
}

TEST(AnswerCache, FindsEachOfMany) {
  Kept kept;
  for (int i = 0; i < 1000; ++i) kept.keep(number("GET /", i), "", std::to_string(i));
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(kept.ask(number("GET /", i)), number("cache ", i));
  }
  EXPECT_EQ(kept.ask("GET /1000"), "long way");
}

TEST(AnswerCache, FindsTheOthersWhenSomeAreGivenUp) {
  Kept kept;
  for (int i = 0; i < 1000; ++i) {
    const char* const file = i % 3 == 0 ? "b.txt" : "a.txt";
    kept.keep(number("GET /", i), "", in_memory(std::to_string(i)), {on(kept.tree.path(file))});
  }
  kept.tree.remove("b.txt");
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 1000; ++i) {
      const std::string expected = i % 3 == 0 ? "long way" : number("cache ", i);
      EXPECT_EQ(kept.ask(number("GET /", i)), expected);
    }
  }
}

// --- many in a batch
// ------------------------------------------------------------------------------

constexpr int kMany = 400;  // with kLong each, more than AnswerCache::kNearBytes
const std::string kLong(4000, 'x');
constexpr int kAhead = AnswerCache::kAhead;

std::string file_of(int i) { return number("many/", i); }

// Many files that are known, each with the answer kLong.
struct ManyKept : Kept {
  ManyKept() {
    for (int i = 0; i < kMany; ++i) {
      tree.write(file_of(i), "content");
      keep("GET /" + file_of(i), "", in_memory(kLong), {on(tree.path(file_of(i)))});
      EXPECT_NE(ask("GET /" + file_of(i)), "long way");
    }
  }
  // What is known for all of them when they come in one batch, announced as the loop does: 'k' for
  // each that is known, '-' for others.
  std::string recognize_all() {
    cache.new_batch();
    std::string known;
    for (int next = 0; next < kMany + kAhead; ++next) {
      cache.look_ahead(next < kMany ? head_of("GET /" + file_of(next)) : "");
      if (next < kAhead) continue;
      const std::string head = head_of("GET /" + file_of(next - kAhead));
      const auto found = cache.recognize(head, at(now_ms));
      const bool is_known = found.request != nullptr;
      if (is_known) {
        EXPECT_EQ(found.head, head);
      }
      known += is_known ? 'k' : '-';
    }
    return known;
  }
};

TEST(ManyInABatch, AreAllKnown) {
  ManyKept kept;
  ASSERT_TRUE(kept.cache.keeps_much());
  for (kept.now_ms = 0; kept.now_ms < 3000; kept.now_ms += 600) {
    EXPECT_EQ(kept.recognize_all(), std::string(kMany, 'k'));
  }
}

TEST(ManyInABatch, AreEachLookedAt) {
  ManyKept kept;
  std::string expected(kMany, 'k');
  for (int i = 0; i < kMany; i += 3) {
    kept.tree.replace(file_of(i), "another");
    expected[static_cast<std::size_t>(i)] = '-';
  }
  EXPECT_EQ(kept.recognize_all(), expected);
  EXPECT_EQ(kept.recognize_all(), expected) << "those are forgotten, the others are not";
}

// By the short way to the files they would still be found.
TEST(ManyInABatch, AreUnknownWhereTheRootIsAnother) {
  ManyKept kept;
  const TempTree elsewhere;
  const std::string old = elsewhere.path("old");
  ASSERT_EQ(::rename(kept.tree.path().c_str(), old.c_str()), 0);
  ASSERT_EQ(::mkdir(kept.tree.path().c_str(), 0700), 0);
  EXPECT_EQ(kept.recognize_all(), std::string(kMany, '-'));
  ASSERT_EQ(::rmdir(kept.tree.path().c_str()), 0);
  ASSERT_EQ(::rename(old.c_str(), kept.tree.path().c_str()), 0);
}

TEST(ManyInABatch, MayBeAnything) {
  ManyKept kept;
  const std::vector<std::string> inputs{"",
                                        "G",
                                        "GET ",
                                        "GET /",
                                        "GET /many/1",
                                        "GET /many/1 HTTP/1.1\r\n",
                                        "POST /many/1 HTTP/1.1",
                                        "GET /none HTTP/1.1\r\n\r\n",
                                        std::string(2, '\0'),
                                        "GET /many/2?x HTTP/1.1\r\n\r\n"};
  for (const std::string& input : inputs) {
    kept.cache.look_ahead(input);
  }
  EXPECT_EQ(kept.recognize_all(), std::string(kMany, 'k'));
}

// --- bounds
// ---------------------------------------------------------------------------------------

// Gives a cache of 100,000 bytes ten times as much: it keeps what fits, and the latest.
void expect_bounds(Kept& kept) {
  for (int i = 0; i < 100; ++i) kept.keep(number("GET /", i), "", std::string(10'000, 'x'));
  const auto is_kept = [&](int i) { return kept.ask(number("GET /", i)) != "long way"; };
  int count = 0;
  for (int i = 0; i < 100; ++i) count += is_kept(i) ? 1 : 0;
  EXPECT_GE(count, 5);
  EXPECT_LE(count, 9);
  EXPECT_TRUE(is_kept(99));
  EXPECT_FALSE(is_kept(0));
}

TEST(AnswerCache, IsBoundedInMemory) {
  Kept kept(100'000);
  expect_bounds(kept);
}

TEST(AnswerCache, CountsNothingThatItHasGivenUp) {
  Kept kept(100'000);
  kept.keep("GET /other", "", std::string(10'000, 'x'));
  for (int i = 0; i < 100; ++i) kept.keep("GET /same", "", std::string(10'000, 'x'));
  EXPECT_NE(kept.ask("GET /other"), "long way");
  EXPECT_NE(kept.ask("GET /same"), "long way");
}

TEST(AnswerCache, GivesUpFirstWhatNobodyAskedFor) {
  Kept kept(100'000);
  kept.keep("GET /wanted", "", "wanted");
  for (int i = 0; i < 100; ++i) {
    kept.keep(number("GET /", i), "", std::string(10'000, 'x'));
    ASSERT_EQ(kept.ask("GET /wanted"), "cache wanted") << i;
  }
  for (int i = 0; i < 100; ++i) {
    kept.keep(number("GET /more/", i), "", std::string(10'000, 'x'));
  }
  EXPECT_EQ(kept.ask("GET /wanted"), "long way") << "once is not for ever";
}

TEST(AnswerCache, KeepsNothingLargerThanAllThatItMayHold) {
  Kept kept(10'000);
  kept.keep("GET /a.txt", "", std::string(10'000, 'x'));
  EXPECT_EQ(kept.ask("GET /a.txt"), "long way");
  kept.keep("GET /a.txt", "", "small");
  EXPECT_EQ(kept.ask("GET /a.txt"), "cache small");
}

// --- open files
// -----------------------------------------------------------------------------------

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }

TEST(AnswerCache, HoldsFilesOpenUpToALimit) {
  Kept kept;
  std::vector<int> files;
  for (std::size_t i = 0; i < AnswerCache::kMostFiles + 1; ++i) {
    files.push_back(kept.keep_file(number("GET /", static_cast<int>(i))));
  }
  EXPECT_FALSE(is_open(files.front()));
  EXPECT_EQ(std::count_if(files.begin(), files.end(), is_open),
            static_cast<std::ptrdiff_t>(AnswerCache::kMostFiles));
}

TEST(AnswerCache, ClosesAFileThatIsNotThereAnyMore) {
  Kept kept;
  const int file = kept.keep_file("GET /a.txt");
  kept.tree.remove("a.txt");
  EXPECT_TRUE(is_open(file));
  EXPECT_EQ(kept.ask("GET /a.txt"), "long way");
  EXPECT_FALSE(is_open(file));
}

TEST(AnswerCache, ClosesAFileThatNobodyAskedForInAWhile) {
  Kept kept;
  const int file = kept.keep_file("GET /a.txt");
  EXPECT_EQ(kept.cache.next_close_ms(), AnswerCache::kMostIdleFileMs);
  kept.cache.close_idle_files(at(AnswerCache::kMostIdleFileMs - 1));
  EXPECT_TRUE(is_open(file));
  kept.cache.close_idle_files(at(AnswerCache::kMostIdleFileMs));
  EXPECT_FALSE(is_open(file));
  EXPECT_EQ(kept.cache.next_close_ms(), INT64_MAX);
}

TEST(AnswerCache, CountsAFilesIdleTimeFromItsLastRequest) {
  Kept kept;
  const int asked_for = kept.keep_file("GET /1");
  const int not_asked_for = kept.keep_file("GET /2");
  kept.now_ms = 500;
  EXPECT_NE(kept.ask("GET /1"), "long way");
  kept.cache.close_idle_files(at(AnswerCache::kMostIdleFileMs));
  EXPECT_TRUE(is_open(asked_for));
  EXPECT_FALSE(is_open(not_asked_for));
  EXPECT_EQ(kept.cache.next_close_ms(), AnswerCache::kMostIdleFileMs + 500);
  kept.cache.close_idle_files(at(kept.cache.next_close_ms()));
  EXPECT_FALSE(is_open(asked_for));
}

TEST(AnswerCache, LeavesAFileOpenForWhoeverIsStillSendingIt) {
  Kept kept;
  const int file = kept.keep_file("GET /a.txt");
  const test::AskedRequest asked("GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n");
  auto under_way =
      std::get<http::FileSlice>(kept.cache.find(asked.request(), at(0)).response->rest());
  kept.cache.close_idle_files(at(AnswerCache::kMostIdleFileMs));
  EXPECT_EQ(kept.ask("GET /a.txt"), "long way");
  EXPECT_TRUE(is_open(file));
  under_way = {};
  EXPECT_FALSE(is_open(file));
}

TEST(AnswerCache, WakesNobodyForWhatIsInMemory) {
  Kept kept;
  kept.keep("GET /a.txt");
  EXPECT_EQ(kept.cache.next_close_ms(), INT64_MAX);
  kept.cache.close_idle_files(at(AnswerCache::kMostIdleFileMs));
  kept.now_ms = AnswerCache::kProofMs - 1;
  EXPECT_EQ(kept.ask("GET /a.txt"), "cache content");
}

// --- requests that are recognized
// -----------------------------------------------------------------

const std::string kHead = Kept::head_of("GET /a.txt");

TEST(KnownRequest, IsOneThatWasFoundBefore) {
  Kept kept;
  EXPECT_EQ(kept.recognize(kHead), "unknown");
  kept.keep("GET /a.txt");
  EXPECT_EQ(kept.recognize(kHead), "unknown");
  EXPECT_EQ(kept.ask("GET /a.txt"), "cache content");
  EXPECT_EQ(kept.recognize(kHead), "cache content");
  EXPECT_EQ(kept.recognize(kHead + kHead), "cache content") << "whatever comes behind it";
  EXPECT_EQ(kept.recognize(kHead + std::string(1, '\0')), "cache content");
}

TEST(KnownRequest, IsTheSameByteForByte) {
  Kept kept;
  kept.keep("GET /a.txt");
  EXPECT_EQ(kept.ask("GET /a.txt"), "cache content");
  for (std::size_t at = 0; at < kHead.size(); ++at) {
    EXPECT_EQ(kept.recognize(std::string_view(kHead).substr(0, at)), "unknown") << at;
    std::string other = kHead;
    other[at] = static_cast<char>(other[at] ^ 1);
    EXPECT_EQ(kept.recognize(other), "unknown") << at;
  }
  EXPECT_EQ(kept.recognize("\r\n" + kHead), "unknown");
  EXPECT_EQ(kept.recognize(kHead), "cache content");
}

TEST(KnownRequest, HasTheAnswerThatItHadBefore) {
  Kept kept;
  const std::string tag = "If-None-Match: " + std::string(kTag) + "\r\n";
  kept.keep("GET /a.txt", "", "plain");
  kept.keep("GET /a.txt", "Accept-Encoding: br\r\n", "packed");
  for (const auto& [line, fields, answer] : std::vector<std::array<std::string, 3>>{
           {"GET /a.txt", "", "cache plain"},
           {"GET /a.txt", "Accept-Encoding: br\r\n", "cache packed"},
           {"GET /a.txt?query", "", "cache plain"},
           {"GET /a.txt?" + std::string(1000, 'q'), "", "cache plain"},
           {"GET /a.txt", tag, "not-modified "}}) {
    EXPECT_EQ(kept.ask(line, fields), answer);
    EXPECT_EQ(kept.ask(line, fields), answer) << "in the place of one that comes no more";
    EXPECT_EQ(kept.recognize(Kept::head_of(line, fields)), answer);
  }
}

TEST(KnownRequest, StaysUntilItComesNoMore) {
  Kept kept;
  const std::string other = Kept::head_of("GET /a.txt", "Accept: */*\r\n");
  kept.keep("GET /a.txt");
  EXPECT_EQ(kept.ask("GET /a.txt"), "cache content");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(kept.recognize(kHead), "cache content");
    EXPECT_EQ(kept.ask("GET /a.txt", "Accept: */*\r\n"), "cache content");
    EXPECT_EQ(kept.recognize(other), "unknown");
  }
  EXPECT_EQ(kept.ask("GET /a.txt", "Accept: */*\r\n"), "cache content");
  EXPECT_EQ(kept.recognize(kHead), "unknown");
  EXPECT_EQ(kept.recognize(other), "cache content");
}

TEST(KnownRequest, IsAPlainGetWithoutContent) {
  Kept kept;
  kept.keep("GET /a.txt");
  for (const auto& [line, fields] : std::vector<std::array<std::string, 2>>{
           {"HEAD /a.txt", ""},
           {"GET http://localhost/a.txt", ""},
           {"GET /a.txt", "Content-Length: 0\r\n"},
           {"GET /a.txt", "Content-Length: 5\r\n"},
           {"GET /a.txt", "Transfer-Encoding: chunked\r\n"},
           {"GET /a.txt", "Cookie: " + std::string(2048, 'c') + "\r\n"}}) {
    EXPECT_EQ(kept.ask(line, fields), "cache content") << line << fields;
    EXPECT_EQ(kept.recognize(Kept::head_of(line, fields)), "unknown") << line << fields;
  }
}

TEST(KnownRequest, GetsNothingStale) {
  Kept kept;
  kept.keep("GET /a.txt");
  EXPECT_EQ(kept.ask("GET /a.txt"), "cache content");
  EXPECT_EQ(kept.recognize(kHead), "cache content");
  kept.tree.write("a.txt", "changed");
  EXPECT_EQ(kept.recognize(kHead), "unknown");
  EXPECT_EQ(kept.ask("GET /a.txt"), "long way");
  EXPECT_EQ(kept.recognize(kHead), "unknown");
}

TEST(KnownRequest, IsForgottenWithItsAnswer) {
  Kept kept;
  kept.keep("GET /a.txt", "", "first");
  EXPECT_EQ(kept.ask("GET /a.txt"), "cache first");
  EXPECT_EQ(kept.recognize(kHead), "cache first");
  kept.keep("GET /a.txt", "", "second");
  EXPECT_EQ(kept.recognize(kHead), "unknown");
}

TEST(KnownRequest, TakesNoMemoryFromAnswers) {
  Kept kept(4096);
  kept.keep("GET /a.txt", "", std::string(2500, 'x'));
  EXPECT_EQ(kept.ask("GET /a.txt"), "cache " + std::string(2500, 'x'));
  EXPECT_EQ(kept.recognize(kHead), "unknown");
  EXPECT_EQ(kept.ask("GET /a.txt"), "cache " + std::string(2500, 'x'));
}

TEST(KnownRequest, IsCountedWhileItIsKnown) {
  Kept kept(100'000);
  kept.keep("GET /a.txt");
  const auto line = [](int i) { return "GET /a.txt?" + std::string(1500, i % 2 == 0 ? 'x' : 'y'); };
  for (int i = 0; i < 500; ++i) ASSERT_EQ(kept.ask(line(i)), "cache content");
  EXPECT_EQ(kept.recognize(Kept::head_of(line(499))), "cache content") << "there is room for it";
  expect_bounds(kept);
}

TEST(KnownRequest, HasRoomBesideManyAnswers) {
  Kept kept;
  constexpr int kFiles = 5000;  // small ones, and all that a browser says
  const std::string fields = "Cookie: " + std::string(600, 'c') + "\r\n";
  for (int i = 0; i < kFiles; ++i) {
    kept.keep(number("GET /", i), fields, std::string(4096, 'x'));
    ASSERT_NE(kept.ask(number("GET /", i), fields), "long way") << i;
  }
  for (int i = 0; i < kFiles; ++i) {
    ASSERT_NE(kept.recognize(Kept::head_of(number("GET /", i), fields)), "unknown") << i;
  }
}

TEST(KnownAbsence, IsProvedAnewAfterASecond) {
  Kept kept;
  kept.keep_absence("folder/none");
  const std::string head = Kept::head_of("GET /folder/none");
  EXPECT_EQ(kept.recognize(head), "error-page nothing");
  kept.now_ms += AnswerCache::kProofMs;
  EXPECT_EQ(kept.recognize(head), "error-page nothing");
  // Where the folder leads out of the root now, nothing is there either.
  const std::string folder = kept.tree.path("folder");
  const TempTree outside;
  ASSERT_EQ(::rename(folder.c_str(), outside.path("folder").c_str()), 0);
  ASSERT_EQ(::symlink(outside.path("").c_str(), folder.c_str()), 0);
  kept.now_ms += AnswerCache::kProofMs;
  EXPECT_EQ(kept.recognize(head), "error-page nothing");
  outside.write("none", "something");
  EXPECT_EQ(kept.recognize(head), "unknown");
}

TEST(KnownAbsence, TakesAPartOfTheMemory) {
  Kept kept(64 * 1024);
  for (int i = 0; i < 64; ++i) kept.keep_absence("none" + std::to_string(i));
  EXPECT_EQ(kept.recognize(Kept::head_of("GET /none0")), "error-page nothing");
  EXPECT_EQ(kept.recognize(Kept::head_of("GET /none63")), "unknown");
  kept.keep("GET /a.txt");
  EXPECT_EQ(kept.ask("GET /a.txt"), "cache content");
  EXPECT_EQ(kept.recognize(Kept::head_of("GET /none0")), "error-page nothing");
}

}  // namespace
}  // namespace tinyserve::handlers
