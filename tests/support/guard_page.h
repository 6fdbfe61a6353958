// guard_page.h — bytes whose end lies flush against memory that cannot be read (tests).
//
// A parser that looks one byte past its input dies at once, in every build.
#pragma once

#include <cstddef>
#include <string_view>

namespace tinyserve::test {

class GuardPage {
 public:
  // Copies `bytes` in front of an unreadable page. Throws std::system_error when memory runs out.
  explicit GuardPage(std::string_view bytes);
  GuardPage(const GuardPage&) = delete;
  GuardPage& operator=(const GuardPage&) = delete;
  ~GuardPage();

  // The copy; valid as long as this object.
  [[nodiscard]] std::string_view view() const { return view_; }

 private:
  void* memory_ = nullptr;
  std::size_t mapped_ = 0;
  std::string_view view_;
};

}  // namespace tinyserve::test
