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

// --- changes ------------------------------------------------------------------------------------

bool refuses_change(const std::string& fields, const Origins& origins = {},
                    const std::string& host = "localhost:8080") {
  const test::AskedRequest asked("PUT /x HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\n");
  return CrossOrigin(origins).refuses_change(asked.request());
}

TEST(CrossOrigin, LetsOurOwnPagesAndOtherClientsChangeFiles) {
  EXPECT_FALSE(refuses_change(""));
  EXPECT_FALSE(refuses_change("Sec-Fetch-Site: same-origin\r\n"));
  EXPECT_FALSE(refuses_change("Origin: http://localhost:8080\r\n"));
  EXPECT_FALSE(refuses_change("Origin: http://LOCALHOST\r\n", {}, "localhost:80"));
  EXPECT_FALSE(refuses_change("Origin: http://[::1]:8080\r\n", {}, "[::1]:8080"));
}

TEST(CrossOrigin, LetsNoOtherOriginChangeFiles) {
  for (const std::string origin :
       {"http://localhost", "http://localhost:3000", "https://localhost:8080",
        "http://app.localhost:8080", "http://127.0.0.1:8080", "http://evil.example", "null", "",
        "http://localhost:8080/", "http://localhost:8080.evil.example", "localhost:8080", "*"}) {
    EXPECT_TRUE(refuses_change("Origin: " + origin + "\r\n")) << origin;
  }
}

TEST(CrossOrigin, LetsNoOtherSiteChangeFilesByItsFetchMetadata) {
  for (const std::string site : {"same-site", "cross-site", "", "Same-Origin"}) {
    EXPECT_TRUE(refuses_change("Sec-Fetch-Site: " + site + "\r\n")) << site;
  }
  EXPECT_TRUE(refuses_change("Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site\r\n"));
  EXPECT_TRUE(refuses_change("Origin: http://localhost:8080\r\nOrigin: http://evil.example\r\n"));
}

TEST(CrossOrigin, LetsAnOriginChangeFilesThatIsNamedAndNotMeantByAnAsterisk) {
  const std::string fields = "Sec-Fetch-Site: cross-site\r\nOrigin: https://app.example\r\n";
  EXPECT_FALSE(refuses_change(fields, {"https://app.example"}));
  EXPECT_FALSE(refuses_change(fields, {"*", "https://app.example"}));
  EXPECT_TRUE(refuses_change(fields, {"*"}));
  EXPECT_TRUE(refuses_change("Origin: *\r\n", {"*"}));
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

TEST(CrossOrigin, TellsANamedOriginInAPreflightThatItMayChangeFiles) {
  const Asked asked(kPreflight, "OPTIONS");
  const auto methods = [&asked](const Origins& origins) {
    const auto answer =
        CrossOrigin(origins).preflight(asked.request(), "GET, HEAD, OPTIONS, POST", "PUT, DELETE");
    const std::string fields(answer->response.fields.text());
    return fields.substr(0, fields.find('\r'));
  };
  EXPECT_EQ(methods({"https://app.example"}),
            "Access-Control-Allow-Methods: GET, HEAD, OPTIONS, POST, PUT, DELETE");
  EXPECT_EQ(methods({"*"}), "Access-Control-Allow-Methods: GET, HEAD, OPTIONS, POST");
  EXPECT_EQ(methods({"https://other.example"}),
            "Access-Control-Allow-Methods: GET, HEAD, OPTIONS, POST");
}

}  // namespace
}  // namespace tinyserve::handlers
