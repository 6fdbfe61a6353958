#include "loop/exchange.h"

#include <algorithm>

namespace tinyserve::loop {
namespace {

constexpr std::size_t kMostKeptDrafts = 16 * 1024;  // what 16 answers need, with long texts

}  // namespace

std::uint64_t Exchange::content_sent(const PendingAnswer& answer) const {
  const std::uint64_t sent = std::min(queue.sent(), answer.end);
  if (!answer.produced) return sent > answer.head_end ? sent - answer.head_end : 0;
  std::uint64_t length = 0;
  for (const ContentMark& mark : marks) {
    if (mark.end <= sent) {
      length = mark.length;
      continue;
    }
    // The portion that is on its way, without the frame in front of it.
    length = std::max(length, mark.length - std::min(mark.length, mark.end - sent));
    break;
  }
  return length;
}

void Exchange::drop_marks() {
  while (marks.size() > 1 && marks[1].end <= queue.sent()) marks.pop_front();
}

// What a long pipeline or long texts took is given back.
void Exchange::forget_answers() {
  answers.clear();
  first_answer = 0;
  drafts.clear(kMostKeptDrafts);
}

}  // namespace tinyserve::loop
