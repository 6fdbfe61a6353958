#include "http/request_reader.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/every_split.h"
#include "support/guard_page.h"

namespace tinyserve::http {
namespace {

using Next = RequestReader::Next;
using test::every_split;
using test::GuardPage;
using test::Pieces;
using Answers = std::vector<std::string>;

constexpr Limits kLimits;
constexpr std::size_t kPlenty = 64 << 20;

std::string content_of(const Request& request) {
  std::string content(request.content.view);
  for (const Block& block : request.content.blocks) content += block.view();
  EXPECT_EQ(content.size(), request.content.size);
  return content;
}

// "POST /a@host: content", with every view that a handler would use.
std::string describe(const RequestReader& reader) {
  const Request& request = reader.request();
  std::string text(name(request.method));
  text.append(" ").append(request.target.path);
  EXPECT_EQ(reader.head().target, request.target.path);
  if (request.host) text.append("@").append(request.host->name);
  if (const auto accept = request.fields.find(FieldName::kAccept)) text.append("?").append(*accept);
  return text + ": " + content_of(request);
}

// One connection: each piece is a turn of the loop. The bytes of a turn lie flush against an
// unreadable page, and are gone when the turn is over.
class Peer {
 public:
  explicit Peer(std::size_t budget = kPlenty, const Limits& limits = kLimits)
      : budget_(budget), reader_(limits, budget_) {}

  void turn(std::string_view bytes) {
    const GuardPage page(bytes);
    reader_.feed(page.view());
    Next next = reader_.next();
    for (; next == Next::kRequest || next == Next::kHead; next = reader_.next()) {
      if (next == Next::kHead) {
        const Framing& framing = reader_.request().framing;
        EXPECT_TRUE(framing.length > 0 || framing.kind == Framing::Kind::kChunked);
        reader_.take_content();
      } else {
        answers_.push_back(describe(reader_));
        reader_.finish();
      }
    }
    if (next == Next::kRefused && !refused_) {
      refused_ = true;
      answers_.push_back(std::to_string(code(reader_.refusal().status)));
    }
  }
  const Answers& turns(const Pieces& pieces) {
    for (const std::string_view piece : pieces) turn(piece);
    return answers_;
  }

  [[nodiscard]] const Answers& answers() const { return answers_; }
  RequestReader& reader() { return reader_; }
  [[nodiscard]] const MemoryBudget& budget() const { return budget_; }

 private:
  MemoryBudget budget_;
  RequestReader reader_;
  bool refused_ = false;
  Answers answers_;
};

std::string get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n"; }
std::string post(const std::string& path, const std::string& content) {
  return "POST " + path +
         " HTTP/1.1\r\nHost: b\r\nContent-Length: " + std::to_string(content.size()) +
         "\r\nAccept: x\r\n\r\n" + content;
}

// All of `input` is read, and nothing is kept of it.
void expect_however_cut(const std::string& input, const Answers& expected) {
  every_split(input, [&](const Pieces& pieces) {
    Peer peer;
    EXPECT_EQ(peer.turns(pieces), expected);
    EXPECT_FALSE(peer.reader().has_input());
    peer.reader().release_answered();
    EXPECT_EQ(peer.budget().used(), 0U);
  });
}

// --- whole requests, in order
// ---------------------------------------------------------------------

TEST(RequestReader, FindsPipelinedRequestsHoweverTheyAreCut) {  // §1.1, §9.3
  const std::string input = get("/1") + post("/2", "GET /no HTTP/1.1\r\n\r\n") + "\r\n" +
                            post("/3", "") + post("/4", "x") + get("/5");
  const Answers expected{"GET /1@a: ", "POST /2@b?x: GET /no HTTP/1.1\r\n\r\n",
                         "POST /3@b?x: ", "POST /4@b?x: x", "GET /5@a: "};
  expect_however_cut(input, expected);
}

TEST(RequestReader, FindsAThousandRequestsInOneReadOrAByteAtATime) {  // §9.3
  std::string input;
  Answers expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string path = "/" + std::to_string(i);
    input += i % 3 == 2 ? post(path, path) : get(path);
    expected.push_back(i % 3 == 2 ? "POST " + path + "@b?x: " + path : "GET " + path + "@a: ");
  }
  Peer whole;
  EXPECT_EQ(whole.turns({input}), expected);
  EXPECT_EQ(whole.budget().used(), 0U);  // nothing was copied
  Peer bytewise;
  for (const char& c : input) bytewise.turn({&c, 1});
  EXPECT_EQ(bytewise.answers(), expected);
}

TEST(RequestReader, FindsThemInPiecesOfAnySize) {
  std::string input;
  Answers expected;
  for (int i = 0; i < 60; ++i) {
    const std::string content(static_cast<std::size_t>(i * i * 5), static_cast<char>('a' + i % 26));
    input += post("/p", content);
    expected.push_back("POST /p@b?x: " + content);
  }
  std::minstd_rand random(1);
  for (int round = 0; round < 30; ++round) {
    Peer peer;
    const std::size_t most = 1 + random() % 20'000;
    for (std::string_view rest = input; !rest.empty();) {
      const std::string_view piece = rest.substr(0, 1 + random() % most);
      peer.turn(piece);
      rest.remove_prefix(piece.size());
    }
    ASSERT_EQ(peer.answers(), expected);
    peer.reader().release_answered();
    ASSERT_EQ(peer.budget().used(), 0U);
  }
}

TEST(RequestReader, ReadsNoContentAsARequestAndNoRequestAsContent) {  // §4.1, §4.3
  Peer peer;
  peer.turn(post("/a", get("/smuggled")) + get("/b"));
  EXPECT_EQ(peer.answers(), (Answers{"POST /a@b?x: " + get("/smuggled"), "GET /b@a: "}));
  Peer stray;  // its second x begins the method of the next request
  stray.turn("PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nxx" + get("/b"));
  EXPECT_EQ(stray.answers(), (Answers{"PUT /a@a: x", " /b@a: "}));
}

TEST(RequestReader, ParsesNothingBehindARefusal) {  // §4.2
  const std::string input = get("/1") + "GET /2 HTTP/1.1\r\nHost : a\r\n\r\n" + get("/3");
  every_split(input, [](const Pieces& pieces) {
    Peer peer;
    EXPECT_EQ(peer.turns(pieces), (Answers{"GET /1@a: ", "400"}));
    EXPECT_EQ(peer.reader().next(), Next::kRefused);
    peer.reader().settle();
    EXPECT_EQ(peer.reader().next(), Next::kRefused);
  });
}

TEST(RequestReader, RefusesWithTheStatusOfTheFault) {
  const auto status = [](std::string_view input) { return Peer().turns({input}); };
  EXPECT_EQ(status("GET / HTTP/1.1\r\n\r\n"), Answers{"400"});
  EXPECT_EQ(status("GET / HTTP/2.0\r\n\r\n"), Answers{"505"});
  EXPECT_EQ(status("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"), Answers{"501"});
  EXPECT_EQ(status("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 67108865\r\n\r\nx"),
            Answers{"413"});  // at once
  EXPECT_EQ(status("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: x\r\n\r\n"),
            Answers{"417"});
}

TEST(RequestReader, GivesTheSameFirstAnswerWhateverComesBehindIt) {
  const std::string valid = post("/a", "hello");
  std::minstd_rand random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string input = valid;
    for (auto left = random() % 60; left > 0; --left) input += static_cast<char>(random() % 256);
    const std::size_t cut = random() % input.size();
    Peer peer;
    peer.turns({std::string_view(input).substr(0, cut), std::string_view(input).substr(cut)});
    ASSERT_FALSE(peer.answers().empty());
    ASSERT_EQ(peer.answers().front(), "POST /a@b?x: hello");
  }
}

