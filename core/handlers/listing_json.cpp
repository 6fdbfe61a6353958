#include "handlers/listing_json.h"

#include <string>

#include "base/timestamp.h"
#include "handlers/json_text.h"
#include "http/target.h"

namespace tinyserve::handlers {

namespace {

void write_entry(JsonText& json, const files::ListedEntry& entry) {
  const bool directory = entry.facts.kind == files::Kind::kDirectory;
  const auto modified = format_timestamp(entry.facts.mtime_ns / 1000);
  json.begin_object();
  json.key("name").text(entry.name);
  json.key("type").text(directory ? "directory" : "file");
  json.key("size").literal(directory ? "null" : std::to_string(entry.facts.size));
  json.key("modified").text({modified.data(), modified.size()});
  json.key("href").text("./" + http::encode_path(entry.name) + (directory ? "/" : ""));
  json.end();
}

}  // namespace

http::Response listing_data(const std::vector<files::ListedEntry>& entries) {
  JsonText list;
  list.begin_array();
  for (const files::ListedEntry& entry : entries) write_entry(list, entry);
  list.end();
  http::Response response;
  response.fields.add("Content-Type", "application/json")
      .add("Cache-Control", "no-cache")
      .add("Vary", "Accept")
      .add("X-Content-Type-Options", "nosniff");
  response.body = list.take() + "\n";
  return response;
}

}  // namespace tinyserve::handlers
