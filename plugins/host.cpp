#include "plugins/http/credential_desk.hpp"
#include "plugins/source.hpp"

namespace kpi {
namespace {

class NoNetwork final : public HttpClient {
 public:
  Result<HttpResponse> send(const HttpRequest& /*request*/, const std::stop_token& /*stop*/) override {
    return fail(ErrorKind::kUnavailable, "the network cannot be reached here");
  }
};

tl::unexpected<Error> no_keys() {
  return fail(ErrorKind::kUnavailable, "nothing can be signed here");
}

}  // namespace

Host::Host() : credentials_(std::make_unique<CredentialDesk>()) {}

Host::~Host() = default;

Result<std::vector<std::string>> Host::list_files(const std::string& folder, const std::string&, std::size_t) {
  return fail(ErrorKind::kUnavailable, folder + ": files cannot be listed here");
}

Result<ProcessResult> Host::run(const ProcessRequest& request, const std::stop_token& /*stop*/) {
  return fail(ErrorKind::kUnavailable, request.command.front() + ": programs cannot be run here");
}

HttpClient& Host::http() {
  static NoNetwork none;
  return none;
}

Instant Host::now() {
  return Instant{};
}

Result<void> Host::wait(std::chrono::milliseconds /*time*/, const std::stop_token& stop) {
  return stop.stop_requested() ? Result<void>(fail(ErrorKind::kStopped, "stopped while waiting")) : Result<void>();
}

Result<std::string> Host::sign_rs256(const Secret& /*key*/, std::string_view /*text*/) {
  return no_keys();
}

Result<std::string> Host::public_key_digest(const Secret& /*key*/) {
  return no_keys();
}

Result<std::string> Host::hmac_sha256(const Secret& /*key*/, std::string_view /*text*/) {
  return no_keys();
}

Result<std::string> Host::kept(const std::string& /*folder*/, const std::string& /*name*/) {
  return std::string();
}

Result<void> Host::keep(const std::string& /*folder*/, const std::string& /*name*/, std::string_view /*text*/) {
  return {};
}

}  // namespace kpi
