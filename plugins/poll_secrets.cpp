#include "plugins/poll_secrets.hpp"

#include "rules/base/redact.hpp"
#include "rules/base/text.hpp"

#include <set>
#include <string_view>

namespace kpi {
namespace {

constexpr std::size_t kShortestStored = 6;

Redactor redactor_of(const std::vector<std::string>& secrets, std::size_t shortest) {
  Redactor redactor;
  for (const std::string& secret : secrets) {
    if (secret.size() >= shortest) {
      redactor.add(secret);
    }
  }
  return redactor;
}

bool tells(const Redactor& redactor, const std::string& text) {
  return redactor.redacted(text) != text;
}

Result<void> check_stored(const Poll& poll, const Redactor& redactor) {
  if (redactor.empty()) {
    return {};
  }
  if (tells(redactor, poll.cursor)) {
    return fail(ErrorKind::kInvalid, "the cursor holds a secret of the source, and would be stored: give another one");
  }
  std::set<std::string_view> values;
  for (const PolledSeries& series : poll.series) {
    for (const auto& [label, value] : series.labels) {
      values.insert(value);
    }
  }
  std::string all;
  for (const std::string_view value : values) {
    all.append(value).push_back('\n');
  }
  if (!tells(redactor, all)) {
    return {};
  }
  for (const PolledSeries& series : poll.series) {
    for (const auto& [label, value] : series.labels) {
      if (tells(redactor, value)) {
        return fail(ErrorKind::kInvalid,
                    "the value of label " + label + " holds a secret of the source, and would be stored: \"" +
                        printable(redactor.redacted(value), 60) + "\"; read the label from another field");
      }
    }
  }
  return {};
}

}  // namespace

Result<Poll> without_secrets(Result<Poll> poll, const std::vector<std::string>& secrets) {
  const Redactor redactor = redactor_of(secrets, 0);
  if (poll) {
    if (auto stored = check_stored(*poll, redactor_of(secrets, kShortestStored)); !stored) {
      poll = tl::unexpected(std::move(stored.error()));
    }
  }
  if (!poll) {
    return fail(poll.error().kind, redactor.redacted(poll.error().message));
  }
  for (RowProblem& problem : poll->problems) {
    problem.where = redactor.redacted(problem.where);
    problem.message = redactor.redacted(problem.message);
  }
  if (poll->broken_off) {
    poll->broken_off->message = redactor.redacted(poll->broken_off->message);
  }
  for (std::string& remark : poll->remarks) {
    remark = redactor.redacted(remark);
  }
  return poll;
}

}  // namespace kpi
