#include "handlers/representation.h"

#include <algorithm>

#include "base/ascii.h"
#include "files/media_type.h"
#include "http/date.h"

namespace tinyserve::handlers {

using http::Coding;

std::string_view media_type_of(std::string_view path, const Options& options) {
  const std::string_view extension = files::extension(path);
  for (const MediaType& own : options.media_types) {
    if (iequals(own.extension, extension)) return own.type;
  }
  return files::media_type(path);
}

// Weak where we encode it: another version of a library may make other bytes of the same file.
void set_validators(Representation& chosen, const files::Facts& facts, Instant now) {
  const std::string_view coding =
      chosen.coding == Coding::kIdentity ? std::string_view() : http::name(chosen.coding);
  chosen.entity_tag = (chosen.on_the_fly ? "W/" : "") + files::entity_tag(facts, coding, now);
  chosen.last_modified_s.reset();
  if (facts.mtime_s() > 1) chosen.last_modified_s = std::min(facts.mtime_s(), now.wall_s());
}

void add_representation_fields(http::FieldText& fields, const Representation& chosen) {
  fields.add("ETag", chosen.entity_tag);
  if (chosen.last_modified_s) {
    const auto date = http::format_date(*chosen.last_modified_s);
    fields.add("Last-Modified", {date.data(), date.size()});
  }
  fields.add("Cache-Control", chosen.cache_control);
  if (chosen.by_encoding) fields.add("Vary", "Accept-Encoding");
  if (chosen.by_accept) fields.add("Vary", "Accept");
}

void add_content_fields(http::FieldText& fields, const Representation& chosen,
                        std::string_view content_type) {
  fields.add("Content-Type", content_type)
      .add("Accept-Ranges", chosen.on_the_fly ? "none" : "bytes");
  if (chosen.coding != Coding::kIdentity) fields.add("Content-Encoding", http::name(chosen.coding));
  add_representation_fields(fields, chosen);
  fields.add("X-Content-Type-Options", "nosniff");
}

}  // namespace tinyserve::handlers
