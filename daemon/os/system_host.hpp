#pragma once
// The machine as sources see it: files, the network, keys, what must not be lost. The Host of the daemon and of every
// verb. Thread-safe; blocks.

#include "daemon/os/files.hpp"
#include "plugins/http.hpp"
#include "plugins/source.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace kpi {

class SystemHost final : public Host {
 public:
  SystemHost();

  Result<File> read_file(const std::string& path, std::size_t limit) override { return files_.read_file(path, limit); }

  Result<std::string> file_version(const std::string& path) override { return files_.file_version(path); }

  Result<std::vector<std::string>> list_files(const std::string& folder,
                                              const std::string& pattern,
                                              std::size_t most) override {
    return files_.list_files(folder, pattern, most);
  }

  Result<ProcessResult> run(const ProcessRequest& request, const std::stop_token& stop) override;

  HttpClient& http() override { return *http_; }

  Instant now() override;
  Result<void> wait(std::chrono::milliseconds time, const std::stop_token& stop) override;
  Result<std::string> sign_rs256(const Secret& key, std::string_view text) override;
  Result<std::string> public_key_digest(const Secret& key) override;
  Result<std::string> hmac_sha256(const Secret& key, std::string_view text) override;
  Result<std::string> kept(const std::string& folder, const std::string& name) override;
  Result<void> keep(const std::string& folder, const std::string& name, std::string_view text) override;

 private:
  FileHost files_;
  std::unique_ptr<HttpClient> http_;
};

}  // namespace kpi
