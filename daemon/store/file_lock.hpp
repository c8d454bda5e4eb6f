#pragma once
// The claim of one process on one history: an flock on a file of its own beside it. (POSIX locks on the database file
// itself would be lost whenever anything in the process opens and closes that file.) Used by the thread that opens
// the store.

#include "rules/base/result.hpp"

#include <chrono>
#include <string>

namespace kpi {

class FileLock {
 public:
  /// Claims `history` through the file `history` + ".lock", which is created and never removed. kStorage when another
  /// process (or another store of this one) has it, with its pid, and still has it after `patience`.
  static Result<FileLock> take(const std::string& history, std::chrono::milliseconds patience = {});

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  /// Gives the claim up as a crash would: the next owner sees was_abandoned().
  ~FileLock();

  /// The owner before this one ended without release().
  [[nodiscard]] bool was_abandoned() const { return was_abandoned_; }

  /// The owner before this one met damage in the file.
  [[nodiscard]] bool was_damaged() const { return was_damaged_; }

  /// Gives the claim up in good order.
  void release();
  /// Gives it up, and tells the next owner that the file is damaged.
  void release_damaged();

 private:
  explicit FileLock(int fd) : fd_(fd) {}

  int fd_ = -1;
  bool was_abandoned_ = false;
  bool was_damaged_ = false;
};

}  // namespace kpi
