#include "fuzz/living_site.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "files/writer.h"

namespace tinyserve::fuzz {

namespace {

namespace fs = std::filesystem;

// Lines that tell the file, the version, and where in a run of them they stand.
std::string text_of(std::string_view path, std::size_t version, std::size_t size) {
  constexpr std::size_t kLines = 100;
  std::string text;
  for (std::size_t line = 0; line < kLines; ++line) {
    text.append(path).append(" ").append(std::to_string(version)).append(" ");
    text.append(std::to_string(line)).append("\n");
  }
  while (text.size() < size) text += text;
  text.resize(size);
  return text;
}

bool is_small(const LivingSite::File& file) { return file.size < 10'000; }

}  // namespace

// One of each kind: small ones, one to be compressed as a whole, one with a sibling, one that is
// sent from its descriptor, one that is compressed while it is sent, and one to be put there.
LivingSite::LivingSite()
    : files_{{"index.html", 200}, {"a.txt", 1000},        {"b.css", 5000},         {"app.js", 800},
             {"app.js.gz", 700},  {"large.bin", 300'000}, {"stream.txt", 600'000}, {"put.txt", 0}} {
  reset();
}

void LivingSite::reset() {
  const bool has_changed = moment_ > 0;
  for (const std::string& name : strangers()) tree_.remove(name);
  has_strangers_ = false;
  for (File& file : files_) {
    // All of the small ones, in this order: a sibling only counts while it is not older than its
    // file.
    if (file.versions.size() == 1 && !(has_changed && is_small(file))) continue;
    if (file.size > 0) {
      file.versions = {{text_of(file.path, 0, file.size), 0, false}};
      tree_.write(file.path, *file.versions[0].content);
    } else {
      file.versions = {{std::nullopt, 0, false}};
      tree_.remove(file.path);
    }
  }
  moment_ = 0;
}

void LivingSite::change(std::size_t number, Change how) {
  if (moment_ >= kMostChanges) return;
  ++moment_;
  File& file = files_[number % files_.size()];
  const auto& before = file.versions.back().content;
  if (how == Change::kRemove && before) {
    tree_.remove(file.path);
    file.versions.push_back({std::nullopt, moment_, false});
    return;
  }
  const std::size_t size = std::max(file.size, 2 * kMostChanges) + moment_ * 16;
  std::string content = text_of(file.path, moment_, size);
  if (how == Change::kAppend && before && before->size() < content.size()) {
    content.replace(0, before->size(), *before);
  }
  // No other version is as small.
  if (how == Change::kShorten) content.resize(kMostChanges + 10 - moment_);
  write(file, how, std::move(content));
}

void LivingSite::write(File& file, Change how, std::string content) {
  const auto& before = file.versions.back().content;
  const bool in_place = before.has_value() && how != Change::kReplace;
  if (how == Change::kReplace) {
    tree_.replace(file.path, content);
  } else if (how == Change::kAppend && before && content.starts_with(*before)) {
    tree_.append(file.path, std::string_view(content).substr(before->size()));
  } else {
    tree_.write(file.path, content);
  }
  file.versions.push_back({std::move(content), moment_, in_place});
}

void LivingSite::look() {
  const std::vector<std::string> names = strangers();
  has_strangers_ = has_strangers_ || !std::all_of(names.begin(), names.end(), files::is_temporary);
  for (File& file : files_) {
    std::error_code error;
    const auto size = fs::file_size(tree_.path(file.path), error);
    const auto& before = file.versions.back().content;
    if (error && !before) continue;
    // Nobody puts anything as large.
    if (!error && before && before->size() == size && !is_small(file)) continue;
    std::optional<std::string> content;
    if (!error) content = tree_.read(file.path);
    if (content == before) continue;
    file.versions.push_back({std::move(content), ++moment_, false});
  }
}

std::vector<std::string> LivingSite::strangers() const {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(tree_.path())) {
    std::string name = entry.path().filename().string();
    if (file_of('/' + name) == nullptr) names.push_back(std::move(name));
  }
  return names;
}

bool LivingSite::is_tidy() const {
  const std::vector<std::string> names = strangers();
  return std::none_of(names.begin(), names.end(), files::is_temporary);
}

const LivingSite::File* LivingSite::file_of(std::string_view target) const {
  const std::string_view path =
      target == "/" ? "index.html" : target.substr(target.empty() ? 0 : 1);
  const auto found = std::find_if(files_.begin(), files_.end(),
                                  [path](const File& file) { return file.path == path; });
  return target.starts_with('/') && found != files_.end() ? &*found : nullptr;
}

std::vector<const LivingSite::Version*> LivingSite::File::versions_in(Span span) const {
  std::vector<const Version*> found;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const bool has_begun = versions[i].since <= span.to;
    const bool is_over = i + 1 < versions.size() && versions[i + 1].since <= span.from;
    if (has_begun && !is_over) found.push_back(&versions[i]);
  }
  return found;
}

bool LivingSite::File::was(std::string_view content, Span span) const {
  const auto those = versions_in(span);
  return std::any_of(those.begin(), those.end(),
                     [content](const Version* version) { return version->content == content; });
}

bool LivingSite::File::was_absent(Span span) const {
  const auto those = versions_in(span);
  return std::any_of(those.begin(), those.end(),
                     [](const Version* version) { return !version->content; });
}

bool LivingSite::File::was_written_over(Span span) const {
  const auto those = versions_in(span);
  return std::any_of(those.begin(), those.end(),
                     [](const Version* version) { return version->in_place; });
}

bool LivingSite::File::was_mixture(std::string_view content, Span span) const {
  std::string_view rest = content;
  const auto those = versions_in(span);
  while (!rest.empty()) {
    const std::size_t at = content.size() - rest.size();
    std::size_t longest = 0;
    for (const Version* version : those) {
      if (!version->content || version->content->size() <= at) continue;
      const std::string_view there = std::string_view(*version->content).substr(at);
      const auto differ = std::mismatch(rest.begin(), rest.end(), there.begin(), there.end());
      longest = std::max(longest, static_cast<std::size_t>(differ.first - rest.begin()));
    }
    if (longest == 0) return false;
    rest.remove_prefix(longest);
  }
  return true;
}

}  // namespace tinyserve::fuzz
