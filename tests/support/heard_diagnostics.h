// heard_diagnostics.h — collects what the library wants a person to know, so that a test can look.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "log/diagnostics.h"

namespace tinyserve::test {

// May be told from any thread.
class HeardDiagnostics : public log::Diagnostics {
 public:
  void report(log::Severity /*severity*/, std::string_view text) override {
    const std::lock_guard lock(mutex_);
    words_.emplace_back(text);
  }
  // In the order they came.
  [[nodiscard]] std::vector<std::string> words() const {
    const std::lock_guard lock(mutex_);
    return words_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> words_;
};

}  // namespace tinyserve::test
