#pragma once
// Who is connected, and who has to go when no place is left: the one that has kept the server waiting longest. Idle
// connections cannot lock out a request, event streams take half of the places at most. Any thread may call it.

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>

namespace kpi {

/// A connection.
class Guest {
 public:
  virtual ~Guest() = default;
  /// There is news; only who listens for it is told.
  virtual void send(std::uint64_t number) = 0;
  /// Its place is needed. It may take a moment.
  virtual void leave() = 0;
};

class Guests {
 public:
  explicit Guests(std::size_t most) : most_(most) {}

  /// Whether one more may come; when all places are taken another one is asked to leave for it.
  bool admit();

  /// It waits for a request to come, or for its peer to take an answer.
  void reads(const std::shared_ptr<Guest>& guest) { begin(guest, Doing::kReading); }

  void writes(const std::shared_ptr<Guest>& guest) { begin(guest, Doing::kWriting); }

  /// It waits for news from now on; false: too many do.
  bool listens(const std::shared_ptr<Guest>& guest);
  /// It is no more.
  void gone(const Guest* guest);
  /// Sends the number to all who listen.
  void announce(std::uint64_t number);

 private:
  enum class Doing : std::uint8_t { kReading, kWriting, kListening };

  struct Entry {
    const Guest* key;
    std::weak_ptr<Guest> guest;
    Doing doing;
    bool is_leaving = false;
  };

  void begin(const std::shared_ptr<Guest>& guest, Doing doing);
  std::shared_ptr<Guest> longest(Doing doing);

  std::size_t most_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // the one that has done the same thing longest first
};

}  // namespace kpi
