// micro.cpp — the parts of a request's cost that are pure: reading it, writing its record, the
// date.
//
//   cmake --build build/release --target bench_micro && build/release/bench_micro
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/memory_budget.h"
#include "http/date.h"
#include "http/limits.h"
#include "http/request_parser.h"
#include "http/request_reader.h"
#include "log/record.h"

namespace tinyserve {
namespace {

constexpr http::Limits kLimits;
constexpr std::int64_t kTime_s = 1'795'342'530;  // 2026-11-22T10:15:30Z

constexpr std::string_view kMinimal = "GET /small.html HTTP/1.1\r\nHost: localhost\r\n\r\n";

constexpr std::string_view kBrowser =
    "GET /assets/app.js?v=20261122 HTTP/1.1\r\n"
    "Host: localhost:8080\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: */*\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Connection: keep-alive\r\n"
    "Referer: http://localhost:8080/index.html\r\n"
    "Sec-Fetch-Dest: script\r\n"
    "Sec-Fetch-Mode: no-cors\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "If-None-Match: \"a721e3-400-18ea66cdde7650a8-18ea66cdde7650a8\"\r\n"
    "Priority: u=2\r\n"
    "Pragma: no-cache\r\n"
    "\r\n";

constexpr std::string_view kPost =
    "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 16\r\n\r\n0123456789abcdef";

void count_bytes(benchmark::State& state, std::string_view request) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(request.size()));
}

// Where a head ends and what its lines are.
void parse(benchmark::State& state, std::string_view request) {
  http::RequestParser parser(kLimits);
  for (auto _ : state) {
    if (parser.parse(request) != http::RequestParser::Step::kDone) {
      return state.SkipWithError("not parsed");
    }
    benchmark::DoNotOptimize(parser);
    parser.reset();
  }
  count_bytes(state, request);
}
BENCHMARK_CAPTURE(parse, minimal, kMinimal);
BENCHMARK_CAPTURE(parse, browser, kBrowser);

// The same and what it means, as a connection does it: steps 2 and 3. `second` comes in turns with
// the first; what is the same again need not be parsed.
void read(benchmark::State& state, std::string_view request, std::string_view second) {
  using Next = http::RequestReader::Next;
  MemoryBudget budget(std::size_t{64} << 20);
  http::RequestReader reader(kLimits, budget);
  for (auto _ : state) {
    reader.feed(request);
    std::swap(request, second);
    Next next = reader.next();
    if (next == Next::kHead) {
      reader.take_content();
      next = reader.next();
    }
    if (next != Next::kRequest) return state.SkipWithError("not read");
    benchmark::DoNotOptimize(reader.request());
    reader.finish();
    reader.settle();
    reader.release_answered();
  }
  count_bytes(state, request);
}
BENCHMARK_CAPTURE(read, minimal, kMinimal, "GET /other.html HTTP/1.1\r\nHost: localhost\r\n\r\n");
BENCHMARK_CAPTURE(read, browser, kBrowser, kMinimal);
BENCHMARK_CAPTURE(read, post, kPost, kMinimal);
BENCHMARK_CAPTURE(read, browser_again, kBrowser, kBrowser);
BENCHMARK_CAPTURE(read, post_again, kPost, kPost);

// One line of JSON, into memory that has grown: step 8.
void record(benchmark::State& state) {
  log::RequestFacts facts;
  facts.time_us = kTime_s * 1'000'000;
  facts.remote = "127.0.0.1";
  facts.port = 51234;
  facts.connection = 7;
  facts.request = 2;
  facts.method = "GET";
  facts.path = "/assets/app.js";
  facts.query = "v=20261122";
  facts.proto = "HTTP/1.1";
  facts.host = "localhost:8080";
  facts.user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
  facts.referer = "http://localhost:8080/index.html";
  log::Outcome outcome;
  outcome.status = 200;
  outcome.bytes = 5120;
  outcome.ttfb_us = 41;
  outcome.dur_us = 63;
  constexpr std::size_t kKept = 4096;
  TimestampCache clock;
  log::Buffer drafts;
  log::Buffer line;
  for (auto _ : state) {
    drafts.clear(kKept);
    line.clear(kKept);
    const log::RecordDraft draft = log::begin_record(drafts, facts, clock);
    log::finish_record(line, drafts, draft, outcome);
    benchmark::DoNotOptimize(line.view().data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(line.size()));
}
BENCHMARK(record);

void format_date(benchmark::State& state) {
  std::int64_t seconds = kTime_s;
  for (auto _ : state) benchmark::DoNotOptimize(http::format_date(++seconds));
}
BENCHMARK(format_date);

void parse_date(benchmark::State& state) {
  std::string_view text = "Sun, 22 Nov 2026 10:15:30 GMT";
  for (auto _ : state) {
    benchmark::DoNotOptimize(text);
    benchmark::DoNotOptimize(http::parse_date(text, kTime_s));
  }
}
BENCHMARK(parse_date);

}  // namespace
}  // namespace tinyserve

BENCHMARK_MAIN();
