#include "daemon/web/client.hpp"

#include "daemon/web/api.hpp"
#include "rules/base/text.hpp"

#include <curl/curl.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <memory>
#include <vector>

namespace kpi {
namespace {

constexpr const char* kSystemSocket = "/run/kpid/kpid.sock";
constexpr long kDeadlineSeconds = 60;
constexpr std::size_t kMostAnswer = 1U << 20U;

std::string real_history(const Config& config) {
  std::error_code error;
  const auto path = std::filesystem::weakly_canonical(config.history, error);
  return error ? config.history : path.string();
}

std::size_t receive(const char* data, std::size_t size, std::size_t count, void* to) {
  auto& text = *static_cast<std::string*>(to);
  if (text.size() + size * count > kMostAnswer) {
    return 0;
  }
  text.append(data, size * count);
  return size * count;
}

/// The folder by its descriptor: a socket's name has at most 107 bytes.
class ShortName {
 public:
  explicit ShortName(const std::string& path) {
    const std::filesystem::path file(path);
    fd_ = ::open(file.parent_path().empty() ? "." : file.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    name_ = "/proc/self/fd/" + std::to_string(fd_) + "/" + file.filename().string();
  }

  ShortName(const ShortName&) = delete;
  ShortName(ShortName&&) = delete;
  ShortName& operator=(const ShortName&) = delete;
  ShortName& operator=(ShortName&&) = delete;

  ~ShortName() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }

  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  int fd_ = -1;
  std::string name_;
};

struct Answered {
  CURLcode code = CURLE_OK;
  long status = 0;
  std::string body;
};

Answered send(const ActionRequest& request, const std::string& socket, const std::string& history) {
  Answered answered;
  const ShortName name(socket);
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
  headers = curl_slist_append(headers, ("Kpid-History: " + history).c_str());
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> owned(headers, curl_slist_free_all);
  curl_easy_setopt(curl.get(), CURLOPT_UNIX_SOCKET_PATH, name.name().c_str());
  curl_easy_setopt(curl.get(), CURLOPT_URL, ("http://kpid" + request.path).c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kDeadlineSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
  curl_easy_setopt(curl.get(), CURLOPT_COPYPOSTFIELDS, request.body.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, receive);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answered.body);
  answered.code = curl_easy_perform(curl.get());
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answered.status);
  return answered;
}

Result<ActionAnswer> read_answer(const Answered& answered) {
  const auto document = nlohmann::json::parse(answered.body, nullptr, false);
  const auto text = [&](const char* name) {
    const bool is_there = document.is_object() && document.contains(name) && document[name].is_string();
    return is_there ? document[name].get<std::string>() : std::string();
  };
  constexpr long kGood = 300;
  if (answered.status < kGood) {
    return ActionAnswer{text("text"), text("id")};
  }
  const ErrorKind kind = answered.status == 404  ? ErrorKind::kNotFound
                         : answered.status < 500 ? ErrorKind::kInvalid
                                                 : ErrorKind::kUnavailable;
  const std::string title = text("title");
  return fail(kind, title.empty() ? "the daemon answered " + std::to_string(answered.status) : title);
}

}  // namespace

std::string socket_path(const Config& config) {
  // Read at the start, before any thread.
  if (const char* runtime = std::getenv("RUNTIME_DIRECTORY"); runtime != nullptr && *runtime != '\0') {  // NOLINT
    return std::string(runtime) + "/kpid.sock";
  }
  return (std::filesystem::path(real_history(config)).parent_path() / "kpid.sock").string();
}

std::optional<Result<ActionAnswer>> ask_daemon(const Action& action, const Config& config) {
  const ActionRequest request = action_request(action);
  for (const std::string& socket : {socket_path(config), std::string(kSystemSocket)}) {
    std::error_code error;
    if (!std::filesystem::is_socket(socket, error)) {
      continue;
    }
    const Answered answered = send(request, socket, real_history(config));
    constexpr long kAnother = 421;
    if (answered.code == CURLE_COULDNT_CONNECT || answered.status == kAnother) {
      continue;  // a daemon that is gone, or one that keeps another history
    }
    if (answered.code != CURLE_OK) {
      return fail(ErrorKind::kUnavailable,
                  "the daemon did not answer on " + socket + ": " + curl_easy_strerror(answered.code));
    }
    return read_answer(answered);
  }
  return std::nullopt;
}

}  // namespace kpi
