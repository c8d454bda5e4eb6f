#include "daemon/os/descendants.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

namespace kpi {
namespace {

/// So often those that were started meanwhile are stopped too, before all are killed.
constexpr int kMostPasses = 20;

/// A path that is put together without memory from the heap.
class Path {
 public:
  Path& operator<<(std::string_view text) {
    for (const char c : text.substr(0, bytes_.size() - 1 - size_)) {
      bytes_.at(size_++) = c;
    }
    return *this;
  }

  Path& operator<<(pid_t number) {
    std::array<char, 12> digits{};
    std::size_t at = digits.size();
    for (; number > 0 || at == digits.size(); number /= 10) {
      digits.at(--at) = static_cast<char>('0' + (number % 10));
    }
    return *this << std::string_view(digits.data() + at, digits.size() - at);
  }

  [[nodiscard]] const char* text() const { return bytes_.data(); }

 private:
  std::array<char, 64> bytes_{};
  std::size_t size_ = 0;
};

/// The number that a name of digits is; 0: it is none.
pid_t number_of(std::string_view text) {
  pid_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') {
      return 0;
    }
    number = (number * 10) + (c - '0');
  }
  return number;
}

/// Calls `take` with each number among the names in a folder.
template <class Take>
void each_number_in(const char* folder, Take&& take) {
  const int file = ::open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) {
    return;
  }
  // A record as the kernel writes it: inode, offset, its length, the type, the name.
  constexpr std::size_t kLengthAt = 16;
  constexpr std::size_t kNameAt = 19;
  alignas(std::uint64_t) std::array<char, 2048> bytes;
  while (true) {
    const long size = ::syscall(SYS_getdents64, file, bytes.data(), bytes.size());
    if (size <= 0) {
      break;
    }
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      std::uint16_t length = 0;
      std::memcpy(&length, bytes.data() + at + kLengthAt, sizeof length);
      if (const pid_t number = number_of(bytes.data() + at + kNameAt); number > 0) {
        take(number);
      }
      at += length;
    }
  }
  ::close(file);
}

}  // namespace

void Descendants::add_listed(const char* path) {
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return;
  }
  std::array<char, 1024> text;
  pid_t pid = 0;
  for (ssize_t size = ::read(file, text.data(), text.size()); size > 0; size = ::read(file, text.data(), text.size())) {
    for (const char c : std::span(text).first(static_cast<std::size_t>(size))) {
      if (c >= '0' && c <= '9') {
        pid = (pid * 10) + (c - '0');
      } else if (pid > 0 && count_ < pids_.size()) {
        pids_.at(count_++) = std::exchange(pid, 0);
      }
    }
  }
  ::close(file);
}

/// Each thread has children of its own.
void Descendants::add_children_of(pid_t process) {
  Path tasks;
  tasks << "/proc/" << process << "/task";
  each_number_in(tasks.text(), [&](pid_t task) {
    Path children;
    children << tasks.text() << "/" << task << "/children";
    add_listed(children.text());
  });
}

std::size_t Descendants::find(std::size_t enough) {
  count_ = 0;
  add_children_of(::getpid());
  for (std::size_t i = 0; i < count_ && count_ <= enough; ++i) {
    add_children_of(pids_.at(i));
  }
  return count_;
}

void Descendants::send(int signal) const {
  for (const pid_t pid : std::span(pids_).first(count_)) {
    ::kill(pid, signal);
  }
}

void Descendants::kill() {
  std::size_t known = 0;
  for (int i = 0; i < kMostPasses; ++i) {
    const std::size_t found = find();
    send(SIGSTOP);
    if (found == known) {
      break;
    }
    known = found;
  }
  send(SIGKILL);
}

}  // namespace kpi
