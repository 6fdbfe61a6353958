// Whatever a target says, the path made of it is clean, and it is decided once.
//
// The input is the target, without numbers.

#include <algorithm>
#include <string>

#include "fuzz/demand.h"
#include "fuzz/input.h"
#include "http/grammar.h"
#include "http/target.h"

using namespace tinyserve;

namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

void check_segments(std::string_view text) {
  if (text.empty()) return;
  DEMAND(text.front() != '/' && text.back() != '/');
  while (true) {
    const std::size_t slash = text.find('/');
    const std::string_view segment = text.substr(0, slash);
    DEMAND(!segment.empty() && segment != "." && segment != "..");
    if (slash == text.npos) return;
    text.remove_prefix(slash + 1);
  }
}

void check_encoded(std::string_view encoded) {
  DEMAND(http::escapes_are_whole(encoded));
  DEMAND(std::all_of(encoded.begin(), encoded.end(),
                     [](char c) { return http::is_unreserved_char(c) || c == '/' || c == '%'; }));
}

void check_path(std::string_view sent) {
  const auto path = http::decode_path(sent);
  if (!path) return;
  DEMAND(std::none_of(path->text.begin(), path->text.end(), is_control));
  DEMAND(path->text.size() <= sent.size());
  check_segments(path->text);
  DEMAND(!path->text.empty() || path->wants_directory);
  DEMAND(!sent.ends_with('/') || path->wants_directory);

  const std::string encoded = '/' + http::encode_path(path->text) +
                              (path->wants_directory && !path->text.empty() ? "/" : "");
  check_encoded(encoded);
  const auto target = http::parse_target(encoded, http::Method::kGet);
  DEMAND(target && target->path == encoded && !target->query);
  const auto again = http::decode_path(encoded);
  DEMAND(again && again->text == path->text && again->hidden == path->hidden);
  DEMAND(again->wants_directory == path->wants_directory);
}

void check_target(std::string_view text, http::Method method) {
  const auto target = http::parse_target(text, method);
  if (!target) return;
  DEMAND(std::none_of(text.begin(), text.end(), is_control));
  if (target->form == http::Target::Form::kAsterisk) {
    DEMAND(text == "*" && method == http::Method::kOptions);
    return;
  }
  DEMAND(target->path.starts_with('/'));
  DEMAND(fuzz::lies_within(target->authority, text));
  DEMAND(target->authority.empty() == (target->form == http::Target::Form::kOrigin));
  DEMAND(target->authority.find_first_of("/@?#") == text.npos);
  std::string rest(target->path);
  if (target->query) {
    DEMAND(fuzz::lies_within(*target->query, text));
    rest.append("?").append(*target->query);
  }
  DEMAND(text.ends_with(rest) || target->path == "/");
  check_path(target->path);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  check_target(text, http::Method::kGet);
  check_target(text, http::Method::kOptions);
  check_encoded(http::encode_path(text));
  return 0;
}
