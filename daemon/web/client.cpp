#include "daemon/web/client.hpp"

#include "daemon/os/curl_socket.hpp"
#include "daemon/web/api.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <system_error>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace kpi {
namespace {

constexpr const char* kSystemSocket = "/run/kpid/kpid.sock";

std::string real_history(const Config& config) {
  std::error_code error;
  const auto path = std::filesystem::weakly_canonical(config.history, error);
  return error ? config.history : path.string();
}

Result<ActionAnswer> read_answer(const SocketAnswer& answered) {
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

/// Asks whoever listens on the sockets that there may be; nothing: nobody who keeps this history.
std::optional<Result<SocketAnswer>> answer_of(SocketRequest request, const Config& config) {
  std::string denied;
  for (const std::string& socket : {socket_path(config), std::string(kSystemSocket)}) {
    std::error_code error;
    const bool is_there = std::filesystem::is_socket(socket, error);
    if (error == std::errc::permission_denied || (is_there && ::access(socket.c_str(), W_OK) != 0 && errno == EACCES)) {
      denied = denied.empty() ? socket : denied;
      continue;
    }
    if (!is_there) {
      continue;
    }
    request.socket = socket;
    request.header = "Kpid-History: " + real_history(config);
    SocketAnswer answered = post_over_socket(request);
    constexpr long kAnother = 421;
    if (answered.has_nobody || answered.status == kAnother) {
      continue;  // a daemon that is gone, or one that keeps another history
    }
    if (!answered.trouble.empty()) {
      return fail(ErrorKind::kUnavailable, "the daemon did not answer on " + socket + ": " + answered.trouble);
    }
    return answered;
  }
  if (!denied.empty()) {
    return fail(ErrorKind::kUnavailable,
                "you may not use the daemon's socket " + denied + ": join its group (kpid), or use sudo");
  }
  return std::nullopt;
}

}  // namespace

std::string socket_path(const Config& config) {
  // Read at the start, before any thread.
  if (const char* runtime = std::getenv("RUNTIME_DIRECTORY"); runtime != nullptr && *runtime != '\0') {  // NOLINT
    return std::string(runtime) + "/kpid.sock";
  }
  return (std::filesystem::path(real_history(config)).parent_path() / "kpid.sock").string();
}

std::optional<Result<VerbAnswer>> ask_daemon_to_read(const std::vector<std::string>& words, const Config& config) {
  constexpr std::size_t kMost = std::size_t{256} << 20U;  // the report of 10,000 KPIs has 46 MB
  const nlohmann::json body{{"words", words}};
  const auto answered = answer_of(
      {"", "/api/v1/verb", "", body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), kMost}, config);
  if (!answered) {
    return std::nullopt;
  }
  if (!*answered) {
    return tl::unexpected<Error>(answered->error());
  }
  const auto document = nlohmann::json::parse((*answered)->body, nullptr, false);
  if ((*answered)->status != 200 || !document.is_object() || !document.contains("code")) {
    return fail(ErrorKind::kUnavailable, "the daemon answered " + std::to_string((*answered)->status));
  }
  return VerbAnswer{document.value("code", 0), document.value("out", ""), document.value("err", "")};
}

std::optional<Result<ActionAnswer>> ask_daemon(const Action& action, const Config& config) {
  const ActionRequest request = action_request(action);
  const auto answered = answer_of({"", request.path, "", request.body}, config);
  if (!answered) {
    return std::nullopt;
  }
  return *answered ? read_answer(**answered) : tl::unexpected<Error>(answered->error());
}

}  // namespace kpi
