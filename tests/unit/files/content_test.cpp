#include "files/content.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <variant>

#include "support/cold_file.h"
#include "support/temp_tree.h"

namespace tinyserve::files {
namespace {

using test::TempTree;

Entry entry_of(const TempTree& tree, const std::string& name) {
  auto root = Root::open({tree.path(), false});
  auto entry = (*root).find(name);
  return *std::move(entry);
}

// The same, open for writing only.
Entry unreadable_entry(const TempTree& tree, const std::string& name) {
  return {entry_of(tree, name).facts,
          SharedFd(UniqueFd(::open(tree.path(name).c_str(), O_WRONLY)))};
}

// What was read into memory, or a word that it was not.
std::string block_text(const FileContent& content) {
  const auto* const slice = std::get_if<http::BlockSlice>(&content.body);
  if (slice == nullptr) return "(not in memory)";
  return std::string(slice->block.view().substr(slice->offset, slice->length));
}

TEST(Content, OfASmallFileIsRead) {
  const TempTree tree{{"a.txt", "hello"}};
  const auto content = content_of(entry_of(tree, "a.txt"), Wait::kYes);
  ASSERT_TRUE(content);
  EXPECT_EQ(content->facts.size, 5U);
  EXPECT_EQ(block_text(*content), "hello");
}

TEST(Content, OfAnEmptyFileIsNothing) {
  const TempTree tree{{"empty", ""}};
  const auto content = content_of(entry_of(tree, "empty"), Wait::kYes);
  ASSERT_TRUE(content);
  EXPECT_EQ(content->facts.size, 0U);
  EXPECT_EQ(http::content_length(content->body), 0U);
}

TEST(Content, IsReadUpToTheLimitAndSentByTheKernelBeyondIt) {
  const TempTree tree{{"at", std::string(kSmallFile, 'a')},
                      {"over", std::string(kSmallFile + 1, 'b')}};
  const auto at = content_of(entry_of(tree, "at"), Wait::kYes);
  ASSERT_TRUE(at);
  EXPECT_EQ(block_text(*at), std::string(kSmallFile, 'a'));

  const auto over = content_of(entry_of(tree, "over"), Wait::kYes);
  ASSERT_TRUE(over);
  const auto* const slice = std::get_if<http::FileSlice>(&over->body);
  ASSERT_NE(slice, nullptr);
  EXPECT_EQ(slice->offset, 0U);
  EXPECT_EQ(slice->length, kSmallFile + 1);
}

TEST(Content, AndFactsBelongTogetherWhenTheFileGrewSinceItWasFound) {
  const TempTree tree{{"a.txt", "old"}};
  const Entry entry = entry_of(tree, "a.txt");
  tree.append("a.txt", " and more");
  const auto content = content_of(entry, Wait::kYes);
  ASSERT_TRUE(content);
  EXPECT_EQ(block_text(*content), "old and more");
  EXPECT_EQ(content->facts.size, 12U);
  EXPECT_EQ(content->facts, *facts_of_open(entry.file.get()));
}

TEST(Content, AndFactsBelongTogetherWhenTheFileShrankSinceItWasFound) {
  const TempTree tree{{"a.txt", "a longer text"}};
  const Entry entry = entry_of(tree, "a.txt");
  tree.write("a.txt", "short");
  const auto content = content_of(entry, Wait::kYes);
  ASSERT_TRUE(content);
  EXPECT_EQ(block_text(*content), "short");
  EXPECT_EQ(content->facts, *facts_of_open(entry.file.get()));
}

TEST(Content, OfAFileThatGrewBeyondTheLimitIsSentByTheKernel) {
  const TempTree tree{{"a", "small"}};
  const Entry entry = entry_of(tree, "a");
  tree.write("a", std::string(kSmallFile + 5, 'x'));
  const auto content = content_of(entry, Wait::kYes);
  ASSERT_TRUE(content);
  EXPECT_EQ(content->facts.size, kSmallFile + 5);
  EXPECT_EQ(http::content_length(content->body), kSmallFile + 5);
}

TEST(Content, IsThatOfTheVersionThatWasFoundWhenAnotherOneTookItsName) {
  const TempTree tree{{"a.txt", "first"}};
  const Entry entry = entry_of(tree, "a.txt");
  tree.replace("a.txt", "second version");
  const auto content = content_of(entry, Wait::kYes);
  ASSERT_TRUE(content);
  EXPECT_EQ(block_text(*content), "first");
}

TEST(Content, FailsWhereReadingFails) {
  const TempTree tree{{"a.txt", "hello"}};
  const Entry unreadable = unreadable_entry(tree, "a.txt");
  const auto content = content_of(unreadable, Wait::kYes);
  ASSERT_FALSE(content);
  EXPECT_TRUE(content.error().is(EBADF));
}

TEST(Content, IsReadUpToTheLimitThatIsAskedFor) {
  const TempTree tree{{"a.txt", std::string(kSmallFile + 1, 'a')}};
  const auto content = content_of(entry_of(tree, "a.txt"), Wait::kYes, kSmallFile + 1);
  ASSERT_TRUE(content);
  EXPECT_EQ(block_text(*content), std::string(kSmallFile + 1, 'a'));
  const auto sent = content_of(entry_of(tree, "a.txt"), Wait::kYes, kSmallFile);
  ASSERT_TRUE(sent);
  EXPECT_EQ(block_text(*sent), "(not in memory)");
}

TEST(Content, ThatIsInMemoryNeedsNoWait) {
  const TempTree tree{{"a.txt", "hello"}, {"empty", ""}};
  const auto content = content_of(entry_of(tree, "a.txt"), Wait::kNo);
  ASSERT_TRUE(content);
  EXPECT_EQ(block_text(*content), "hello");
  EXPECT_TRUE(content_of(entry_of(tree, "empty"), Wait::kNo));
}

TEST(Content, OfAColdFileIsNotWaitedForWhereThatIsNotWanted) {
  const TempTree tree(test::kDisk, {{"a.txt", std::string(20'000, 'a')}});
  const Entry entry = entry_of(tree, "a.txt");
  bool was_cold = false;
  for (int i = 0; i < test::kColdTries && !was_cold; ++i) {
    if (!test::drop_pages(tree.path("a.txt"))) GTEST_SKIP() << test::kNothingIsDropped;
    const auto content = content_of(entry, Wait::kNo);
    was_cold = !content;
    EXPECT_TRUE(content || content.error().is(EAGAIN));
  }
  EXPECT_TRUE(was_cold);
  const auto content = content_of(entry, Wait::kYes);
  ASSERT_TRUE(content);
  EXPECT_EQ(block_text(*content), std::string(20'000, 'a'));
}

// What part_of_version() reads, or the error's number.
std::string part_text(const Entry& entry, std::uint64_t offset, std::size_t length,
                      Wait wait = Wait::kYes) {
  const auto part = part_of_version(entry.file.get(), entry.facts, offset, length, wait);
  return part ? std::string(part->view()) : std::to_string(part.error().code.value());
}

TEST(Part, IsReadFromWhereItBegins) {
  const TempTree tree{{"a.txt", "0123456789"}};
  const Entry entry = entry_of(tree, "a.txt");
  EXPECT_EQ(part_text(entry, 0, 3), "012");
  EXPECT_EQ(part_text(entry, 4, 2), "45");
  EXPECT_EQ(part_text(entry, 9, 1, Wait::kNo), "9");
  EXPECT_EQ(part_text(entry, 0, 10, Wait::kNo), "0123456789");
}

TEST(Part, IsThatOfOneVersionOnly) {
  const TempTree tree{{"a.txt", "0123456789"}, {"grown.txt", "0123"}, {"cut.txt", "0123456789"}};
  const Entry entry = entry_of(tree, "a.txt");
  const Entry grown = entry_of(tree, "grown.txt");
  const Entry cut = entry_of(tree, "cut.txt");
  tree.append("grown.txt", "456789");
  tree.write("cut.txt", "01");
  const std::string stale = std::to_string(ESTALE);
  EXPECT_EQ(part_text(grown, 1, 2), stale);
  EXPECT_EQ(part_text(cut, 1, 4), stale) << "the end came before the part's";
  EXPECT_EQ(part_text(cut, 0, 2), stale);
  tree.replace("a.txt", "another one");
  EXPECT_EQ(part_text(entry, 2, 3), "234") << "it is as it was, only without a name";
}

TEST(Part, FailsWhereReadingFails) {
  const TempTree tree{{"a.txt", "hello"}};
  const Entry unreadable = unreadable_entry(tree, "a.txt");
  EXPECT_EQ(part_text(unreadable, 0, 2), std::to_string(EBADF));
}

TEST(Part, OfAColdFileIsNotWaitedForWhereThatIsNotWanted) {
  const TempTree tree(test::kDisk, {{"a.txt", std::string(200'000, 'a')}});
  const Entry entry = entry_of(tree, "a.txt");
  bool was_cold = false;
  for (int i = 0; i < test::kColdTries && !was_cold; ++i) {
    if (!test::drop_pages(tree.path("a.txt"))) GTEST_SKIP() << test::kNothingIsDropped;
    was_cold = part_text(entry, 100'000, 3, Wait::kNo) == std::to_string(EAGAIN);
  }
  EXPECT_TRUE(was_cold);
  EXPECT_EQ(part_text(entry, 100'000, 3), "aaa");
}

}  // namespace
}  // namespace tinyserve::files
