#include "handlers/reflection.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/timestamp.h"
#include "base/utf8.h"
#include "handlers/api_reply.h"
#include "handlers/file_answer.h"
#include "http/owned_request.h"
#include "http/query.h"

namespace tinyserve::handlers {

namespace {

using Json = nlohmann::ordered_json;

// More content than this takes so long, above a tenth of a millisecond, that a worker has to do it.
constexpr std::uint64_t kMostOnLoop = 32 * 1024;

Json query_json(const http::Target& target) {
  Json json;
  json["raw"] = target.query ? Json(*target.query) : Json();
  json["pairs"] = Json::array();
  for (const auto& [name, value] : http::parse_query(target.query.value_or(""))) {
    json["pairs"].push_back(Json::array({name, value}));
  }
  return json;
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

Json fields_json(const http::Fields& fields) {
  Json lines = Json::array();
  const bool by_page = is_asked_by_page(fields);
  fields.for_each_line([&lines, by_page](std::string_view name, std::string_view value) {
    Json line;
    line["name"] = name;
    if (by_page && is_kept_from_scripts(name)) {
      line["value"] = Json();
    } else {
      line["value"] = value;
      if (!is_utf8(value)) line["base64"] = encode_base64(value);
    }
    lines.push_back(std::move(line));
  });
  return lines;
}

// Whether it is readable as it is, and does not grow beyond twice its size in JSON.
bool is_text(std::string_view content) {
  const auto is_control = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f;
  };
  return is_utf8(content) && std::none_of(content.begin(), content.end(), is_control);
}

Json content_json(const http::Content& content) {
  Json json;
  json["size"] = content.size;
  if (content.size > kMostReflected) {
    json["truncated"] = true;
    return json;
  }
  std::string bytes(content.view);
  for (const Block& block : content.blocks) bytes += block.view();
  if (is_text(bytes)) {
    json["text"] = std::move(bytes);
  } else {
    json["base64"] = encode_base64(bytes);
  }
  return json;
}

std::string address_text(const Caller& caller) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(caller.is_ipv6 ? AF_INET6 : AF_INET, caller.address.data(), text.data(),
              static_cast<socklen_t>(text.size()));
  return text.data();
}

Json connection_json(const Caller& caller) {
  Json json;
  json["address"] = address_text(caller);
  json["port"] = caller.port;
  json["number"] = caller.connection;
  json["request"] = caller.request;
  return json;
}

Json timing_json(const Caller& caller, Instant now) {
  const auto received = format_timestamp(caller.first_byte.wall_us);
  Json json;
  json["received"] = std::string_view(received.data(), received.size());
  json["took_us"] = now.mono_us - caller.first_byte.mono_us;
  return json;
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
  Json json;
  json["method"] = http::name(request.method);
  json["target"] = request.target.text;
  json["path"] = "/" + path.text + (slash ? "/" : "");
  json["query"] = query_json(request.target);
  json["version"] = request.minor_version == 0 ? "HTTP/1.0" : "HTTP/1.1";
  json["fields"] = fields_json(request.fields);
  json["content"] = content_json(request.content);
  json["connection"] = connection_json(caller);
  json["timing"] = timing_json(caller, now);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tinyserve::handlers
