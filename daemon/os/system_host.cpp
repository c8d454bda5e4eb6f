#include "daemon/os/system_host.hpp"

#include "daemon/os/clock.hpp"
#include "daemon/os/curl_http.hpp"
#include "daemon/os/kept_files.hpp"
#include "daemon/os/process.hpp"
#include "daemon/os/signing.hpp"
#include "plugins/http/credential_desk.hpp"

#include <condition_variable>
#include <mutex>

namespace kpi {

SystemHost::SystemHost() : http_(make_curl_client()) {
  credentials().lock_with([](const std::string& folder,
                             const std::string& name,
                             const std::stop_token& stop) -> Result<CredentialDesk::Held> {
    // A login that another process has begun is over by then, with all it waits for.
    constexpr std::chrono::milliseconds patience{60'000};
    return std::make_shared<const Descriptor>(KPI_TRY(lock_kept(folder, name, patience, stop)));
  });
}

Instant SystemHost::now() {
  return system_clock().now();
}

Result<ProcessResult> SystemHost::run(const ProcessRequest& request, const std::stop_token& stop) {
  return run_process(request, stop);
}

Result<void> SystemHost::wait(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_for(lock, stop, time, [] { return false; });
  return stop.stop_requested() ? Result<void>(fail(ErrorKind::kStopped, "stopped while waiting")) : Result<void>();
}

Result<std::string> SystemHost::sign_rs256(const Secret& key, std::string_view text) {
  return rs256_signature(key, text);
}

Result<std::string> SystemHost::public_key_digest(const Secret& key) {
  return rsa_public_key_digest(key);
}

Result<std::string> SystemHost::hmac_sha256(const Secret& key, std::string_view text) {
  return hmac_sha256_of(key, text);
}

Result<std::string> SystemHost::kept(const std::string& folder, const std::string& name) {
  return read_kept(folder, name);
}

Result<void> SystemHost::keep(const std::string& folder, const std::string& name, std::string_view text) {
  return write_kept(folder, name, text);
}

}  // namespace kpi
