#pragma once
// The claim of one process on one history: an flock on a file of its own beside it. (POSIX locks on the database file
// itself would be lost whenever anything in the process opens and closes that file.) Used by the thread that opens
// the store.

#include "rules/base/result.hpp"

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

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

  /// The history that stands at its name now is the one that is written from here on.
  void note_history();

  /// Why that would be lost, or another's too: since note_history() the history or the lock file was deleted, or
  /// another file stands in its place. Empty: neither.
  [[nodiscard]] std::string lost() const;

  /// Gives the claim up in good order.
  void release();
  /// Gives it up, and tells the next owner that the file is damaged.
  void release_damaged();

 private:
  /// Which file it is, whatever it is called.
  struct Identity {
    dev_t device = 0;
    ino_t file = 0;

    bool operator==(const Identity&) const = default;
  };

  FileLock(int fd, std::string history) : fd_(fd), history_(std::move(history)) {}

  static std::optional<Identity> identity_of(const std::string& path);

  int fd_ = -1;
  std::string history_;
  std::optional<Identity> noted_;
  bool was_abandoned_ = false;
  bool was_damaged_ = false;
};

}  // namespace kpi
