// samples.h — what the files of a test hold (tests).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace tinyserve::test {

// `size` bytes that become much smaller when they are compressed; those of another `seed` differ.
inline std::string script_of(std::size_t size, int seed = 0) {
  std::string text = "// " + std::to_string(seed) + "\n";
  for (std::size_t i = 0; text.size() < size; ++i) {
    const std::string number = std::to_string(i * i + static_cast<std::size_t>(seed));
    text += "export const reed_" + number + " = (water) => water + " + number + ";\n";
  }
  text.resize(size);
  return text;
}

// `size` bytes that do not become smaller.
inline std::string noise_of(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 3;
  for (char& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

}  // namespace tinyserve::test
