#include "handlers/listing_json.h"

#include <nlohmann/json.hpp>
#include <string>

#include "base/timestamp.h"
#include "http/target.h"

namespace tinyserve::handlers {

namespace {

using Json = nlohmann::ordered_json;

Json entry_json(const files::ListedEntry& entry) {
  const bool directory = entry.facts.kind == files::Kind::kDirectory;
  Json json;
  json["name"] = entry.name;
  json["type"] = directory ? "directory" : "file";
  json["size"] = directory ? Json() : Json(entry.facts.size);
  const auto modified = format_timestamp(entry.facts.mtime_ns / 1000);
  json["modified"] = std::string(modified.data(), modified.size());
  json["href"] = "./" + http::encode_path(entry.name) + (directory ? "/" : "");
  return json;
}

}  // namespace

http::Response listing_data(const std::vector<files::ListedEntry>& entries) {
  Json list = Json::array();
  for (const files::ListedEntry& entry : entries) list.push_back(entry_json(entry));
  http::Response response;
  response.fields.add("Content-Type", "application/json")
      .add("Cache-Control", "no-cache")
      .add("Vary", "Accept")
      .add("X-Content-Type-Options", "nosniff");
  response.body = list.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  return response;
}

}  // namespace tinyserve::handlers
