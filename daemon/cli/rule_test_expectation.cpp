#include "daemon/cli/rule_test_expectation.hpp"

#include "daemon/notify/text_message.hpp"
#include "rules/base/rounding.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

/// Alerts of one message that are shown.
constexpr std::size_t kMostShown = 12;

class Verification {
 public:
  Verification(const Expectation& expectation,
               const Engine& engine,
               const std::vector<Message>& messages,
               std::vector<RuleTestFailure>& failures)
      : expectation_(expectation), engine_(engine), messages_(messages), failures_(failures) {}

  void run() {
    if (!expectation_.kpi.empty()) {
      verify_kpi();
    }
    if (expectation_.sent) {
      verify_sent();
    }
  }

 private:
  void fail_at(const std::string& what, const std::string& wanted, const std::string& got) {
    failures_.push_back({expectation_.position,
                         "at " + rfc3339(expectation_.at) + " " + what + ": expected " + wanted + ", got " + got});
  }

  void verify_kpi() {
    const std::string subject = expectation_.kpi + " (" + labels_text(expectation_.segment) + ")";
    const Line* line = engine_.find_line(expectation_.kpi, expectation_.segment);
    if (line == nullptr || !line->stepped) {
      fail_at(subject, "a judged period", line == nullptr ? "no such segment" : "none yet");
      return;
    }
    const Sample* judged = line->judged.at(*line->stepped);
    const double value = judged == nullptr ? std::nan("") : judged->value;
    if (expectation_.value_unknown && !std::isnan(value)) {
      fail_at(subject + " value", "unknown", number_text(value));
    }
    if (expectation_.value) {
      verify_value(subject, *line, value);
    }
    for (const auto& [key, wanted] : expectation_.words) {
      const std::vector<std::string> got = words_of_line(engine_, *line, key, value);
      if (std::ranges::find(got, wanted) == got.end()) {
        std::string what = subject;
        what += " ";
        what += key;
        fail_at(what, wanted, join(got, " / "));
      }
    }
  }

  void verify_value(const std::string& subject, const Line& line, double value) {
    const double wanted = *expectation_.value;
    if (std::isnan(value)) {
      fail_at(subject + " value", number_text(wanted), "unknown (" + std::string(name_of(line.reason)) + ")");
      return;
    }
    if (is_equal(value, wanted)) {
      return;
    }
    const Config& config = engine_.config();
    const Unit& unit = config.rules.kpis[line.kpi].unit;
    const std::string shown = format_value(value, unit, config.language);
    const bool is_shown_alike = shown == format_value(wanted, unit, config.language);
    fail_at(subject + " value",
            number_text(wanted),
            number_text(value) +
                (is_shown_alike ? "; to compare it as it is shown, write formatted: \"" + shown + "\"" : ""));
  }

  /// What may be said of a line under `key`; several for a reason.
  static std::vector<std::string> words_of_line(const Engine& engine,
                                                const Line& line,
                                                const std::string& key,
                                                double value) {
    const Kpi& kpi = engine.config().rules.kpis[line.kpi];
    if (key == "state") {
      return {std::string(name_of(engine.state_of(line)))};
    }
    if (key == "verdict") {
      return {std::string(name_of(line.verdict))};
    }
    if (key == "severity") {
      return {std::string(name_of(severity_of(line)))};
    }
    if (key == "target") {
      return {std::string(name_of(line.target_standing.status))};
    }
    if (key == "formatted") {
      return {format_value(value, kpi.unit, engine.config().language)};
    }
    std::vector<std::string> reasons;
    if (line.no_data.first) {
      reasons.emplace_back("no_data");
    }
    if (line.reason != Reason::kNone) {
      reasons.emplace_back(name_of(line.reason));
    }
    if (line.thresholds.phase != AlertPhase::kInactive) {
      reasons.emplace_back("thresholds");
    }
    for (std::size_t i = 0; i < line.alerts.size(); ++i) {
      if (line.alerts[i].phase != AlertPhase::kInactive) {
        reasons.push_back(kpi.alerts[i].name);
      }
    }
    if (line.target.phase != AlertPhase::kInactive) {
      reasons.emplace_back("target");
    }
    return reasons.empty() ? std::vector<std::string>{"none"} : reasons;
  }

  static bool is_message(const Message& message, const SentExpectation& wanted) {
    const std::string text = text_message(message);
    const auto is_in = [&](const std::string& part) { return text.find(part) != std::string::npos; };
    return (wanted.to.empty() || message.channel == wanted.to) &&
           (wanted.type.empty() || name_of(message.type) == wanted.type) && std::ranges::all_of(wanted.contains, is_in);
  }

  void verify_sent() {
    std::vector<Message> left = messages_;
    for (const SentExpectation& wanted : *expectation_.sent) {
      const auto found =
          std::ranges::find_if(left, [&](const Message& message) { return is_message(message, wanted); });
      if (found == left.end()) {
        fail_at("sent", shown(wanted), shown(messages_));
        return;
      }
      left.erase(found);
    }
    if (!left.empty()) {
      fail_at("sent", "nothing else", shown(left));
    }
  }

  static std::string shown(const SentExpectation& wanted) {
    return (wanted.type.empty() ? "a message" : wanted.type) + (wanted.to.empty() ? "" : " to " + wanted.to) +
           (wanted.contains.empty() ? "" : " with \"" + join(wanted.contains, "\" and \"") + "\"");
  }

  static std::string shown(const std::vector<Message>& messages) {
    if (messages.empty()) {
      return "nothing";
    }
    std::string text = counted(messages.size(), "message") + ":";
    for (const Message& message : messages) {
      text += "\n    " + std::string(name_of(message.type)) + " to " + message.channel;
      for (std::size_t i = 0; i < std::min(message.alerts.size(), kMostShown); ++i) {
        const AlertView& alert = message.alerts[i];
        text += "\n      " + alert.title + (alert.segment.empty() ? "" : " (" + labels_text(alert.segment) + ")") +
                ": " + alert.reason;
      }
      const std::size_t more = message.alerts.size() - std::min(message.alerts.size(), kMostShown);
      text += more > 0 ? "\n      and " + std::to_string(more) + " more" : "";
    }
    return text;
  }

  const Expectation& expectation_;
  const Engine& engine_;
  const std::vector<Message>& messages_;
  std::vector<RuleTestFailure>& failures_;
};

}  // namespace

void verify(const Expectation& expectation,
            const Engine& engine,
            const std::vector<Message>& messages,
            RuleTestResult& result) {
  const std::size_t before = result.failures.size();
  Verification(expectation, engine, messages, result.failures).run();
  ++(result.failures.size() == before ? result.passed : result.failed);
}

}  // namespace kpi
