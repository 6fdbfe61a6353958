// room.h — places in a vector that are made beforehand, so that what is added later needs no memory
// (base).
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace tinyserve {

// Makes room for `count` elements in all, and for some more, so that they may come one by one.
template <class T>
void make_room_for(std::vector<T>& vector, std::size_t count) {
  if (vector.capacity() < count) vector.reserve(std::max(count, 2 * vector.capacity()));
}

// Gives back what it has beyond room for `count` elements, of which it has no more.
template <class T>
void keep_room_for(std::vector<T>& vector, std::size_t count) {
  const std::size_t size = vector.size();
  if (vector.capacity() <= count) return;
  vector.resize(count);
  vector.shrink_to_fit();  // where there is no memory for a smaller one, the large one is kept
  vector.resize(size);
}

}  // namespace tinyserve
