#include "daemon/os/process_starter.hpp"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <sched.h>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {
namespace {

/// What does not fit is forked by the daemon itself.
constexpr std::size_t kLongestOrder = 128UL << 10U;
constexpr std::size_t kMostDescriptors = 5;

/// The begin of an order; its texts follow, each with a NUL: path, folder, arguments, environment.
struct Order {
  std::size_t max_memory = 0;
  std::size_t cpu_seconds = 0;
  std::size_t max_processes = 0;
  std::uint32_t arguments = 0;
  std::uint32_t variables = 0;
};

/// A message on the socket: bytes, and descriptors beside them.
class Letter {
 public:
  Letter(void* bytes, std::size_t size) : part_{bytes, size} {
    header_.msg_iov = &part_;
    header_.msg_iovlen = 1;
  }

  bool send(int socket, std::span<const int> descriptors) {
    if (!descriptors.empty()) {
      header_.msg_control = control_.data();
      header_.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
      cmsghdr* control = CMSG_FIRSTHDR(&header_);
      control->cmsg_level = SOL_SOCKET;
      control->cmsg_type = SCM_RIGHTS;
      control->cmsg_len = CMSG_LEN(descriptors.size_bytes());
      std::memcpy(CMSG_DATA(control), descriptors.data(), descriptors.size_bytes());
    }
    return ::sendmsg(socket, &header_, MSG_NOSIGNAL) == static_cast<ssize_t>(part_.iov_len);
  }

  /// How many bytes came, 0 at the end; `descriptors` are the caller's.
  std::size_t receive(int socket, std::vector<Descriptor>& descriptors) {
    header_.msg_control = control_.data();
    header_.msg_controllen = control_.size();
    ssize_t size = -1;
    do {
      size = ::recvmsg(socket, &header_, MSG_CMSG_CLOEXEC);
    } while (size < 0 && errno == EINTR);
    for (cmsghdr* control = size < 0 ? nullptr : CMSG_FIRSTHDR(&header_); control != nullptr;
         control = CMSG_NXTHDR(&header_, control)) {
      std::array<int, kMostDescriptors> numbers{};
      const std::size_t count = std::min((control->cmsg_len - CMSG_LEN(0)) / sizeof(int), numbers.size());
      std::memcpy(numbers.data(), CMSG_DATA(control), count * sizeof(int));
      std::ranges::for_each(std::span(numbers).first(count), [&](int fd) { descriptors.emplace_back(fd); });
    }
    return size < 0 || (header_.msg_flags & MSG_TRUNC) != 0 ? 0 : static_cast<std::size_t>(size);
  }

 private:
  iovec part_;
  msghdr header_{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostDescriptors * sizeof(int))> control_{};
};

/// Reads the texts of an order where they lie.
class Texts {
 public:
  explicit Texts(std::span<char> bytes) : bytes_(bytes) {}

  char* next() {
    char* const text = bytes_.data() + at_;
    at_ += std::string_view(text).size() + 1;
    return text;
  }

  std::vector<char*> list(std::uint32_t count) {
    std::vector<char*> texts;
    for (std::uint32_t i = 0; i < count; ++i) {
      texts.push_back(next());
    }
    texts.push_back(nullptr);
    return texts;
  }

 private:
  std::span<char> bytes_;
  std::size_t at_ = 0;
};

/// The keeper's pidfd, -1 when it could not be started.
Descriptor carry_out(std::span<char> message, const std::vector<Descriptor>& descriptors) {
  Order order;
  std::memcpy(&order, message.data(), sizeof order);
  Texts texts(message.subspan(sizeof order));
  ChildPlan plan;
  plan.path = texts.next();
  plan.folder = texts.next();
  const std::vector<char*> arguments = texts.list(order.arguments);
  const std::vector<char*> variables = texts.list(order.variables);
  plan.arguments = arguments.data();
  plan.environment = variables.data();
  plan.input = descriptors[0].get();
  plan.output = descriptors[1].get();
  plan.errors = descriptors[2].get();
  plan.report = descriptors[3].get();
  plan.ruleset = descriptors.size() > 4 ? descriptors[4].get() : -1;
  plan.max_memory = order.max_memory;
  plan.cpu_seconds = order.cpu_seconds;
  plan.max_processes = order.max_processes;
  // A fork that gives the pidfd at once: the keeper may have ended before it could be asked for.
  int process = -1;
  const long keeper = ::syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, nullptr, &process, nullptr, nullptr);
  if (keeper == 0) {
    keep_children(plan);
  }
  return Descriptor(keeper < 0 ? -1 : process);
}

