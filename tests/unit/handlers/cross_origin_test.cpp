#include "handlers/cross_origin.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/asked_request.h"
#include "support/response.h"

namespace tinyserve::handlers {
namespace {

using Origins = std::vector<std::string>;

struct Asked : test::AskedRequest {
  explicit Asked(const std::string& fields, const std::string& method = "GET")
      : AskedRequest(method + " /x HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n") {}
};

bool refuses(const std::string& fields, const Origins& origins = {}) {
  const Asked asked(fields);
  return CrossOrigin(origins).refuses(asked.request());
}

// The field lines that an answer gets.
std::string added(const std::string& fields, const Origins& origins) {
  const Asked asked(fields);
  http::FieldText text;
  CrossOrigin(origins).add_fields(asked.request(), text);
  return std::string(text.text());
}

const std::string kFromScript =
    "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: script\r\n";

// --- Sec-Fetch-Site -----------------------------------------------------------------------------

TEST(CrossOrigin, RefusesWhatAnotherSiteHasItsPagesLoad) {
  EXPECT_TRUE(refuses(kFromScript));
  EXPECT_TRUE(refuses("Sec-Fetch-Site: cross-site\r\n"));
  EXPECT_TRUE(refuses("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors\r\n"));
}

TEST(CrossOrigin, LetsAPersonFollowALink) {
  EXPECT_FALSE(refuses(
      "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n"));
}

TEST(CrossOrigin, RefusesNavigationWithinAnotherPage) {
  for (const std::string dest : {"object", "embed", "iframe", "frame"}) {
    EXPECT_TRUE(
        refuses("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n"
                "Sec-Fetch-Dest: " +
                dest + "\r\n"))
        << dest;
  }
}

TEST(CrossOrigin, IsNotTalkedOutOfItByASecondField) {
  EXPECT_TRUE(refuses("Sec-Fetch-Site: same-origin\r\n" + kFromScript));
  EXPECT_TRUE(refuses(kFromScript + "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n"));
}

TEST(CrossOrigin, LetsTheOwnSiteAndOtherClientsPass) {
  EXPECT_FALSE(refuses(""));
  for (const std::string site : {"same-origin", "same-site", "none"}) {
    EXPECT_FALSE(refuses("Sec-Fetch-Site: " + site + "\r\nSec-Fetch-Mode: no-cors\r\n")) << site;
  }
}

TEST(CrossOrigin, LetsEverySitePassWithCors) { EXPECT_FALSE(refuses(kFromScript, {"*"})); }

TEST(CrossOrigin, LetsAListedSitePassWhereItSaysWhoItIs) {
  const Origins origins{"https://app.example"};
  EXPECT_FALSE(refuses(kFromScript + "Origin: https://app.example\r\n", origins));
  EXPECT_TRUE(refuses(kFromScript + "Origin: https://evil.example\r\n", origins));
  EXPECT_TRUE(refuses(kFromScript, origins));
  EXPECT_TRUE(refuses(
      kFromScript + "Origin: https://app.example\r\nOrigin: https://evil.example\r\n", origins));
}

// --- CORS ---------------------------------------------------------------------------------------

TEST(CrossOrigin, AddsNothingWithoutCors) {
  EXPECT_EQ(added("Origin: https://app.example\r\n", {}), "");
}

TEST(CrossOrigin, LetsEveryOriginReadAndSeeTheRange) {
  const std::string fields = added("", {"*"});
  EXPECT_EQ(fields.find("Access-Control-Allow-Origin: *\r\n"), 0u);
  for (const char* name : {"Content-Range", "Accept-Ranges", "Content-Length", "ETag"}) {
    EXPECT_NE(fields.find(name), std::string::npos) << name;
  }
  EXPECT_EQ(fields.find("Credentials"), std::string::npos);
  EXPECT_EQ(fields.find("Vary"), std::string::npos) << "it is the same for all";
}

TEST(CrossOrigin, LetsAListedOriginRead) {
  const std::string fields =
      added("Origin: https://b.example\r\n", {"https://a.example", "https://b.example"});
  EXPECT_EQ(fields.find("Vary: Origin\r\nAccess-Control-Allow-Origin: https://b.example\r\n"
                        "Access-Control-Allow-Credentials: true\r\n"),
            0u);
}

TEST(CrossOrigin, SaysThatAnotherOriginWouldHaveGotMore) {
  const Origins origins{"https://a.example"};
  EXPECT_EQ(added("", origins), "Vary: Origin\r\n");
  EXPECT_EQ(added("Origin: https://a.example.evil.example\r\n", origins), "Vary: Origin\r\n");
  EXPECT_EQ(added("Origin: http://a.example\r\n", origins), "Vary: Origin\r\n");
}

// --- preflights ---------------------------------------------------------------------------------

const std::string kPreflight =
    "Origin: https://app.example\r\nAccess-Control-Request-Method: POST\r\n";

TEST(CrossOrigin, AnswersAPreflight) {
  const Asked asked(kPreflight +
                        "Access-Control-Request-Headers: authorization,x-a\r\n"
                        "Access-Control-Request-Headers: range, \"no name\"\r\n",
                    "OPTIONS");
  const auto answer = CrossOrigin({"*"}).preflight(asked.request(), "GET, PUT");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->via, http::Via::kPreflight);
  EXPECT_EQ(answer->response.status, http::Status::kNoContent);
  EXPECT_EQ(answer->response.fields.text(),
            "Access-Control-Allow-Methods: GET, PUT\r\n"
            "Access-Control-Allow-Headers: authorization, x-a, range\r\n"
            "Access-Control-Max-Age: 600\r\n"
            "Vary: Access-Control-Request-Method, Access-Control-Request-Headers\r\n");
}

TEST(CrossOrigin, LeavesOtherOptionsRequestsAlone) {
  EXPECT_FALSE(CrossOrigin({"*"}).preflight(Asked("", "OPTIONS").request(), "GET"));
  EXPECT_FALSE(CrossOrigin({"*"}).preflight(Asked("Origin: a\r\n", "OPTIONS").request(), "GET"));
  EXPECT_FALSE(CrossOrigin({"*"}).preflight(Asked(kPreflight, "GET").request(), "GET"));
  EXPECT_FALSE(CrossOrigin({}).preflight(Asked(kPreflight, "OPTIONS").request(), "GET"));
}

}  // namespace
}  // namespace tinyserve::handlers
