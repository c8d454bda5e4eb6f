#include "daemon/engine/troubles.hpp"

#include "daemon/os/curl_certificates.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <filesystem>

namespace kpi {
namespace {

/// So far the clock may be behind the last step: small corrections are nobody's business.
constexpr std::chrono::minutes kSetBack{1};
/// Far above the 8 MB that the log is cut back to.
constexpr off_t kLongLog = off_t{256} << 20U;

std::string disk_trouble(const std::string& history) {
  struct statvfs found{};
  const std::string folder = std::filesystem::path(history).parent_path().string();
  if (::statvfs(folder.empty() ? "." : folder.c_str(), &found) != 0 ||
      static_cast<std::uint64_t>(found.f_bavail) * found.f_frsize >= kScarceBytes) {
    return "";
  }
  return "the disk of the history is almost full: less than " + std::to_string(kScarceBytes >> 20U) +
         " MB are free; free space, or move the history\n";
}

std::string log_trouble(const std::string& history) {
  struct stat found{};
  // Not opened: closing a file that SQLite has open would drop its locks.
  if (::stat((history + "-wal").c_str(), &found) != 0 || found.st_size < kLongLog) {
    return "";
  }
  return "the log of the history (history.db-wal) is larger than 256 MB: another program keeps the live file open; let "
         "it "
         "read a copy (kpid history backup)\n";
}

}  // namespace

std::string machine_troubles(const std::string& history, Instant clock, const std::optional<Instant>& last_step) {
  std::string text = disk_trouble(history) + log_trouble(history);
  if (last_step && clock + kSetBack < *last_step) {
    text +=
        "the clock of this machine stands before the last step of the watch: it was set back; nothing is judged for a "
        "second time, and time goes on when the clock has caught up\n";
  }
  for (const std::string& certificate : certificates_about_to_expire(clock)) {
    text += certificate + ": renew it, or its receiver or source will be out of reach\n";
  }
  if (!text.empty()) {
    text.pop_back();
  }
  return text;
}

}  // namespace kpi