TEST(RequestReader, ShowsWhatWasReadOfARefusedHead) {  // for the record
  every_split("PUT /x HTTP/1.1\r\nHost: a\r\nbad\r\n", [](const Pieces& pieces) {
    Peer peer;
    EXPECT_EQ(peer.turns(pieces), Answers{"400"});
    peer.reader().settle();
  });
  MemoryBudget budget(kPlenty);
  RequestReader reader(kLimits, budget);
  reader.feed("PUT /x HTTP/1.1\r\nHost: a\r\nbad\r\n");
  ASSERT_EQ(reader.next(), Next::kRefused);
  EXPECT_EQ(reader.head().method, "PUT");
  EXPECT_EQ(reader.head().target, "/x");
  EXPECT_EQ(reader.head().fields.find(FieldName::kHost), "a");
}

// --- content that comes later
// ---------------------------------------------------------------------

TEST(RequestReader, SaysAtTheHeadThatContentIsMissing) {
  MemoryBudget budget(kPlenty);
  RequestReader reader(kLimits, budget);
  reader.feed("POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
  ASSERT_EQ(reader.next(), Next::kHead);
  ASSERT_EQ(reader.next(), Next::kHead);  // until it is decided
  EXPECT_EQ(reader.request().target.path, "/e");
  EXPECT_EQ(reader.request().framing.length, 5U);
  EXPECT_FALSE(reader.content_is_whole());
  reader.take_content();
  ASSERT_EQ(reader.next(), Next::kNeedMore);
  EXPECT_TRUE(reader.in_content());
  EXPECT_EQ(reader.content_received(), 2U);
  reader.feed("l");
  ASSERT_EQ(reader.next(), Next::kNeedMore);
  EXPECT_EQ(reader.content_received(), 3U);
  reader.feed("lo\r\nrest");
  ASSERT_EQ(reader.next(), Next::kRequest);
  EXPECT_FALSE(reader.in_content());
  EXPECT_TRUE(reader.content_is_whole());
  EXPECT_EQ(content_of(reader.request()), "hello");
  EXPECT_EQ(reader.request().target.path, "/e");
  reader.finish();
  EXPECT_EQ(reader.content_received(), 0U);
  EXPECT_TRUE(reader.has_input());
}

TEST(RequestReader, DropsContentThatIsSkipped) {  // §4.1
  const std::string content(100'000, 's');
  const std::string input = post("/skip", content) + get("/next");
  MemoryBudget budget(200);  // no room for the content
  RequestReader reader(kLimits, budget);
  std::string_view rest = input;
  Answers answers;
  while (!rest.empty()) {
    const GuardPage page(rest.substr(0, 1000));
    reader.feed(page.view());
    rest.remove_prefix(page.view().size());
    Next next = reader.next();
    for (; next == Next::kHead || next == Next::kRequest; next = reader.next()) {
      if (next == Next::kHead) {
        reader.skip_content();
        continue;
      }
      EXPECT_TRUE(reader.request().content.blocks.empty());
      answers.push_back(std::string(reader.request().target.path));
      answers.push_back(std::to_string(reader.content_received()));
      reader.finish();
    }
    ASSERT_EQ(next, Next::kNeedMore);
  }
  EXPECT_EQ(answers, (Answers{"/skip", "100000", "/next", "0"}));
}

TEST(RequestReader, TakesLargeContentWithoutMuchMoreMemoryThanItHas) {
  const std::string content(5'000'000, 'c');
  Peer peer;
  const std::string input = post("/big", content);
  for (std::string_view rest = input; !rest.empty();) {
    const std::string_view piece = rest.substr(0, 64 << 10);
    peer.turn(piece);
    rest.remove_prefix(piece.size());
  }
  ASSERT_EQ(peer.answers().size(), 1U);
  EXPECT_TRUE(peer.answers()[0] == "POST /big@b?x: " + content);
  EXPECT_GE(peer.budget().used(), content.size());
  EXPECT_LE(peer.budget().used(), content.size() + (200 << 10));
}

TEST(RequestReader, PaysForContentThatCameNotForWhatWasAnnounced) {
  Peer peer;
  peer.turn("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000000\r\n\r\nx");
  EXPECT_TRUE(peer.reader().in_content());
  EXPECT_GT(peer.budget().used(), 0U);
  EXPECT_LT(peer.budget().used(), 16U << 10);
}

// --- content in chunks
// ----------------------------------------------------------------------------

const std::string kChunkedHead =
    "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

// What became of a connection whose content is taken, or skipped: "/c 5 hello whole".
class ChunkedPeer {
 public:
  enum class Content { kTake, kSkip };

  explicit ChunkedPeer(Content content, std::size_t budget = kPlenty)
      : content_(content), budget_(budget) {}

  const Answers& turns(const Pieces& pieces) {
    for (const std::string_view piece : pieces) turn(piece);
    return answers_;
  }
  RequestReader& reader() { return reader_; }
  [[nodiscard]] const MemoryBudget& budget() const { return budget_; }

 private:
  void turn(std::string_view bytes) {
    if (over_) return;
    const GuardPage page(bytes);
    reader_.feed(page.view());
    Next next = reader_.next();
    for (; next == Next::kHead || (next == Next::kRequest && !over_); next = reader_.next()) {
      if (next == Next::kRequest) {
        answer();
      } else if (content_ == Content::kTake) {
        reader_.take_content();
      } else {
        reader_.skip_content();
      }
    }
    if (next != Next::kRefused) return;
    over_ = true;
    answers_.push_back(std::to_string(code(reader_.refusal().status)));
  }
  // The connection ends with a request whose content was not read to its end.
  void answer() {
    std::string text(reader_.request().target.path);
    text += " " + std::to_string(reader_.request().content.size) + " ";
    for (const Block& block : reader_.request().content.blocks) text += block.view();
    over_ = !reader_.content_is_whole();
    answers_.push_back(text + (over_ ? " cut" : " whole"));
    if (!over_) reader_.finish();
  }

  Content content_;
  MemoryBudget budget_;
  RequestReader reader_{kLimits, budget_};
  Answers answers_;
  bool over_ = false;
};

constexpr auto kTake = ChunkedPeer::Content::kTake;
constexpr auto kSkip = ChunkedPeer::Content::kSkip;

TEST(RequestReader, TakesContentInChunksHoweverItIsCut) {  // RFC 9112 §7.1
  const std::string input = get("/1") + kChunkedHead +
                            "2;x=\"y\"\r\nhe\r\n03\r\nllo\r\n0\r\nDropped: z\r\n\r\n" +
                            kChunkedHead + "0\r\n\r\n" + get("/2");
  every_split(input, [](const Pieces& pieces) {
    ChunkedPeer peer(kTake);
    EXPECT_EQ(peer.turns(pieces),
              (Answers{"/1 0  whole", "/c 5 hello whole", "/c 0  whole", "/2 0  whole"}));
    EXPECT_FALSE(peer.reader().has_input());
    peer.reader().release_answered();
    EXPECT_EQ(peer.budget().used(), 0U);
  });
}

TEST(RequestReader, SkipsContentInChunksHoweverItIsCut) {
  const std::string input = kChunkedHead + "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n" + get("/2");
  every_split(input, [](const Pieces& pieces) {
    ChunkedPeer peer(kSkip, 200);
    EXPECT_EQ(peer.turns(pieces), (Answers{"/c 5  whole", "/2 0  whole"}));
    EXPECT_FALSE(peer.reader().has_input());
  });
}

TEST(RequestReader, ReadsNoRequestInAChunk) {  // RFC 9112 §11.2
  ChunkedPeer peer(kTake);
  EXPECT_EQ(peer.turns({kChunkedHead + "23\r\n" + get("/smuggled") + "\r\n0\r\n\r\n" + get("/2")}),
            (Answers{"/c 35 " + get("/smuggled") + " whole", "/2 0  whole"}));
}

TEST(RequestReader, GivesUpSkippingChunksBeyondALimit) {  // RFC 9112 §9.3
  const auto skipped = [](std::size_t first) {
    const std::string chunk(first, 's');
    std::string size = "40000";  // kMaxSkipped
    if (first != kMaxSkipped) size = "40001";
    ChunkedPeer peer(kSkip, 200);
    return peer.turns({kChunkedHead, size + "\r\n" + chunk + "\r\n0\r\n\r\n" + get("/2")});
  };
  EXPECT_EQ(skipped(kMaxSkipped), (Answers{"/c 262144  whole", "/2 0  whole"}));
  EXPECT_EQ(skipped(kMaxSkipped + 1), Answers{"/c 262145  cut"});
}

TEST(RequestReader, GivesUpSkippingHoweverSmallTheChunksAre) {
  const std::string chunk = "400\r\n" + std::string(1024, 's') + "\r\n";
  Pieces pieces(300, chunk);
  pieces.front() = kChunkedHead;
  ChunkedPeer peer(kSkip, 2000);
  EXPECT_EQ(peer.turns(pieces), Answers{"/c 263168  cut"});  // the first chunk beyond the limit
}

TEST(RequestReader, TakesChunksBeyondTheLimitOfSkipping) {
  const std::string content(kMaxSkipped + 1, 't');
  ChunkedPeer peer(kTake);
  const Answers& answers = peer.turns({kChunkedHead + "40001\r\n" + content + "\r\n0\r\n\r\n"});
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_TRUE(answers[0] == "/c 262145 " + content + " whole");
}

TEST(RequestReader, RefusesWithinChunks) {
  const std::string bad = kChunkedHead + "2\r\nhe\r\nx\r\n" + get("/no");
  const std::string large = kChunkedHead + "2\r\nhe\r\n3ffffff\r\n" + get("/no");
  for (const ChunkedPeer::Content content : {kTake, kSkip}) {
    every_split(bad, [content](const Pieces& pieces) {
      ChunkedPeer peer(content);
      EXPECT_EQ(peer.turns(pieces), Answers{"400"});
      EXPECT_EQ(peer.reader().next(), Next::kRefused);
      EXPECT_EQ(peer.reader().head().target, "/c");  // for the record
    });
    every_split(large, [content](const Pieces& pieces) {  // RFC 9110 §15.5.14
      EXPECT_EQ(ChunkedPeer(content).turns(pieces), Answers{"413"});
    });
  }
}

TEST(RequestReader, PaysForChunksAsTheyCome) {
  ChunkedPeer enough(kTake, 16 << 10);
  EXPECT_EQ(enough.turns({kChunkedHead, "3ffffff\r\nx"}), Answers{});
  EXPECT_TRUE(enough.reader().in_content());
  EXPECT_EQ(enough.reader().content_received(), 1U);
  EXPECT_GT(enough.budget().used(), 0U);
  ChunkedPeer scarce(kTake, 16 << 10);
  const std::string chunk = "2000\r\n" + std::string(0x2000, 'x') + "\r\n";
  EXPECT_EQ(scarce.turns({kChunkedHead, chunk, chunk, chunk}), Answers{"503"});
}

// --- the end of a turn
// ----------------------------------------------------------------------------

TEST(RequestReader, KeepsWhatWasNotReadWhenATurnEndsEarly) {
  Peer peer;
  {
    const GuardPage page(get("/1") + get("/2") + "GET /3 HT");
    peer.reader().feed(page.view());
    ASSERT_EQ(peer.reader().next(), Next::kRequest);
    peer.reader().finish();
    peer.reader().settle();
  }
  EXPECT_TRUE(peer.reader().has_input());
  EXPECT_GT(peer.budget().used(), 0U);
  peer.turn("TP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(peer.answers(), (Answers{"GET /2@a: ", "GET /3@a: "}));
  EXPECT_EQ(peer.budget().used(), 0U);
}

TEST(RequestReader, GoesOnWithWhatItKeptWithoutNewInput) {
  Peer peer;
  {
    const GuardPage page(get("/1") + post("/2", "two") + get("/3"));
    peer.reader().feed(page.view());
    for (const std::string_view path : {"/1", "/2", "/3"}) {
      ASSERT_EQ(peer.reader().next(), Next::kRequest);
      EXPECT_EQ(peer.reader().request().target.path, path);
      peer.reader().finish();
      peer.reader().settle();
    }
  }
  EXPECT_EQ(peer.reader().next(), Next::kNeedMore);
  EXPECT_FALSE(peer.reader().has_input());
  EXPECT_EQ(peer.budget().used(), 0U);
}

TEST(RequestReader, TellsWhatItHasGotBehindARequest) {
  const std::string chunks = "POST /c HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& request :
       {get("/a"), post("/b", "content"), chunks + "3\r\nabc\r\n0\r\n\r\n"}) {
    for (const std::string behind : {"", "\r", "GET"}) {
      for (const bool is_kept : {false, true}) {
        MemoryBudget budget(kPlenty);
        RequestReader reader(kLimits, budget);
        const std::string input = request + behind;
        reader.feed(input);
        if (reader.next() == Next::kHead) reader.take_content();
        ASSERT_EQ(reader.next(), Next::kRequest);
        ASSERT_TRUE(!is_kept || reader.keep());
        EXPECT_EQ(reader.has_input_behind(), !behind.empty()) << input;
      }
    }
  }
}

TEST(RequestReader, CanFinishARequestInALaterTurn) {  // its answer was made elsewhere
  Peer peer;
  {
    const GuardPage page(post("/1", "content") + get("/2"));
    peer.reader().feed(page.view());
    ASSERT_EQ(peer.reader().next(), Next::kRequest);
    peer.reader().settle();
  }
  peer.reader().finish();
  peer.turn(get("/3"));
  EXPECT_EQ(peer.answers(), (Answers{"GET /2@a: ", "GET /3@a: "}));
}

TEST(RequestReader, SaysWhereItsInputStands) {
  Peer peer;
  RequestReader& reader = peer.reader();
  EXPECT_FALSE(reader.in_head());
  peer.turn("\r\n");
  EXPECT_FALSE(reader.in_head());  // no byte of a request yet
  peer.turn("G");
  EXPECT_TRUE(reader.in_head());
  EXPECT_FALSE(reader.in_content());
  peer.turn("ET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n");
  EXPECT_FALSE(reader.in_head());
  EXPECT_TRUE(reader.in_content());
  EXPECT_FALSE(reader.has_input());
  peer.turn("xyP");
  EXPECT_TRUE(reader.in_head());
  EXPECT_TRUE(reader.has_input());
}

// --- the memory budget
// ----------------------------------------------------------------------------

TEST(RequestReader, NeedsNoBudgetForWhatComesWhole) {
  Peer peer(0);
  peer.turn(get("/1") + post("/2", std::string(50'000, 'x')));
  peer.turn(get("/3"));
  EXPECT_EQ(peer.answers().size(), 3U);
  EXPECT_EQ(peer.answers()[2], "GET /3@a: ");
}

TEST(RequestReader, RefusesWith503WhenTheBudgetIsUsedUp) {  // §14
  Peer head(20);
  head.turn("GET /half-a-head-is-too-much HT");
  EXPECT_EQ(head.answers(), Answers{"503"});
  Peer kept_head(40);
  kept_head.turn("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(kept_head.answers(), Answers{"503"});
  Peer content(3000);
  content.turn("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nx");
  EXPECT_EQ(content.answers(), Answers{"503"});
  Peer more(30'000);
  more.turn(post("/", std::string(100'000, 'x')).substr(0, 10'000));
  EXPECT_EQ(more.answers(), Answers{});
  more.turn(std::string(40'000, 'x'));
  EXPECT_EQ(more.answers(), Answers{"503"});
  MemoryBudget budget(10);
  RequestReader settled(kLimits, budget);
  const std::string two = get("/1") + get("/2");
  settled.feed(two);
  ASSERT_EQ(settled.next(), Next::kRequest);
  settled.finish();
  settled.settle();
  ASSERT_EQ(settled.next(), Next::kRefused);
  EXPECT_EQ(settled.refusal().status, Status::kUnavailable);
}

TEST(RequestReader, SharesTheBudgetWithOthersAndGivesItBack) {
  MemoryBudget budget(50);
  std::optional<RequestReader> first(std::in_place, kLimits, budget);
  first->feed("GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
  ASSERT_EQ(first->next(), Next::kNeedMore);
  EXPECT_EQ(budget.used(), 40U);
  RequestReader second(kLimits, budget);
  second.feed("GET /aaaaaaaaaaaaaaaa");
  EXPECT_EQ(second.next(), Next::kRefused);
  first.reset();  // the connection broke
  EXPECT_EQ(budget.used(), 0U);
  RequestReader third(kLimits, budget);
  third.feed("GET /aaaaaaaaaaaaaaaa");
  EXPECT_EQ(third.next(), Next::kNeedMore);
}

TEST(RequestReader, HoldsContentUntilItsAnswerHasLeft) {
  Peer peer;
  const std::string input = post("/", std::string(9000, 'x'));
  peer.turn(input.substr(0, 5000));
  peer.turn(input.substr(5000));
  ASSERT_EQ(peer.answers().size(), 1U);
  EXPECT_GE(peer.budget().used(), 9000U);
  peer.reader().release_answered();
  EXPECT_EQ(peer.budget().used(), 0U);
  peer.reader().release_answered();
  EXPECT_EQ(peer.budget().used(), 0U);
}

TEST(RequestReader, GivesContentBackWhenItIsDestroyed) {
  MemoryBudget budget(kPlenty);
  {
    RequestReader reader(kLimits, budget);
    reader.feed("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhal");
    ASSERT_EQ(reader.next(), Next::kHead);
    reader.take_content();
    ASSERT_EQ(reader.next(), Next::kNeedMore);
    EXPECT_GT(budget.used(), 0U);
  }
  EXPECT_EQ(budget.used(), 0U);
}

// --- requests whose answers come later
// ------------------------------------------------------------

// Reads `input` up to its first request, or the head of one, and keeps that. The bytes are gone
// then.
void keep_first(Peer& peer, std::string_view input, Next expected) {
  const GuardPage page(input);
  peer.reader().feed(page.view());
  ASSERT_EQ(peer.reader().next(), expected);
  ASSERT_TRUE(peer.reader().keep());
  peer.reader().settle();
}

TEST(RequestReaderKeep, HoldsARequestBeyondItsTurn) {
  Peer peer;
  keep_first(peer, post("/1", "content"), Next::kRequest);
  EXPECT_EQ(describe(peer.reader()), "POST /1@b?x: content");
  EXPECT_EQ(peer.reader().next(), Next::kRequest);
  EXPECT_TRUE(peer.reader().content_is_whole());
  EXPECT_EQ(peer.reader().content_received(), 7U);
  EXPECT_GT(peer.budget().used(), 0U);
  peer.reader().finish();
  EXPECT_EQ(peer.reader().next(), Next::kNeedMore);
  EXPECT_FALSE(peer.reader().mid_request());
  EXPECT_FALSE(peer.reader().has_input());
  peer.reader().release_answered();
  EXPECT_EQ(peer.budget().used(), 0U);
}

TEST(RequestReaderKeep, HoldsTheRequestsBehindItToo) {
  Peer peer;
  keep_first(peer, post("/1", "one") + get("/2") + post("/3", "three") + "GET /4 HT",
             Next::kRequest);
  EXPECT_TRUE(peer.reader().has_input());
  EXPECT_EQ(describe(peer.reader()), "POST /1@b?x: one");
  peer.reader().finish();
  peer.turn("TP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(peer.answers(), (Answers{"GET /2@a: ", "POST /3@b?x: three", "GET /4@a: "}));
  peer.reader().release_answered();
  EXPECT_EQ(peer.budget().used(), 0U);
}

TEST(RequestReaderKeep, TakesMoreBytesWhileTheAnswerIsAwaited) {
  Peer peer;
  keep_first(peer, get("/1"), Next::kRequest);
  {
    const GuardPage page(get("/2") + "GET /");
    peer.reader().feed(page.view());
    EXPECT_EQ(peer.reader().next(), Next::kRequest) << "still the first one";
    peer.reader().settle();
  }
  EXPECT_EQ(describe(peer.reader()), "GET /1@a: ");
  peer.reader().finish();
  peer.turn("3 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(peer.answers(), (Answers{"GET /2@a: ", "GET /3@a: "}));
}

TEST(RequestReaderKeep, WorksForOneAfterTheOther) {
  Peer peer;
  keep_first(peer, get("/1") + post("/2", "two") + get("/3"), Next::kRequest);
  peer.reader().finish();
  for (const std::string_view expected : {"POST /2@b?x: two", "GET /3@a: "}) {
    ASSERT_EQ(peer.reader().next(), Next::kRequest);
    ASSERT_TRUE(peer.reader().keep());
    EXPECT_EQ(describe(peer.reader()), expected);
    peer.reader().finish();
  }
  EXPECT_EQ(peer.reader().next(), Next::kNeedMore);
  peer.reader().release_answered();
  EXPECT_EQ(peer.budget().used(), 0U);
}

TEST(RequestReaderKeep, HoldsARequestThatCameInParts) {
  Peer peer;
  const std::string input = get("/1") + post("/2", "two") + get("/3");
  for (const char& c : input.substr(0, get("/1").size() + 5)) peer.turn({&c, 1});
  ASSERT_EQ(peer.answers(), Answers{"GET /1@a: "});
  keep_first(peer, input.substr(get("/1").size() + 5), Next::kRequest);
  EXPECT_EQ(describe(peer.reader()), "POST /2@b?x: two");
  peer.reader().finish();
  peer.turn("");
  EXPECT_EQ(peer.answers(), (Answers{"GET /1@a: ", "GET /3@a: "}));
}

TEST(RequestReaderKeep, ChangesNothingWhereContentWasTakenOrSkipped) {
  for (const bool takes : {true, false}) {
    MemoryBudget budget(kPlenty);
    RequestReader reader(kLimits, budget);
    {
      const GuardPage page("PUT /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
      reader.feed(page.view());
      ASSERT_EQ(reader.next(), Next::kHead);
      takes ? reader.take_content() : reader.skip_content();
      ASSERT_EQ(reader.next(), Next::kNeedMore);
    }
    {
      const GuardPage page("llo" + get("/2"));
      reader.feed(page.view());
      ASSERT_EQ(reader.next(), Next::kRequest);
      ASSERT_TRUE(reader.keep());
      reader.settle();
    }
    EXPECT_EQ(reader.request().target.path, "/1");
    EXPECT_EQ(reader.request().content.size, 5U);
    std::string kept;
    for (const Block& block : reader.request().content.blocks) kept += block.view();
    EXPECT_EQ(kept, takes ? "hello" : "");
    reader.finish();
    ASSERT_EQ(reader.next(), Next::kRequest);
    EXPECT_EQ(reader.request().target.path, "/2");
  }
}

TEST(RequestReaderKeep, HoldsAHeadThatIsAnsweredBeforeItsContent) {
  Peer peer;
  keep_first(peer, "PUT /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe", Next::kHead);
  EXPECT_EQ(peer.reader().next(), Next::kHead);
  EXPECT_EQ(peer.reader().request().target.path, "/1");
  EXPECT_EQ(peer.reader().head().target, "/1");
  EXPECT_EQ(peer.reader().request().framing.length, 5U);
  EXPECT_FALSE(peer.reader().content_is_whole());
  EXPECT_TRUE(peer.reader().has_input()) << "the beginning of the content";
}

TEST(RequestReaderKeep, FailsWhereTheBudgetIsTooSmallForAnyOfIt) {
  const std::string input = post("/1", std::string(5000, 'c')) + get("/2");
  for (const std::size_t bytes : {10, 200}) {  // for nothing, for the head alone
    MemoryBudget budget(bytes);
    {
      RequestReader reader(kLimits, budget);
      reader.feed(input);
      ASSERT_EQ(reader.next(), Next::kRequest);
      EXPECT_FALSE(reader.keep()) << bytes;
      EXPECT_EQ(reader.head().target, "/1") << "for the record";
      EXPECT_EQ(reader.request().target.path, "/1") << "for the refusal";
      EXPECT_LE(budget.used(), bytes);
    }
    EXPECT_EQ(budget.used(), 0U) << bytes;
  }
}

TEST(RequestReaderKeep, HoldsItsRequestAlsoWhereWhatIsBehindItHasNoRoom) {
  const std::string request = post("/1", std::string(5000, 'c'));
  Peer peer(request.size() + 10);
  keep_first(peer, request + get("/2"), Next::kRequest);
  EXPECT_EQ(peer.reader().next(), Next::kRefused);
  EXPECT_FALSE(peer.reader().content_is_whole()) << "so the connection ends with the answer";
  EXPECT_EQ(describe(peer.reader()).size(), std::string("POST /1@b?x: ").size() + 5000);
}

TEST(RequestReaderKeep, GivesBackWhatItHoldsWhenItIsDestroyed) {
  MemoryBudget budget(kPlenty);
  {
    RequestReader reader(kLimits, budget);
    const std::string input = post("/1", "content") + get("/2");
    reader.feed(input);
    ASSERT_EQ(reader.next(), Next::kRequest);
    ASSERT_TRUE(reader.keep());
    reader.settle();
    EXPECT_GT(budget.used(), input.size() - 1);
  }
  EXPECT_EQ(budget.used(), 0U);
}

// --- a head that comes again  --------------------------------------------------------------------

TEST(RequestReaderRepeated, MeansWhatItMeantBeforeHoweverItIsCut) {
  const std::string chunked =
      "POST /c HTTP/1.1\r\nHost: c\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n";
  const std::string input = post("/1", "one") + post("/1", "two") + get("/2") + get("/2") + "\r\n" +
                            get("/2") + post("/1", "six") + chunked + "7\r\n0\r\n\r\n" + chunked +
                            "8\r\n0\r\n\r\n" + get("/2");
  const Answers expected{"POST /1@b?x: one", "POST /1@b?x: two", "GET /2@a: ",
                         "GET /2@a: ",       "GET /2@a: ",       "POST /1@b?x: six",
                         "POST /c@c: 7",     "POST /c@c: 8",     "GET /2@a: "};
  expect_however_cut(input, expected);
}

TEST(RequestReaderRepeated, IsToldFromOneThatOnlyBeginsOrEndsLikeIt) {
  const std::string with_more = "GET /1 HTTP/1.1\r\nHost: a\r\nAccept: y\r\n\r\n";
  const std::string shorter = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string input = shorter + with_more + shorter + get("/1") + with_more + get("/11");
  const Answers expected{
      "GET /1@a: ", "GET /1@a?y: ", "GET /1@a: ", "GET /1@a: ", "GET /1@a?y: ", "GET /11@a: "};
  expect_however_cut(input, expected);
  Peer peer;
  EXPECT_EQ(peer.turns({shorter, "GET /1 HTTP/1.1\r\nHost: a b\r\n\r\n"}),
            (Answers{"GET /1@a: ", "400"}));
}

TEST(RequestReaderRepeated, MayBeLong) {
  const std::string request =
      "GET /1 HTTP/1.1\r\nHost: a\r\nCookie: " + std::string(3000, 'c') + "\r\n\r\n";
  Peer peer;
  EXPECT_EQ(peer.turns({request, request + request, get("/2"), request}),
            (Answers{"GET /1@a: ", "GET /1@a: ", "GET /1@a: ", "GET /2@a: ", "GET /1@a: "}));
}

TEST(RequestReaderRepeated, TellsHowMuchMemoryItsCopyTakes) {
  const std::string request =
      "GET /1 HTTP/1.1\r\nHost: a\r\nCookie: " + std::string(3000, 'c') + "\r\n\r\n";
  constexpr std::size_t kNextToNothing = 64;  // what a string has within itself
  MemoryBudget budget(kPlenty);
  RequestReader reader(kLimits, budget);
  reader.feed(request);
  ASSERT_EQ(reader.next(), Next::kRequest);
  EXPECT_GE(reader.held_head(), request.size());
  ASSERT_TRUE(reader.keep());
  EXPECT_EQ(reader.held_head(), 0U) << "the budget knows";
  reader.finish();
  EXPECT_LT(reader.held_head(), kNextToNothing) << "long ones are not remembered";
}

TEST(RequestReaderRepeated, IsNotThereBeforeItHasCome) {
  Peer peer;
  peer.turn(post("/1", "one"));
  const RequestReader& reader = peer.reader();
  EXPECT_TRUE(reader.head().text.empty());
  EXPECT_TRUE(reader.head().method.empty());
  EXPECT_TRUE(reader.head().target.empty());
  EXPECT_FALSE(reader.head().has_version);
  EXPECT_FALSE(reader.head().fields.has(FieldName::kHost));
  EXPECT_FALSE(reader.mid_request());
  peer.turn("P");
  EXPECT_TRUE(reader.in_head());
  EXPECT_TRUE(reader.head().target.empty());
  EXPECT_FALSE(reader.head().fields.has(FieldName::kHost));
}

TEST(RequestReaderRepeated, CanBeKept) {
  Peer peer;
  peer.turn(post("/1", "one"));
  keep_first(peer, post("/1", "two") + get("/2"), Next::kRequest);
  EXPECT_EQ(describe(peer.reader()), "POST /1@b?x: two");
  peer.reader().finish();
  peer.turn(post("/1", "six"));
  EXPECT_EQ(peer.answers(), (Answers{"POST /1@b?x: one", "GET /2@a: ", "POST /1@b?x: six"}));
}

TEST(RequestReaderDeathTest, WhatWasNotAskedForCannotBeAnswered) {
  MemoryBudget budget(kPlenty);
  RequestReader reader(kLimits, budget);
  EXPECT_DEATH(reader.finish(), "internal error");
  EXPECT_DEATH(reader.take_content(), "internal error");
  EXPECT_DEATH(reader.skip_content(), "internal error");
  EXPECT_DEATH(static_cast<void>(reader.keep()), "internal error");
}

// --- streamed content  ---------------------------------------------------------------------------

// Requests whose content is streamed: what came of it, then the request itself.
class Uploader {
 public:
  explicit Uploader(std::size_t budget = kPlenty, const Limits& limits = kLimits)
      : budget_(budget), reader_(limits, budget_) {}

  void turn(std::string_view bytes) {
    const GuardPage page(bytes);
    reader_.feed(page.view());
    while (step(bytes.size())) {
    }
  }
  // The pieces of each content together, and the paths.
  [[nodiscard]] const Answers& answers() const { return answers_; }
  [[nodiscard]] const MemoryBudget& budget() const { return budget_; }

 private:
  bool step(std::size_t fed) {
    switch (reader_.next()) {
      case Next::kNeedMore:
        return false;
      case Next::kHead:
        reader_.stream_content();
        return true;
      case Next::kContent: {
        const std::string piece = reader_.take_piece();
        EXPECT_GT(piece.size(), 0U);
        EXPECT_LE(piece.size(), fed);
        content_ += piece;
        return true;
      }
      case Next::kRequest:
        content_ += reader_.request().content.view;
        answers_.push_back(std::string(reader_.request().target.path) + ": " + content_);
        content_.clear();
        reader_.finish();
        return true;
      case Next::kRefused:
        answers_.push_back(std::to_string(code(reader_.refusal().status)) + " after " + content_);
        return false;
    }
    return false;
  }

  MemoryBudget budget_;
  RequestReader reader_;
  std::string content_;
  Answers answers_;
};

TEST(RequestReader, StreamsContentHoweverItIsCut) {
  const std::string input = post("/1", "counted") +
                            "PUT /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                            "3\r\nchu\r\n4;a=b\r\nnked\r\n0\r\nX: y\r\n\r\n" +
                            post("/3", "") + get("/4");
  const Answers expected{"/1: counted", "/2: chunked", "/3: ", "/4: "};
  every_split(input, [&](const Pieces& pieces) {
    Uploader uploader;
    for (const std::string_view piece : pieces) uploader.turn(piece);
    EXPECT_EQ(uploader.answers(), expected);
  });
}

TEST(RequestReader, HoldsNoMoreOfStreamedContentThanArrivedAtOnce) {
  const std::string content(1'000'000, 'x');
  const std::string input = post("/1", content);
  Uploader uploader(5'000);
  for (std::size_t at = 0; at < input.size(); at += 1'000) uploader.turn(input.substr(at, 1'000));
  EXPECT_EQ(uploader.answers(), Answers{"/1: " + content});
  EXPECT_LT(uploader.budget().used(), 5'000U);
}

TEST(RequestReader, RefusesStreamedContentThatGrowsTooLarge) {
  Limits limits;
  limits.max_content = 5;
  Uploader uploader(kPlenty, limits);
  uploader.turn("PUT /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  uploader.turn("3\r\nabc\r\n");
  uploader.turn("3\r\ndef\r\n0\r\n\r\n");
  EXPECT_EQ(uploader.answers(), Answers{"413 after abc"});
}

TEST(RequestReader, RefusesToHoldAPieceBeyondTheBudget) {
  Uploader uploader(500);
  const std::string input = post("/1", std::string(1'000, 'x'));
  uploader.turn(input.substr(0, 100));
  uploader.turn(input.substr(100));
  EXPECT_EQ(uploader.answers().size(), 1U);
  EXPECT_EQ(uploader.answers().at(0).substr(0, 10), "503 after ");
}

}  // namespace
}  // namespace tinyserve::http
