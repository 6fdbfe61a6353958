// every_split.h — one input, cut in every way that TCP may cut it (tests).
//
// A parser's answer must not depend on where the segments ended (RFC 9112 §2.2 reads octets, not
// segments). every_split() hands the same bytes to a check whole, byte by byte, and in two pieces
// for each place in between; the check feeds the pieces in order and demands the same answer.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tinyserve::test {

using Pieces = std::vector<std::string_view>;

// Calls `check(pieces)` once for each way of cutting `input`. The pieces point into `input`.
template <class Check>
void every_split(std::string_view input, Check&& check) {
  const auto run = [&check](const std::string& how, const Pieces& pieces) {
    const ::testing::ScopedTrace trace(__FILE__, __LINE__, how);
    check(pieces);
  };
  run("whole", {input});
  Pieces bytes;
  for (std::size_t i = 0; i < input.size(); ++i) bytes.push_back(input.substr(i, 1));
  run("byte by byte", bytes);
  for (std::size_t cut = 1; cut < input.size(); ++cut) {
    run("cut at " + std::to_string(cut), {input.substr(0, cut), input.substr(cut)});
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace tinyserve::test
