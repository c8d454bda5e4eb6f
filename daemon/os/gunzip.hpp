#pragma once
// Unpacks gzip as it comes, and knows whether its end came: libcurl's own unpacking takes a part for the whole.
// Used by one thread at a time.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace kpi {

class Gunzip {
 public:
  enum class Outcome { kTaken, kBroken, kTooLarge };

  /// Throws std::bad_alloc.
  Gunzip();

  /// Appends what `packed` holds to `out`, until that is `most` bytes long.
  Outcome take(std::string_view packed, std::string& out, std::size_t most);

  /// Whether nothing is missing: nothing came at all, or what came last ends a gzip stream.
  [[nodiscard]] bool is_whole() const { return is_whole_; }

 private:
  struct Close {
    void operator()(z_stream_s* stream) const;
  };

  std::unique_ptr<z_stream_s, Close> stream_;
  bool is_whole_ = true;
};

}  // namespace kpi