void take_ended(int /*signal*/) {
  const int error = errno;
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
  errno = error;
}

[[noreturn]] void serve(int socket) {
  ::prctl(PR_SET_NAME, "kpid-starter");
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) {
    ::signal(signal, SIG_IGN);  // it ends with the daemon, which may have programs to end first
  }
  struct sigaction taking{};
  taking.sa_handler = take_ended;
  taking.sa_flags = SA_RESTART;
  ::sigaction(SIGCHLD, &taking, nullptr);
  ::dup2(socket, 3);
  ::syscall(SYS_close_range, 4U, ~0U, 0U);
  std::vector<char> bytes(kLongestOrder);
  while (true) {
    std::vector<Descriptor> descriptors;
    const std::size_t size = Letter(bytes.data(), bytes.size()).receive(3, descriptors);
    if (size < sizeof(Order) || descriptors.size() < kMostDescriptors - 1) {
      ::_exit(0);  // the daemon is gone
    }
    const Descriptor keeper = carry_out(std::span(bytes).first(size), descriptors);
    char answer = keeper.get() < 0 ? '-' : '+';
    const std::array<int, 1> sent{keeper.get()};
    if (!Letter(&answer, 1).send(3, std::span(sent).first(keeper.get() < 0 ? 0 : 1))) {
      ::_exit(0);
    }
  }
}

struct Starter {
  Descriptor socket;
  pid_t process = -1;
  std::mutex mutex;
};

Starter& starter() {
  static Starter it;
  return it;
}

}  // namespace

ProcessStarter::ProcessStarter() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return;
  }
  starter().socket = Descriptor(ends[0]);
  const Descriptor its(ends[1]);
  starter().process = ::fork();
  if (starter().process == 0) {
    serve(its.get());
  }
  if (starter().process < 0) {
    starter().socket.close();
  }
}

ProcessStarter::~ProcessStarter() {
  starter().socket.close();
  while (starter().process > 0 && ::waitpid(starter().process, nullptr, 0) < 0 && errno == EINTR) {
  }
  starter().process = -1;
}

std::optional<Descriptor> start_keeper(const ChildPlan& plan) {
  Order order{plan.max_memory, plan.cpu_seconds, plan.max_processes};
  std::string texts;
  const auto add = [&](const char* text) { texts.append(text).push_back('\0'); };
  add(plan.path);
  add(plan.folder);
  for (char* const* text = plan.arguments; *text != nullptr; ++text, ++order.arguments) {
    add(*text);
  }
  for (char* const* text = plan.environment; *text != nullptr; ++text, ++order.variables) {
    add(*text);
  }
  std::string message(reinterpret_cast<const char*>(&order), sizeof order);  // NOLINT(*-reinterpret-cast)
  message += texts;
  std::array<int, kMostDescriptors> descriptors{plan.input, plan.output, plan.errors, plan.report, plan.ruleset};
  Starter& it = starter();
  const std::scoped_lock lock(it.mutex);
  if (it.socket.get() < 0 || message.size() > kLongestOrder ||
      !Letter(message.data(), message.size())
           .send(it.socket.get(),
                 std::span(descriptors).first(plan.ruleset < 0 ? kMostDescriptors - 1 : kMostDescriptors))) {
    return std::nullopt;
  }
  char answer = '-';
  std::vector<Descriptor> received;
  if (Letter(&answer, 1).receive(it.socket.get(), received) == 0) {
    it.socket.close();  // it is gone
    return std::nullopt;
  }
  return received.empty() ? std::nullopt : std::optional(std::move(received.front()));
}

}  // namespace kpi
