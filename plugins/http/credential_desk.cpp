#include "plugins/http/credential_desk.hpp"

#include "plugins/json_text.hpp"
#include "plugins/source.hpp"

#include <algorithm>

namespace kpi {
namespace {

/// More than so many moments are put together, so that what is written down stays small.
constexpr std::size_t kMostMoments = 256;
/// A budget of a shorter time is over before a program has started again.
constexpr Duration kShortestKept = std::chrono::seconds{10};
/// What is written down to last longer is not believed.
constexpr Duration kLongestRest = std::chrono::hours{24 * 32};

std::int64_t ms_of(Instant instant) {
  return instant.time_since_epoch().count();
}

}  // namespace

std::chrono::milliseconds rest_after(int failures) {
  constexpr std::chrono::milliseconds first{30'000};
  constexpr std::chrono::milliseconds longest{900'000};
  return std::min(std::chrono::milliseconds{first.count() << std::clamp(failures - 1, 0, 5)}, longest);
}

/// What another process, or this one before it was started again, has used. A budget is looked up at each request.
void Credential::read(const UseBook& book, const CredentialLimits& limits, bool is_kept) {
  if (book.folder.empty() || (was_read_ && !is_kept)) {
    return;
  }
  was_read_ = true;
  const auto text = book.host.kept(book.folder, book.name);
  const auto json = text ? parse_json("kept", *text) : Result<Json>(Json());
  if (!json || !json->is_object()) {
    return;
  }
  const Instant now = book.host.now();
  std::deque<Sent> kept;
  std::size_t count = 0;
  const auto sent_before = json->find("sent");
  for (const Json& item : sent_before == json->end() ? Json::array() : *sent_before) {
    if (item.is_array() && item.size() == 2 && item[0].is_number_integer() && item[1].is_number_unsigned()) {
      const Sent sent{std::min(now, Instant{Duration{item[0].get<std::int64_t>()}}), item[1].get<std::size_t>()};
      if (sent.at + limits.per > now) {
        kept.push_back(sent);
        count += sent.count;
      }
    }
  }
  if (count > drop_old(limits, now)) {
    sent_ = std::move(kept);
  }
  if (const auto until = json->find("rests_until"); until != json->end() && until->is_number_integer()) {
    const Instant instant{Duration{until->get<std::int64_t>()}};
    if (instant < now + kLongestRest && instant > rests_until_.value_or(now)) {
      rests_until_ = instant;
      why_ = json_member(*json, "why");
    }
  }
}

/// A failure to write is no reason not to ask: what is used is known until the end of this process.
void Credential::write(const UseBook& book) const {
  if (book.folder.empty()) {
    return;
  }
  Json json{{"sent", Json::array()}, {"why", why_}};
  for (const Sent& sent : sent_) {
    json["sent"].push_back({ms_of(sent.at), sent.count});
  }
  if (rests_until_) {
    json["rests_until"] = ms_of(*rests_until_);
  }
  static_cast<void>(book.host.keep(book.folder, book.name, json.dump(-1, ' ', false, Json::error_handler_t::replace)));
}

/// How many requests of the last `per` are left.
std::size_t Credential::drop_old(const CredentialLimits& limits, Instant now) {
  while (!sent_.empty() && sent_.front().at + limits.per <= now) {
    sent_.pop_front();
  }
  std::size_t count = 0;
  std::ranges::for_each(sent_, [&](const Sent& sent) { count += sent.count; });
  return count;
}

void Credential::add_sent(const CredentialLimits& limits, Instant now) {
  const bool is_full = sent_.size() >= kMostMoments;
  if (is_full && now - sent_.back().at < limits.per / static_cast<std::int64_t>(kMostMoments / 2)) {
    sent_.back() = {now, sent_.back().count + 1};  // as if the earlier ones had been sent now: never too many
  } else {
    sent_.push_back({now, 1});
  }
}

Result<Duration> Credential::begin(const CredentialLimits& limits, const UseBook& book, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait(lock, stop, [&] { return under_way_ < limits.concurrency; })) {
    return fail(ErrorKind::kStopped, "stopped while waiting for a connection");
  }
  const bool has_budget = limits.requests > 0;
  const bool is_kept = has_budget && limits.per >= kShortestKept;
  read(book, limits, is_kept);
  const Instant now = book.host.now();
  if (rests_until_ && now < *rests_until_) {
    return fail(ErrorKind::kUnavailable, "not asked until " + rfc3339(*rests_until_) + ": " + why_);
  }
  if (has_budget) {
    std::size_t count = drop_old(limits, now);
    for (const Sent& sent : sent_) {
      if (count < limits.requests) {
        break;
      }
      count -= sent.count;
      if (count < limits.requests) {
        return std::max(Duration{1}, sent.at + limits.per - now);
      }
    }
    add_sent(limits, now);
    if (is_kept) {
      write(book);  // before it is sent: a kill must not forget it
    }
  }
  ++under_way_;
  return Duration{0};
}

void Credential::end() {
  {
    const std::lock_guard lock(mutex_);
    --under_way_;
  }
  changed_.notify_all();  // those that wait may have different limits
}

void Credential::rest(const UseBook& book, Instant until, std::string_view why) {
  const std::lock_guard lock(mutex_);
  rests_until_ = std::max(rests_until_.value_or(until), until);
  why_ = why;
  write(book);
}

void Credential::relax() {
  const std::lock_guard lock(mutex_);
  failures_ = 0;
}

int Credential::count_failure() {
  const std::lock_guard lock(mutex_);
  return ++failures_;
}

std::size_t Credential::spent(const CredentialLimits& limits, Instant now) {
  const std::lock_guard lock(mutex_);
  return drop_old(limits, now);
}

std::shared_ptr<Credential> CredentialDesk::find(const std::string& name) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Credential>& credential = credentials_[name];
  if (!credential) {
    credential = std::make_shared<Credential>();
  }
  return credential;
}

Result<CredentialDesk::Renewal> CredentialDesk::begin_renewal() {
  const std::lock_guard lock(mutex_);
  if (is_ending_) {
    return fail(ErrorKind::kStopped, "stopped before the login");
  }
  ++renewals_;
  return Renewal(this, [](CredentialDesk* desk) { desk->end_renewal(); });
}

void CredentialDesk::end_renewal() {
  const std::lock_guard lock(mutex_);
  --renewals_;
  renewed_.notify_all();
}

bool CredentialDesk::end_renewals(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  is_ending_ = true;
  return renewed_.wait_for(lock, patience, [&] { return renewals_ == 0; });
}

Result<CredentialPlace> CredentialPlace::take(Host& host,
                                              const std::string& name,
                                              int most,
                                              const std::stop_token& stop) {
  std::shared_ptr<Credential> credential = host.credentials().find(name);
  CredentialLimits limits;
  limits.concurrency = most;
  KPI_TRY(credential->begin(limits, {host, "", ""}, stop));
  return CredentialPlace(std::move(credential));
}

CredentialPlace::~CredentialPlace() {
  if (credential_) {
    credential_->end();
  }
}

}  // namespace kpi
