#include "loop/exchange.h"

#include <algorithm>
#include <utility>

namespace tinyserve::loop {

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

bool Exchange::charge() {
  std::size_t waiting = queue.held() + drafts.size() + reader.held_head() +
                        answers.capacity() * sizeof(PendingAnswer);
  // Content that goes back as it came is the reader's to charge.
  waiting -= std::min(waiting, reader.charged_answered());
  if (waiting > charged && !budget.take(waiting - charged)) return false;
  if (waiting < charged) budget.give_back(charged - waiting);
  charged = waiting;
  return true;
}

void Exchange::drop_marks() {
  while (marks.size() > 1 && marks[1].end <= queue.sent()) marks.pop_front();
}

// What a long pipeline or long texts took is given back.
void Exchange::forget_answers() {
  answers.clear();
  first_answer = 0;
  drafts.clear(kMostKeptDrafts);
  budget.give_back(std::exchange(charged, 0));
}

}  // namespace tinyserve::loop
