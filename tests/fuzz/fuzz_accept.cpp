// What Accept-Encoding and Accept choose, whatever stands in them, is what a slow model of their
// grammar says (RFC 9110 §12.5, §5.6); how a list is written, and over how many lines, makes no
// difference, and what is refused by name is never chosen.
//
// The input is lines of the field, without numbers.

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "fuzz/demand.h"
#include "fuzz/input.h"
#include "http/accept.h"
#include "http/request_parser.h"

using namespace tinyserve;
using http::Coding;
using http::Codings;

namespace {

using Texts = std::vector<std::string>;
using Views = std::vector<std::string_view>;

constexpr Codings kAll{true, true, true};
constexpr std::string_view kWhiteSpace = " \t";

Views views_of(const Texts& texts) { return {texts.begin(), texts.end()}; }

std::string lowered(std::string_view text) {
  std::string copy(text);
  for (char& c : copy) c = to_lower(c);
  return copy;
}

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kWhiteSpace);
  if (begin == text.npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(kWhiteSpace) + 1 - begin));
}

// What stands between the separators that are in no quoted string, and whether the last of these
// was left open.
struct Split {
  Texts parts{""};
  bool is_open = false;
};

Split split(std::string_view text, char separator) {
  Split result;
  bool escaped = false;
  for (const char c : text) {
    if (c == separator && !result.is_open) {
      result.parts.emplace_back();
      continue;
    }
    result.parts.back() += c;
    const bool counts = !std::exchange(escaped, false);
    if (counts && c == '"') result.is_open = !result.is_open;
    escaped = counts && c == '\\' && result.is_open;
  }
  return result;
}

// --- the model -----------------------------------------------------------------------------------

// Every way to write a weight (RFC 9110 §12.4.2), in thousandths.
std::map<std::string, int> all_weights() {
  std::map<std::string, int> weights;
  for (int weight = 0; weight <= 1000; ++weight) {
    std::string text = std::to_string(1000 + weight % 1000);
    text = std::to_string(weight / 1000) + '.' + text.substr(1);
    weights[text] = weight;
    while (text.back() == '0' && text.size() > 2) {
      text.pop_back();
      weights[text] = weight;
    }
  }
  weights["0"] = 0;
  weights["1"] = 1000;
  return weights;
}

// The weights that the lines give to each name, in lower case; a malformed one counts for nothing.
using Weights = std::map<std::string, std::vector<int>>;

std::optional<int> weight_of(const Texts& parameters) {
  static const std::map<std::string, int> known = all_weights();
  for (std::size_t i = 1; i < parameters.size(); ++i) {
    const std::string parameter = lowered(trimmed(parameters[i]));
    if (!parameter.starts_with("q=")) continue;
    const auto found = known.find(parameter.substr(2));
    if (found == known.end()) return std::nullopt;
    return found->second;
  }
  return 1000;
}

Weights weights_of(const Texts& elements) {
  Weights weights;
  for (const std::string& element : elements) {
    const Texts parameters = split(element, ';').parts;
    const auto weight = weight_of(parameters);
    if (weight) weights[lowered(trimmed(parameters[0]))].push_back(*weight);
  }
  return weights;
}

// Of a coding that is named twice the refusal counts.
int coding_weight(const Weights& weights, Coding coding) {
  std::vector<int> given;
  for (const auto& [name, list] : weights) {
    const bool is_meant =
        name == http::name(coding) || (name == "x-gzip" && coding == Coding::kGzip);
    if (is_meant) given.insert(given.end(), list.begin(), list.end());
  }
  if (given.empty() && weights.contains("*")) given = weights.at("*");
  return given.empty() ? 0 : *std::min_element(given.begin(), given.end());
}

Coding model_coding(const Weights& weights, Codings offered) {
  std::vector<Coding> candidates{Coding::kIdentity};
  if (offered.gzip) candidates.push_back(Coding::kGzip);
  if (offered.zstd) candidates.push_back(Coding::kZstd);
  if (offered.br) candidates.push_back(Coding::kBr);
  // The last one of equals, but of those that weigh nothing the first.
  Coding best = Coding::kIdentity;
  for (const Coding coding : candidates) {
    const int weight = coding_weight(weights, coding);
    if (weight > 0 && weight >= coding_weight(weights, best)) best = coding;
  }
  return best;
}

// Of a media range that is named twice the wish counts.
std::optional<int> media_weight(const Weights& weights, const std::string& name) {
  const auto found = weights.find(name);
  if (found == weights.end()) return std::nullopt;
  return *std::max_element(found->second.begin(), found->second.end());
}

