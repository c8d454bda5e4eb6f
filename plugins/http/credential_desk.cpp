#include "plugins/http/credential_desk.hpp"

#include <algorithm>

namespace kpi {

Result<Duration> Credential::begin(const CredentialLimits& limits, Instant now, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (rests_until_ && now < *rests_until_) {
    return fail(ErrorKind::kUnavailable, "not asked until " + rfc3339(*rests_until_) + ": " + why_);
  }
  if (!changed_.wait(lock, stop, [&] { return under_way_ < limits.concurrency; })) {
    return fail(ErrorKind::kStopped, "stopped while waiting for a connection");
  }
  if (limits.requests > 0) {
    while (!sent_.empty() && sent_.front() + limits.per <= now) {
      sent_.pop_front();
    }
    if (sent_.size() >= limits.requests) {
      return std::max(Duration{1}, sent_[sent_.size() - limits.requests] + limits.per - now);
    }
    sent_.push_back(now);
  }
  ++under_way_;
  return Duration{0};
}

void Credential::end() {
  {
    const std::lock_guard lock(mutex_);
    --under_way_;
  }
  changed_.notify_one();
}

void Credential::rest(Instant until, std::string_view why) {
  const std::lock_guard lock(mutex_);
  rests_until_ = std::max(rests_until_.value_or(until), until);
  why_ = why;
}

void Credential::relax() {
  const std::lock_guard lock(mutex_);
  failures_ = 0;
}

int Credential::count_failure() {
  const std::lock_guard lock(mutex_);
  return ++failures_;
}

std::shared_ptr<Credential> CredentialDesk::find(const std::string& name) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Credential>& credential = credentials_[name];
  if (!credential) {
    credential = std::make_shared<Credential>();
  }
  return credential;
}

}  // namespace kpi
