#include "daemon/engine/sent_journal.hpp"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <fstream>

namespace kpi {

using nlohmann::json;

namespace {

/// So many notes a power cut may lose.
constexpr int kMostUnsynchronised = 64;
/// Room for some thousand notes, taken while there is some: on a full disk nothing else says what was delivered.
constexpr off_t kReserved = off_t{256} << 10U;

}  // namespace

void SentJournal::note(const Sent& sent) {
  const std::string line =
      json{{"id", sent.id}, {"remotes", sent.remotes}}.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  const std::scoped_lock lock(mutex_);
  if (file_.get() < 0) {
    file_ = Descriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
    reserve();
  }
  if (file_.get() >= 0) {
    [[maybe_unused]] const ssize_t written = ::write(file_.get(), line.data(), line.size());
    if (++unsynchronised_ >= kMostUnsynchronised) {
      ::fdatasync(file_.get());
      unsynchronised_ = 0;
    }
  }
}

std::vector<SentJournal::Sent> SentJournal::read() const {
  std::vector<Sent> all;
  std::ifstream file(path_);
  for (std::string line; std::getline(file, line);) {
    const json object = json::parse(line, nullptr, false);
    if (!object.is_object() || !object.contains("id") || !object["id"].is_string()) {
      continue;
    }
    Sent sent{object["id"].get<std::string>(), {}};
    const json remotes = object.value("remotes", json::object());  // items() does not keep what it walks through
    for (const auto& [alert, remote] : remotes.items()) {
      if (remote.is_string()) {
        sent.remotes.emplace(alert, remote.get<std::string>());
      }
    }
    all.push_back(std::move(sent));
  }
  return all;
}

void SentJournal::clear() {
  const std::scoped_lock lock(mutex_);
  if (file_.get() < 0) {
    ::unlink(path_.c_str());
    return;
  }
  [[maybe_unused]] const int cut = ::ftruncate(file_.get(), 0);
  reserve();
}

/// Blocks behind the end of the file, which writing takes without asking for others.
void SentJournal::reserve() const {
  if (file_.get() >= 0) {
    [[maybe_unused]] const int kept = ::fallocate(file_.get(), FALLOC_FL_KEEP_SIZE, 0, kReserved);
  }
}

}  // namespace kpi
