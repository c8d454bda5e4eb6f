#pragma once
// A value that must not be seen. It has no stream operator and no conversion: where it is needed on the wire, reveal()
// says so in the code.

#include <string>
#include <utility>

namespace kpi {

class Secret {
 public:
  Secret() = default;

  explicit Secret(std::string value) : value_(std::move(value)) {}

  Secret(const Secret&) = default;
  Secret(Secret&&) noexcept = default;
  Secret& operator=(const Secret&) = default;
  Secret& operator=(Secret&&) noexcept = default;
  /// Overwrites the value before its memory is given back.
  ~Secret();

  [[nodiscard]] const std::string& reveal() const { return value_; }

  [[nodiscard]] bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace kpi
