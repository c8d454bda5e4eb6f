#pragma once
// A file that holds space for a full disk: without it nothing can be written any more, not even what is to be deleted.
// Of the thread that owns the store.

#include <cstdint>
#include <string>

namespace kpi {

class Reserve {
 public:
  /// Makes the file `path` (mode 0600) when the disk has room for it. Empty: there is no reserve.
  explicit Reserve(std::string path);
  Reserve(const Reserve&) = delete;
  Reserve& operator=(const Reserve&) = delete;
  Reserve(Reserve&&) noexcept = default;
  Reserve& operator=(Reserve&&) noexcept = default;
  ~Reserve() = default;

  /// Gives the space free. False: it was free already.
  bool release();
  /// Before there is one: gives the space of the last run's free where the disk has next to none. Without a little a
  /// history cannot even be opened.
  static void release_where_full(const std::string& path);
  /// Takes the space again once the disk has plenty; looks at every fourth call.
  void refill();

 private:
  void make();

  std::string path_;
  bool is_there_ = false;
  std::uint32_t calls_ = 0;
};

}  // namespace kpi
