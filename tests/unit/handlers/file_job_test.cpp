#include "handlers/file_job.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "handlers/static_files.h"
#include "support/asked_request.h"
#include "support/temp_tree.h"

namespace tinyserve::handlers {
namespace {

using http::Status;
using test::TempTree;

constexpr Instant kNow{0, 2'000'000'000'000'000};  // in 2033: all files are settled

struct Asked : test::AskedRequest {
  explicit Asked(std::string_view path, std::string_view fields = "")
      : AskedRequest("GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" +
                     std::string(fields) + "\r\n") {}
};

std::string text_of(const Answer& answer) {
  const auto* const slice = std::get_if<http::BlockSlice>(&answer.response.body);
  if (slice == nullptr) return "(not in memory)";
  return std::string(slice->block.view().substr(slice->offset, slice->length));
}

struct Site {
  TempTree tree{{"site/a.txt", "old"}, {"site/page.js", std::string(1000, 'x')}};
  Options options;
  files::Root root = *files::Root::open({tree.path("site"), false});
  Compressions compressions;
  Served served{&options, &root, &compressions};

  Site() { options.compression = Compression::kOn; }
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  // The job that is given away for `path`, whose request is gone by then.
  std::unique_ptr<AnswerJob> job_for(std::string_view path, std::string_view fields = "",
                                     const EncodedVersion* version = nullptr) {
    const Asked asked(path, fields);
    const http::Path decoded = asked.path();
    return answer_aside({asked.request(), decoded, kNow, Means::kLoop}, served, version).job;
  }
};

TEST(FileJob, MakesTheAnswerFromValuesOfItsOwn) {
  Site site;
  const auto job = site.job_for("/a.txt");
  ASSERT_NE(job, nullptr);
  EXPECT_EQ(job->number(), 0U);
  job->run();
  job->finish();
  const Answer answer = job->take_answer();
  EXPECT_TRUE(answer.is_ready());
  EXPECT_EQ(answer.response.status, Status::kOk);
  EXPECT_EQ(text_of(answer), "old");
}

TEST(FileJob, HandsOverTheRootThatItFoundReplaced) {
  Site site;
  const auto job = site.job_for("/a.txt");
  site.tree.rename("site", "gone");
  site.tree.write("site/a.txt", "new");
  job->run();
  const auto entry = site.root.find("a.txt");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->facts.size, 3U);
  site.tree.write("site/fresh.txt", "");
  EXPECT_FALSE(site.root.find("fresh.txt")) << "the loop's own is the old one until then";
  job->finish();
  EXPECT_TRUE(site.root.find("fresh.txt"));
  EXPECT_EQ(site.root.refresh(), files::Root::Change::kNone);
  EXPECT_EQ(text_of(job->take_answer()), "new");
}

TEST(FileJob, LeavesTheRootAloneThatIsTheSame) {
  Site site;
  const auto job = site.job_for("/a.txt");
  job->run();
  // The loop has noticed meanwhile; the job has not.
  site.tree.rename("site", "gone");
  site.tree.write("site/fresh.txt", "");
  EXPECT_EQ(site.root.refresh(), files::Root::Change::kReplaced);
  job->finish();
  EXPECT_TRUE(site.root.find("fresh.txt"));
}

TEST(FileJob, HandsOverWhatItHasCompressedAndEndsItsNumber) {
  Site site;
  const auto entry = site.root.find("page.js");
  ASSERT_TRUE(entry);
  const EncodedVersion version{entry->facts, http::Coding::kGzip};
  const auto job = site.job_for("/page.js", "Accept-Encoding: gzip\r\n", &version);
  const std::uint64_t number = site.compressions.job_for(version);
  EXPECT_NE(number, 0U);
  EXPECT_EQ(job->number(), number);
  job->run();
  EXPECT_EQ(site.compressions.find(version), nullptr);
  EXPECT_EQ(site.compressions.job_for(version), number);
  job->finish();
  EXPECT_EQ(site.compressions.job_for(version), 0U);
  ASSERT_NE(site.compressions.find(version), nullptr);
  EXPECT_EQ(text_of(job->take_answer()), site.compressions.find(version)->view());
}

TEST(FileJob, EndsItsNumberAlsoWhenItNeverRuns) {
  Site site;
  const EncodedVersion version{site.root.find("page.js")->facts, http::Coding::kGzip};
  site.job_for("/page.js", "Accept-Encoding: gzip\r\n", &version)->finish();
  EXPECT_EQ(site.compressions.job_for(version), 0U);
  EXPECT_EQ(site.compressions.find(version), nullptr);
}

TEST(AnswerAside, IsA503WhereTheWorkersHaveTooMuchToDo) {
  Site site;
  const Asked asked("/a.txt");
  const http::Path path = asked.path();
  const Answer answer = answer_aside({asked.request(), path, kNow, Means::kLoopOnly}, site.served);
  EXPECT_TRUE(answer.is_ready());
  EXPECT_EQ(answer.response.status, Status::kUnavailable);
  EXPECT_NE(answer.response.fields.text().find("Retry-After: 1\r\n"), std::string::npos);
  EXPECT_EQ(answer.via, http::Via::kLimit);
  EXPECT_FALSE(answer.close);
}

TEST(AnswerAside, BeginsNoNumberForAJobForWhichThereIsNoDescriptor) {
  Site site;
  const EncodedVersion version{site.root.find("page.js")->facts, http::Coding::kGzip};
  const Asked asked("/page.js");
  const http::Path path = asked.path();
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit none{0, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const Answer answer =
      answer_aside({asked.request(), path, kNow, Means::kLoop}, site.served, &version);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_TRUE(answer.is_ready());
  EXPECT_EQ(site.compressions.job_for(version), 0U);
}

TEST(AnswerAsideDeathTest, IsNotForWorkers) {
  Site site;
  const Asked asked("/a.txt");
  const http::Path path = asked.path();
  EXPECT_DEATH(
      static_cast<void>(answer_aside({asked.request(), path, kNow, Means::kWorker}, site.served)),
      "internal error");
}

}  // namespace
}  // namespace tinyserve::handlers
