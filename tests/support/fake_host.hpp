#pragma once
// A Host for tests of sources that use the network: answers by a function, a clock that moves only when it is waited
// for, kept files in memory, keys that sign for real. Thread-safe but for its public members.

#include "plugins/source.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi::test {

class FakeHost final : public Host, private HttpClient {
 public:
  using Handler = std::function<Result<HttpResponse>(const HttpRequest&)>;

  explicit FakeHost(Handler handler = {}) : handler_(std::move(handler)) {}

  /// Answers from now on by this.
  void answer(Handler handler) { handler_ = std::move(handler); }

  void put(const std::string& path, std::string text) { files_[path] = std::move(text); }

  Result<File> read_file(const std::string& path, std::size_t /*limit*/) override {
    const auto found = files_.find(path);
    return found == files_.end() ? Result<File>(fail(ErrorKind::kUnavailable, path + ": no such file"))
                                 : Result<File>(File{found->second, "1"});
  }

  Result<std::string> file_version(const std::string& /*path*/) override { return std::string("1"); }

  HttpClient& http() override { return *this; }

  Instant now() override { return time; }

  Result<void> wait(std::chrono::milliseconds span, const std::stop_token& stop) override {
    const std::lock_guard lock(mutex_);
    waits.push_back(span);
    time += span;
    return stop.stop_requested() ? Result<void>(fail(ErrorKind::kStopped, "stopped")) : Result<void>();
  }

  Result<std::string> sign_rs256(const Secret& key, std::string_view text) override;
  Result<std::string> public_key_digest(const Secret& key) override;
  Result<std::string> hmac_sha256(const Secret& key, std::string_view text) override;

  Result<std::string> kept(const std::string& folder, const std::string& name) override {
    const std::lock_guard lock(mutex_);
    return kept_files[folder + '/' + name];
  }

  Result<void> keep(const std::string& folder, const std::string& name, std::string_view text) override {
    const std::lock_guard lock(mutex_);
    kept_files[folder + '/' + name] = text;
    return {};
  }

  Instant time{std::chrono::milliseconds{1'795'219'200'000}};  ///< 2026-11-21T00:00:00Z
  std::vector<std::chrono::milliseconds> waits;
  std::vector<HttpRequest> requests;  ///< Everything that was sent.
  std::map<std::string, std::string> kept_files;

 private:
  Result<HttpResponse> send(const HttpRequest& request, const std::stop_token& stop) override {
    if (stop.stop_requested()) {
      return fail(ErrorKind::kStopped, "stopped");
    }
    const std::lock_guard lock(mutex_);
    requests.push_back(request);
    Result<HttpResponse> answer = handler_ ? handler_(request) : fail(ErrorKind::kUnavailable, "nobody answers");
    return stop.stop_requested() ? fail(ErrorKind::kStopped, "stopped while waiting for an answer") : answer;
  }

  Handler handler_;
  std::map<std::string, std::string> files_;
  std::recursive_mutex mutex_;  // an answer may be what another poll brings about
};

}  // namespace kpi::test
