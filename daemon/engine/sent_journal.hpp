#pragma once
// What was delivered but is not in the history yet: behind a long queue a channel sends several messages before the
// next step is written, and a kill between must not send them all again. Each is noted in a file beside the history at
// once; that is not synchronised, so after a power cut some may come twice. Any thread.

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

  /// What cannot be written is not noted: then a kill may send it twice.
  void note(const Sent& sent);
  /// What an earlier run noted; a line that was cut off says nothing.
  [[nodiscard]] std::vector<Sent> read() const;
  /// All of it is in the history.
  void clear();

 private:
  std::string path_;
  std::mutex mutex_;
  Descriptor file_;  // under the mutex
};

}  // namespace kpi