int html_weight(const Weights& weights) {
  const int as_text =
      media_weight(weights, "text/html").value_or(media_weight(weights, "text/*").value_or(0));
  return std::max(as_text, media_weight(weights, "application/xhtml+xml").value_or(0));
}

// --- the properties ------------------------------------------------------------------------------

// All that the lines decide.
struct Choices {
  std::vector<Coding> codings;  // for each set of codings that may be offered
  bool html = false;
  bool json = false;

  bool operator==(const Choices&) const = default;
};

Codings offer(unsigned set) { return {(set & 1) != 0, (set & 2) != 0, (set & 4) != 0}; }

Choices choose(const Views& lines) {
  Choices choices;
  for (unsigned set = 0; set < 8; ++set) {
    choices.codings.push_back(http::choose_coding(lines, offer(set)));
  }
  choices.html = http::prefers_html(lines);
  choices.json = http::prefers_json(lines);
  return choices;
}

Choices model(const Texts& elements) {
  const Weights weights = weights_of(elements);
  Choices choices;
  for (unsigned set = 0; set < 8; ++set) {
    choices.codings.push_back(model_coding(weights, offer(set)));
  }
  choices.html = html_weight(weights) > 0;
  choices.json = media_weight(weights, "application/json").value_or(0) > html_weight(weights);
  return choices;
}

// Optional white space around what separates, and capitals.
std::string written_otherwise(const std::string& element) {
  std::string text;
  for (const std::string& part : split(element, ';').parts) {
    text += text.empty() ? "\t " : " \t;  ";
    for (const char c : trimmed(part)) {
      text += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  return text + ' ';
}

void check_spelling(const Texts& elements, const Choices& choices) {
  DEMAND(choose(views_of(elements)) == choices);
  Texts others{"", ",,", " , "};
  for (const std::string& element : elements) others.push_back(written_otherwise(element));
  DEMAND(choose(views_of(others)) == choices);
  std::reverse(others.begin(), others.end());
  DEMAND(choose(views_of(others)) == choices);
  others.insert(others.end(), elements.begin(), elements.end());
  DEMAND(choose(views_of(others)) == choices);
}

// RFC 9110 §5.3: several lines mean the same as one.
void check_joined(const Views& lines, const Choices& choices) {
  std::string joined;
  for (const std::string_view line : lines) {
    // A string that is left open would take in what comes behind it.
    if (split(line, ',').is_open) return;
    joined.append(joined.empty() ? "" : ",").append(line);
  }
  if (!lines.empty()) DEMAND(choose({joined}) == choices);
}

void check_refusals(Views lines) {
  for (const Coding coding : {Coding::kBr, Coding::kZstd, Coding::kGzip}) {
    const std::string refusal = std::string(http::name(coding)) + ";q=0";
    lines.push_back(refusal);
    for (unsigned set = 0; set < 8; ++set) {
      DEMAND(http::choose_coding(lines, offer(set)) != coding);
    }
    lines.pop_back();
  }
  lines.insert(lines.begin(), "*;q=0");
  const Coding best = http::choose_coding(lines, kAll);
  if (best == Coding::kIdentity) return;
  // Only a name can outweigh that.
  const auto names_it = [best](std::string_view line) {
    return lowered(line).find(http::name(best)) != line.npos;
  };
  DEMAND(std::any_of(lines.begin(), lines.end(), names_it));
}

// The lines as they reach the handlers.
void check_in_request(const Views& lines, const Choices& choices) {
  std::string head = "GET / HTTP/1.1\r\nHost: localhost\r\n";
  for (const std::string_view line : lines) {
    head.append("Accept-Encoding: ").append(line).append("\r\nACCEPT:").append(line).append("\r\n");
  }
  head += "\r\n";
  const http::Limits limits;
  http::RequestParser parser(limits);
  if (parser.parse(head) != http::RequestParser::Step::kDone) return;
  const http::Fields fields = parser.head(head.data()).fields;
  const Choices encodings = choose(fields.all(http::FieldName::kAcceptEncoding));
  const Choices types = choose(fields.all(http::FieldName::kAccept));
  DEMAND(encodings == choices && types == choices);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Views lines = fuzz::lines_of(fuzz::text_of(data, size));
  Texts elements;
  for (const std::string_view line : lines) {
    for (const std::string& part : split(line, ',').parts) elements.push_back(trimmed(part));
  }
  const Choices choices = choose(lines);
  DEMAND(choices == model(elements));
  check_spelling(elements, choices);
  check_joined(lines, choices);
  check_refusals(lines);
  check_in_request(lines, choices);
  return 0;
}
