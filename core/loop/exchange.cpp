#include "loop/exchange.h"

#include <algorithm>

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

void Exchange::drop_marks() {
  while (marks.size() > 1 && marks[1].end <= queue.sent()) marks.pop_front();
}

}  // namespace tinyserve::loop
