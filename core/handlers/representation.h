// representation.h — step 5: one of the forms that a file is sent in, and the fields that tell of
// it (RFC 9110 §3.2, §8).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "files/root.h"
#include "handlers/options.h"
#include "http/accept.h"
#include "http/plan.h"
#include "http/response.h"

namespace tinyserve::handlers {

struct Representation {
  files::Entry entry;
  http::Coding coding = http::Coding::kIdentity;
  bool may_be_encoded = false;  // by us, for whoever accepts that
  bool on_the_fly = false;      // we encode it ourselves: no ranges, and a weak tag
  bool by_encoding = false;     // the choice depends on Accept-Encoding
  bool by_accept = false;       // and on Accept
  std::string_view media_type;  // of the file, whatever the coding
  std::string_view cache_control;
  std::string entity_tag;
  std::optional<std::int64_t> last_modified_s;

  [[nodiscard]] http::Condition condition(Instant now) const {
    return {entity_tag, last_modified_s, now.wall_s()};
  }
};

// The media type of the file at `path`; the user's word comes before our table.
[[nodiscard]] std::string_view media_type_of(std::string_view path, const Options& options);

// The validators of what `facts` say (RFC 9110 §8.8). Last-Modified is never in the future, and
// there is none where the stamp is 0 or 1, as it is in archives without times.
void set_validators(Representation& chosen, const files::Facts& facts, Instant now);

// What a 200, a 206 and a 304 have in common (RFC 9110 §15.4.5).
void add_representation_fields(http::FieldText& fields, const Representation& chosen);

// Those, and what tells of the content: of the whole of it, `content_type` is chosen.media_type.
void add_content_fields(http::FieldText& fields, const Representation& chosen,
                        std::string_view content_type);

}  // namespace tinyserve::handlers
