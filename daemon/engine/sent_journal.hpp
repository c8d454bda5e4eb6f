#pragma once
// What was delivered but is not in the history yet: behind a long queue a channel sends many messages before the next
// step is written, and a kill between must not send them all again. Each is noted in a file beside the history at once,
// and the file is synchronised after every so many: those are what a power cut may repeat. Any thread.

#include "daemon/os/descriptor.hpp"
#include "rules/base/result.hpp"

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

class SentJournal {
 public:
  struct Sent {
    std::string id;
    std::map<std::string, std::string> remotes;  ///< As Outcome::remotes.

    bool operator==(const Sent&) const = default;
  };

  /// The file is made with the first note.
  explicit SentJournal(std::string path) : path_(std::move(path)) {}

  /// Room for thousands is kept, for the time when the disk is full. What cannot be written is not noted: then a kill
  /// may send it twice.
  void note(const Sent& sent);
  /// What an earlier run noted; a line that was cut off says nothing.
  [[nodiscard]] std::vector<Sent> read() const;
  /// All of it is in the history.
  void clear();

 private:
  void reserve() const;

  std::string path_;
  std::mutex mutex_;
  // Under the mutex:
  Descriptor file_;
  int unsynchronised_ = 0;  // notes
};

}  // namespace kpi
