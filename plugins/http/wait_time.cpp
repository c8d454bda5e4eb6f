#include "plugins/http/wait_time.hpp"

#include "plugins/date_format.hpp"
#include "plugins/json_text.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

using std::chrono::milliseconds;

const std::vector<std::string>& form_names() {
  static const std::vector<std::string> kNames{
      "retry_after", "seconds", "milliseconds", "minutes", "epoch", "duration", "local", "cost", "midnight"};
  return kNames;
}

std::optional<milliseconds> from_seconds(std::optional<double> seconds) {
  if (!seconds || !std::isfinite(*seconds) || *seconds > 1e12) {
    return std::nullopt;
  }
  const double most = std::chrono::duration<double>(kLongestWait).count();
  return milliseconds{static_cast<std::int64_t>(std::ceil(std::clamp(*seconds, 0.0, most) * 1000))};
}

std::optional<milliseconds> until(std::optional<Instant> moment, Instant now) {
  return moment ? from_seconds(static_cast<double>((*moment - now).count()) / 1000) : std::nullopt;
}

Instant date_of_answer(const Answer& answer, Instant now) {
  return parse_http_date(answer.response->header("date")).value_or(now);
}

/// "12s", "1.5s", "200ms".
std::optional<double> duration_seconds(std::string_view text) {
  text = trim(text);
  const bool is_ms = text.ends_with("ms");
  if (!text.ends_with('s')) {
    return std::nullopt;
  }
  text.remove_suffix(is_ms ? 2 : 1);
  const auto number = parse_number(text);
  return number ? std::optional(is_ms ? *number / 1000 : *number) : std::nullopt;
}

std::optional<double> number_at(const Json& root, const JsonSelect& path) {
  const Json* value = path.first(root);
  return value == nullptr ? std::nullopt : parse_number(json_text_of(*value));
}

std::optional<milliseconds> read_text(const WaitRule& rule, std::string_view text, const Answer& answer, Instant now) {
  text = trim(text);
  const auto number = parse_number(text);
  switch (rule.form) {
    case WaitRule::Form::kRetryAfter:
      return number ? from_seconds(std::min(*number, 1e12)) : until(parse_http_date(text), date_of_answer(answer, now));
    case WaitRule::Form::kSeconds:
      return from_seconds(number);
    case WaitRule::Form::kMilliseconds:
      return from_seconds(number ? std::optional(*number / 1000) : std::nullopt);
    case WaitRule::Form::kMinutes:
      return from_seconds(number ? std::optional(*number * 60) : std::nullopt);
    case WaitRule::Form::kEpoch:
      if (!number || std::abs(*number) > 1e11) {
        return std::nullopt;
      }
      return until(Instant{Duration{static_cast<std::int64_t>(*number * 1000)}}, date_of_answer(answer, now));
    case WaitRule::Form::kDuration:
      return from_seconds(duration_seconds(text));
    case WaitRule::Form::kLocal: {
      const auto local = parse_local(text);
      return until(local ? std::optional(rule.zone.to_instant(*local)) : std::nullopt, date_of_answer(answer, now));
    }
    case WaitRule::Form::kCost:
    case WaitRule::Form::kMidnight:
      break;
  }
  return std::nullopt;
}

std::optional<milliseconds> wait_by(const WaitRule& rule, const Answer& answer, Instant now) {
  if (rule.form == WaitRule::Form::kMidnight) {
    const Grain day;
    const Slot next = next_slot(slot_at(now, day, rule.zone, {}), day, 1);
    return until(start_of(next, day, rule.zone), now);
  }
  Json parsed;
  const Json* root = answer.json;
  if (!rule.header.empty()) {
    const std::string_view header = answer.response->header(rule.header);
    if (header.empty()) {
      return std::nullopt;
    }
    if (!rule.json) {
      return read_text(rule, header, answer, now);
    }
    auto json = parse_json("header", header);
    if (!json) {
      return std::nullopt;
    }
    parsed = *std::move(json);
    root = &parsed;
  }
  if (root == nullptr) {
    return std::nullopt;
  }
  if (rule.form == WaitRule::Form::kCost) {
    const auto requested = number_at(*root, rule.requested);
    const auto available = number_at(*root, rule.available);
    const auto rate = number_at(*root, rule.rate);
    return requested && available && rate && *rate > 0 ? from_seconds((*requested - *available) / *rate) : std::nullopt;
  }
  std::optional<milliseconds> longest;
  for (const Json* value : rule.json->all(*root)) {
    if (const auto wait = read_text(rule, json_text_of(*value), answer, now)) {
      longest = std::max(longest.value_or(milliseconds{0}), *wait);
    }
  }
  return longest;
}

WaitRule read_rule(const OptionTree& node, const std::string& where, const Zone& own, Diagnostics& diagnostics) {
  WaitRule rule;
  TreeReader map(node, where, diagnostics);
  std::size_t form = 0;
  map.choice("as", form_names(), form);
  rule.form = static_cast<WaitRule::Form>(form);
  map.text("header", rule.header);
  rule.header = to_lower_ascii(rule.header);
  map.path("json", rule.json);
  map.path("requested", rule.requested);
  map.path("available", rule.available);
  map.path("rate", rule.rate);
  if (rule.form == WaitRule::Form::kMidnight) {
    rule.zone = own;
  }
  std::string zone;
  if (map.text("timezone", zone)) {
    auto found = Zone::find(zone);
    if (found) {
      rule.zone = *found;
    } else {
      diagnostics.error(map.optional("timezone")->position, found.error().message);
    }
  }
  map.finish();
  const bool has_place =
      !rule.header.empty() || rule.json || rule.form == WaitRule::Form::kMidnight || rule.form == WaitRule::Form::kCost;
  if (!has_place && node.kind == OptionTree::Kind::kMap) {
    diagnostics.error(
        node.position, where + " does not say where the wait stands", "write {header: x-reset, as: epoch}");
  }
  return rule;
}

}  // namespace

std::optional<Instant> parse_http_date(std::string_view text) {
  static const DateFormat kFormat = DateFormat::parse("%a, %d %b %Y %H:%M:%S GMT").value();
  const auto written = kFormat.read(text);
  return written ? std::optional(Instant{Duration{written->ms}}) : std::nullopt;
}

std::vector<WaitRule> read_wait_rules(const OptionTree& node,
                                      const std::string& where,
                                      const Zone& own,
                                      Diagnostics& diagnostics) {
  std::vector<WaitRule> rules;
  for (const OptionTree* item : items_of(node)) {
    rules.push_back(read_rule(*item, where, own, diagnostics));
  }
  return rules;
}

std::optional<milliseconds> wait_of(const std::vector<WaitRule>& rules, const Answer& answer, Instant now) {
  for (const WaitRule& rule : rules) {
    if (const auto wait = wait_by(rule, answer, now)) {
      return wait;
    }
  }
  WaitRule retry_after;
  retry_after.header = "retry-after";
  return wait_by(retry_after, answer, now);
}

}  // namespace kpi
