#include "http/accept.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/ascii.h"
#include "http/list.h"

namespace tinyserve::http {

namespace {

// Weights are in thousandths.
constexpr int kFullWeight = 1000;

struct Weighted {
  std::string_view name;
  int weight = kFullWeight;
};

// "0", "0.5", "0.125", "1", "1.000": at most three decimals, at most one.
std::optional<int> parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int weight = (text[0] - '0') * kFullWeight;
  int unit = kFullWeight / 10;
  for (std::size_t i = 2; i < text.size(); ++i, unit /= 10) {
    if (!is_digit(text[i])) return std::nullopt;
    weight += (text[i] - '0') * unit;
  }
  if (weight > kFullWeight) return std::nullopt;
  return weight;
}

// An element with its weight. Parameters before the weight make no difference here, and what
// follows it is no part of the name either.
std::optional<Weighted> parse_weighted(std::string_view element) {
  std::size_t size = find_unquoted(element, ';');
  Weighted found{trim_ows(element.substr(0, size))};
  while (size < element.size()) {
    element.remove_prefix(size + 1);
    size = find_unquoted(element, ';');
    const std::string_view parameter = trim_ows(element.substr(0, size));
    if (!iequals(parameter.substr(0, 2), "q=")) continue;
    const auto weight = parse_weight(parameter.substr(2));
    if (!weight) return std::nullopt;
    found.weight = *weight;
    break;
  }
  return found;
}

template <class Visit>
void for_each_weighted(FieldLines lines, Visit visit) {
  for (const std::string_view line : lines) {
    ListElements elements(line);
    while (const auto element = elements.next()) {
      if (const auto weighted = parse_weighted(*element)) visit(*weighted);
    }
  }
}

// Accept-Encoding's word for gzip, which some still spell as it was in the beginning (RFC 9110
// §8.4.1.3), or for any other coding.
bool names(std::string_view word, Coding coding) {
  return iequals(word, name(coding)) || (coding == Coding::kGzip && iequals(word, "x-gzip"));
}

// The weight that `lines` give to `coding`; nothing when they do not name it.
std::optional<int> weight_of(FieldLines lines, Coding coding) {
  std::optional<int> named;
  std::optional<int> any;
  for_each_weighted(lines, [&](const Weighted& element) {
    std::optional<int>* const slot = names(element.name, coding) ? &named
                                     : element.name == "*"       ? &any
                                                                 : nullptr;
    // Whoever names a coding twice may mean the refusal.
    if (slot != nullptr) *slot = std::min(slot->value_or(kFullWeight), element.weight);
  });
  return named ? named : any;
}

bool is_offered(Coding coding, Codings offered) {
  switch (coding) {
    case Coding::kBr:
      return offered.br;
    case Coding::kZstd:
      return offered.zstd;
    case Coding::kGzip:
      return offered.gzip;
    case Coding::kIdentity:
      return true;
  }
  return false;
}

// The highest weight that `accept` gives to the media range `wanted`; nothing without it.
std::optional<int> media_weight(FieldLines accept, std::string_view wanted) {
  std::optional<int> highest;
  for_each_weighted(accept, [&](const Weighted& element) {
    if (iequals(element.name, wanted)) highest = std::max(highest.value_or(0), element.weight);
  });
  return highest;
}

// The weight of HTML where it is asked for by name. The more precise name wins, hence `text/*` does
// not bring back what `text/html;q=0` refuses (RFC 9110 §12.5.1).
int html_weight(FieldLines accept) {
  if (accept.empty()) return 0;
  const auto html = media_weight(accept, "text/html");
  const int as_text = html ? *html : media_weight(accept, "text/*").value_or(0);
  return std::max(as_text, media_weight(accept, "application/xhtml+xml").value_or(0));
}

}  // namespace

std::string_view name(Coding coding) {
  constexpr std::array<std::string_view, 4> kNames = {"br", "zstd", "gzip", "identity"};
  return kNames[static_cast<std::size_t>(coding)];
}

Coding choose_coding(FieldLines accept_encoding, Codings offered) {
  Coding best = Coding::kIdentity;
  int best_weight = 0;
  for (const Coding coding : {Coding::kBr, Coding::kZstd, Coding::kGzip, Coding::kIdentity}) {
    if (!is_offered(coding, offered)) continue;
    const int weight = weight_of(accept_encoding, coding).value_or(0);
    if (weight <= best_weight) continue;
    best = coding;
    best_weight = weight;
  }
  return best;
}

bool prefers_html(FieldLines accept) { return html_weight(accept) > 0; }

bool prefers_json(FieldLines accept) {
  return media_weight(accept, "application/json").value_or(0) > html_weight(accept);
}

}  // namespace tinyserve::http
