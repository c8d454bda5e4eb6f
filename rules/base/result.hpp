#pragma once
// Result<T>: a value or an Error. What can be expected to fail returns one; exceptions of libraries end in the
// wrapper that calls them, and broken invariants assert.

#include <tl/expected.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace kpi {

/// What the caller can do about a failure.
enum class ErrorKind : std::uint8_t {
  kInvalid,      ///< The input is wrong; trying again will not help.
  kNotFound,     ///< The thing named does not exist.
  kUnavailable,  ///< The other side failed; trying later may help.
  kTimeout,      ///< A deadline passed; trying later may help.
  kStorage,      ///< The history could not be read or written.
  kStopped,      ///< The daemon is stopping; not a failure of the other side.
};

/// One failure: for the program its kind, for a person one sentence that names the value and the remedy.
struct Error {
  ErrorKind kind = ErrorKind::kInvalid;
  std::string message;

  bool operator==(const Error&) const = default;
};

/// tl::expected with [[nodiscard]].
template <class T = void>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

/// `return fail(ErrorKind::kNotFound, "no KPI named x");`
inline tl::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return tl::unexpected<Error>(Error{kind, std::move(message)});
}

template <class T>
T take(Result<T>&& result) {
  return std::move(*result);
}

inline void take(Result<void>&&) {}

/// Unwraps a Result or returns its error from the enclosing function.
#define KPI_TRY(...)                                           \
  __extension__({                                              \
    auto kpi_result_ = (__VA_ARGS__);                          \
    if (!kpi_result_) {                                        \
      return ::tl::unexpected(std::move(kpi_result_).error()); \
    }                                                          \
    ::kpi::take(std::move(kpi_result_));                       \
  })

}  // namespace kpi
