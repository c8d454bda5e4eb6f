#include "daemon/os/curl_socket.hpp"

#include <curl/curl.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <memory>

namespace kpi {
namespace {

constexpr long kDeadlineSeconds = 60;

/// What is taken of an answer, and how much of it.
struct Taken {
  std::string& body;
  std::size_t most;
};

std::size_t receive(const char* data, std::size_t size, std::size_t count, void* to) {
  const Taken& taken = *static_cast<const Taken*>(to);
  if (taken.body.size() + size * count > taken.most) {
    return 0;
  }
  taken.body.append(data, size * count);
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

}  // namespace

SocketAnswer post_over_socket(const SocketRequest& request) {
  SocketAnswer answer;
  const ShortName name(request.socket);
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
  headers = curl_slist_append(headers, request.header.c_str());
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
  Taken taken{answer.body, request.most};
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &taken);
  const CURLcode code = curl_easy_perform(curl.get());
  answer.has_nobody = code == CURLE_COULDNT_CONNECT;
  answer.trouble = code == CURLE_OK ? "" : curl_easy_strerror(code);
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

}  // namespace kpi
