#include "loop/jobs.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "support/cold_file.h"
#include "support/temp_tree.h"

namespace tinyserve::loop {
namespace {

using http::Portion;
using test::TempTree;

// Says one thing, and notes that it was told of the end.
class Said : public http::Producer {
 public:
  Said(Portion portion, bool& was_finished)
      : portion_(std::move(portion)), was_finished_(&was_finished) {}
  [[nodiscard]] Portion produce() override { return portion_; }
  [[nodiscard]] bool is_heavy() const override { return true; }
  void finish() override { *was_finished_ = true; }

 private:
  Portion portion_;
  bool* was_finished_;
};

TEST(PortionJob, GivesBackTheProducerAndWhatItMade) {
  bool was_finished = false;
  PortionJob job(std::make_unique<Said>(Portion{"part", Portion::Then::kMore}, was_finished));
  job.run();
  job.finish();
  EXPECT_FALSE(was_finished);
  EXPECT_EQ(job.take_portion().bytes, "part");
  EXPECT_NE(job.take_producer(), nullptr);
}

TEST(PortionJob, TellsTheProducerThatItWasTheLastOne) {
  bool was_finished = false;
  PortionJob job(std::make_unique<Said>(Portion{"part", Portion::Then::kEnd}, was_finished));
  job.run();
  EXPECT_FALSE(was_finished) << "not on the worker's thread";
  job.finish();
  EXPECT_TRUE(was_finished);
}

TEST(PortionJob, DoesNotTakeABrokenEndForOne) {
  bool was_finished = false;
  PortionJob job(
      std::make_unique<Said>(Portion{"", Portion::Then::kBroken, 0, "why"}, was_finished));
  job.run();
  job.finish();
  EXPECT_FALSE(was_finished);
  EXPECT_EQ(job.take_portion().why, "why");
}

TEST(ReadAheadJob, BringsAPartIntoMemory) {
  constexpr std::size_t kSize = 4'000'000;
  const TempTree tree(test::kDisk, {{"file", std::string(kSize, 'x')}});
  const std::string path = tree.path("file");
  if (!test::drop_pages(path)) GTEST_SKIP() << test::kNothingIsDropped;
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  ReadAheadJob job({file.get(), 1'000'000, 500'000});
  job.run();
  EXPECT_TRUE(test::is_resident(path, 1'000'000));
  EXPECT_TRUE(test::is_resident(path, 1'250'000));
  EXPECT_TRUE(test::is_resident(path, 1'499'999));
  EXPECT_FALSE(test::is_resident(path, 100'000));
}

TEST(ReadAheadJob, HasAFileOfItsOwn) {
  const TempTree tree(test::kDisk, {{"file", std::string(100'000, 'x')}});
  const std::string path = tree.path("file");
  if (!test::drop_pages(path)) GTEST_SKIP() << test::kNothingIsDropped;
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  ReadAheadJob job({file.get(), 0, 100'000});
  file.reset();
  job.run();
  EXPECT_TRUE(test::is_resident(path, 99'999));
}

TEST(ReadAheadJob, EndsWhereTheFileDoesOrCannotBeRead) {
  const TempTree tree{{"file", "0123456789"}};
  const UniqueFd short_file(::open(tree.path("file").c_str(), O_RDONLY | O_CLOEXEC));
  ReadAheadJob(net::SendQueue::FilePart{short_file.get(), 0, 1'000'000}).run();
  const UniqueFd unreadable(::open(tree.path("file").c_str(), O_WRONLY | O_CLOEXEC));
  ReadAheadJob(net::SendQueue::FilePart{unreadable.get(), 0, 1'000'000}).run();
}

}  // namespace
}  // namespace tinyserve::loop
