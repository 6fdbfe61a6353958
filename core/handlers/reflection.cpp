#include "handlers/reflection.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/timestamp.h"
#include "base/utf8.h"
#include "handlers/api_reply.h"
#include "handlers/file_answer.h"
#include "handlers/json_text.h"
#include "http/owned_request.h"
#include "http/query.h"

namespace tinyserve::handlers {

namespace {

// More content than this takes so long, above a tenth of a millisecond, that a worker has to do it.
constexpr std::uint64_t kMostOnLoop = 32 * 1024;

void write_query(JsonText& json, const http::Target& target) {
  json.begin_object().key("raw");
  target.query ? json.text(*target.query) : json.literal("null");
  json.key("pairs").begin_array();
  for (const auto& [name, value] : http::parse_query(target.query.value_or(""))) {
    json.begin_array().text(name).text(value).end();
  }
  json.end().end();
}

// Whether the script of a page could read the answer. Browsers say so of every page at this
// machine; of others, at least where the answer is for another origin.
bool is_asked_by_page(const http::Fields& fields) {
  bool by_page = fields.has(http::FieldName::kOrigin);
  fields.for_each(http::FieldName::kSecFetchSite,
                  [&by_page](std::string_view site) { by_page = by_page || site != "none"; });
  return by_page;
}

bool is_kept_from_scripts(std::string_view name) {
  return iequals(name, "Cookie") || iequals(name, "Authorization") ||
         iequals(name, "Proxy-Authorization");
}

void write_fields(JsonText& json, const http::Fields& fields) {
  const bool by_page = is_asked_by_page(fields);
  json.begin_array();
  fields.for_each_line([&json, by_page](std::string_view name, std::string_view value) {
    json.begin_object().key("name").text(name).key("value");
    if (by_page && is_kept_from_scripts(name)) {
      json.literal("null");
    } else {
      json.text(value);
      if (!is_utf8(value)) json.key("base64").text(encode_base64(value));
    }
    json.end();
  });
  json.end();
}

// Whether it is readable as it is, and does not grow beyond twice its size in JSON.
bool is_text(std::string_view content) {
  const auto is_control = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f;
  };
  return is_utf8(content) && std::none_of(content.begin(), content.end(), is_control);
}

void write_bytes(JsonText& json, const http::Content& content) {
  std::string bytes(content.view);
  for (const Block& block : content.blocks) bytes += block.view();
  if (is_text(bytes)) {
    json.key("text").text(bytes);
  } else {
    json.key("base64").text(encode_base64(bytes));
  }
}

void write_content(JsonText& json, const http::Content& content) {
  json.begin_object().key("size").number(content.size);
  if (content.size > kMostReflected) {
    json.key("truncated").literal("true");
  } else {
    write_bytes(json, content);
  }
  json.end();
}

std::string address_text(const Caller& caller) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(caller.is_ipv6 ? AF_INET6 : AF_INET, caller.address.data(), text.data(),
              static_cast<socklen_t>(text.size()));
  return text.data();
}

void write_connection(JsonText& json, const Caller& caller) {
  json.begin_object();
  json.key("address").text(address_text(caller));
  json.key("port").number(caller.port);
  json.key("number").number(caller.connection);
  json.key("request").number(caller.request);
  json.end();
}

void write_timing(JsonText& json, const Caller& caller, Instant now) {
  const auto received = format_timestamp(caller.first_byte.wall_us);
  json.begin_object();
  json.key("received").text({received.data(), received.size()});
  json.key("took_us").duration(now.mono_us - caller.first_byte.mono_us);
  json.end();
}

Answer reply(std::string json) {
  return api_reply(http::Status::kOk, "application/json", std::move(json));
}

// Makes the reflection of a request with much content.
class ReflectionJob final : public AnswerJob {
 public:
  ReflectionJob(const Ask& ask, const Caller& caller)
      : request_(ask.request), path_(ask.path), caller_(caller), now_(ask.now) {}
  void run() override { json_ = reflection(*request_, path_, caller_, now_); }
  [[nodiscard]] Answer take_answer() override { return reply(std::move(json_)); }

 private:
  http::OwnedRequest request_;
  http::Path path_;
  Caller caller_;
  Instant now_;
  std::string json_;
};

}  // namespace

Answer reflect(const Ask& ask, const Caller& caller) {
  const std::uint64_t size = ask.request.content.size;
  const bool is_quick = size <= kMostOnLoop || size > kMostReflected;
  if (is_quick) return reply(reflection(ask.request, ask.path, caller, ask.now));
  if (ask.means == Means::kLoopOnly) return busy_answer(ask.request);
  Answer answer;
  answer.job = std::make_unique<ReflectionJob>(ask, caller);
  return answer;
}

std::string reflection(const http::Request& request, const http::Path& path, const Caller& caller,
                       Instant now) {
  const bool slash = path.wants_directory && !path.text.empty();
  JsonText json;
  json.begin_object();
  json.key("method").text(http::name(request.method));
  json.key("target").text(request.target.text);
  json.key("path").text("/" + path.text + (slash ? "/" : ""));
  json.key("query");
  write_query(json, request.target);
  json.key("version").text(request.minor_version == 0 ? "HTTP/1.0" : "HTTP/1.1");
  json.key("fields");
  write_fields(json, request.fields);
  json.key("content");
  write_content(json, request.content);
  json.key("connection");
  write_connection(json, caller);
  json.key("timing");
  write_timing(json, caller, now);
  return json.end().take() + "\n";
}

}  // namespace tinyserve::handlers
