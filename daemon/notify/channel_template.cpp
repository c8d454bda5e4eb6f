#include "daemon/notify/channel_template.hpp"

#include "daemon/notify/alert_words.hpp"
#include "rules/base/text.hpp"
#include "rules/words/civil_words.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <kainjow/mustache.hpp>

namespace kpi {
namespace {

namespace mustache = kainjow::mustache;

constexpr std::size_t kMostTemplate = 8'000;
constexpr std::size_t kMostOutput = 60'000;
constexpr std::size_t kMostAlerts = 100;
constexpr std::size_t kMostProblems = 10;
constexpr std::size_t kDeepest = 10;

constexpr std::array<std::string_view, 9> kMessageNames{
    "alerts", "badge", "channel", "count", "created", "group", "headline", "more", "type"};
constexpr std::array<std::string_view, 25> kAlertNames{
    "acknowledge_url", "badge", "before",  "description", "firing", "forecast", "id",      "kpi",     "limit",
    "objective",       "owner", "pace",    "period",      "reason", "rule",     "runbook", "segment", "severity",
    "silence_url",     "since", "subject", "target",      "title",  "url",      "value"};

std::string labels_of(const Labels& labels) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : labels) {
    texts.push_back(one_line(name) + ": " + one_line(value));
  }
  return join(texts, ", ");
}

std::string fact(const AlertWords& words, FactKind kind) {
  const auto found = std::ranges::find(words.facts, kind, &Fact::kind);
  return found == words.facts.end() ? "" : found->text;
}

/// An empty text is absent: its section is left out.
void put(mustache::data& data, const std::string& name, const std::string& text) {
  data.set(name, text.empty() ? mustache::data(false) : mustache::data(text));
}

mustache::data alert_data(const Message& message, const AlertView& alert) {
  const AlertWords words = words_of(message, alert);
  mustache::data data;
  put(data, "acknowledge_url", words.acknowledge_url);
  put(data, "badge", words.badge);
  put(data, "before", fact(words, FactKind::kBefore));
  put(data, "description", fact(words, FactKind::kAbout));
  data.set("firing", mustache::data(alert.firing));
  put(data, "forecast", fact(words, FactKind::kForecast));
  put(data, "id", words.id);
  put(data, "kpi", one_line(alert.kpi.empty() ? alert.source : alert.kpi));
  put(data, "limit", fact(words, FactKind::kLimit));
  put(data, "objective", fact(words, FactKind::kObjective));
  put(data, "owner", fact(words, FactKind::kOwner));
  put(data, "pace", fact(words, FactKind::kPace));
  put(data, "period", fact(words, FactKind::kPeriod));
  put(data, "reason", words.reason);
  put(data, "rule", one_line(alert.rule));
  put(data, "runbook", words.runbook);
  put(data, "segment", labels_of(alert.segment));
  put(data, "severity", std::string(name_of(alert.severity)));
  put(data, "silence_url", words.silence_url);
  const std::string since = fact(words, FactKind::kSince);
  put(data, "since", since);
  put(data, "subject", words.subject);
  put(data, "target", fact(words, FactKind::kTarget));
  put(data, "title", one_line(alert.title));
  put(data, "url", words.url);
  put(data, "value", words.value);
  return data;
}

mustache::data data_of(const Message& message) {
  mustache::data data;
  mustache::data alerts{mustache::data::type::list};
  const std::vector<const AlertView*> worst = worst_first(message);
  const std::size_t shown = std::min(worst.size(), kMostAlerts);
  for (std::size_t i = 0; i < shown; ++i) {
    alerts << alert_data(message, *worst[i]);
  }
  data.set("alerts", alerts);
  put(data, "badge", badge_of(message));
  put(data, "channel", one_line(message.channel));
  put(data, "count", count_text(message, worst.size()));
  put(data, "created", time_words(message.created, message.zone, message.language));
  put(data, "group", group_text(message));
  put(data, "headline", headline(message));
  put(data, "more", shown < worst.size() ? std::to_string(worst.size() - shown) : "");
  put(data, "type", std::string(name_of(message.type)));
  return data;
}

/// A message with every field, to try a template on.
Message made_up() {
  AlertView alert;
  alert.id = "ep_01";
  alert.kpi = "kpi";
  alert.title = "A KPI";
  alert.description = "What it is";
  alert.rule = "thresholds";
  alert.segment = {{"country", "SE"}};
  alert.value = 1;
  alert.formatted = "1";
  alert.formatted_limit = "2";
  alert.formatted_previous = "3";
  alert.since_text = "1 March 2026";
  alert.period_text = "3 March 2026";
  alert.owner = "anna";
  alert.objective = "Why it matters";
  alert.reason = "below 2";
  alert.runbook = "https://example.com/runbook";
  alert.url = alert.acknowledge_url = alert.silence_url = "https://example.com/";
  TargetView target;
  target.formatted_goal = "4";
  target.deadline = "2026-12-31";
  target.pace = 1;
  target.probability = 1;
  target.formatted_projected = "4";
  alert.target = target;
  Message message;
  message.type = MessageType::kAlertFiring;
  message.channel = "channel";
  message.group = {{"kpi", "kpi"}};
  message.alerts = {alert};
  return message;
}

/// Looks at the tags of a template, one after the other.
class TagReader {
 public:
  explicit TagReader(std::string_view text) : text_(text) {}

  std::vector<std::string> problems() {
    for (std::size_t open = text_.find("{{"); open != std::string_view::npos && problems_.size() < kMostProblems;) {
      const bool is_triple = text_.substr(open).starts_with("{{{");
      const std::string_view end = is_triple ? "}}}" : "}}";
      const std::size_t close = text_.find(end, open);
      if (close == std::string_view::npos) {
        complain(open, "a tag is not closed; write {{title}}");
        return problems_;
      }
      const std::size_t begin = open + (is_triple ? 3 : 2);
      look_at(open, trim(text_.substr(begin, close - begin)));
      open = text_.find("{{", close + end.size());
    }
    for (const auto& [name, at] : sections_) {
      complain(at, "the section \"" + name + "\" is not closed; write {{/" + name + "}}");
    }
    return problems_;
  }

 private:
  void complain(std::size_t at, const std::string& what) {
    const auto line = std::ranges::count(text_.substr(0, at), '\n') + 1;
    problems_.push_back("line " + std::to_string(line) + " of the template: " + what);
  }

  void look_at(std::size_t at, std::string_view tag) {
    const char first = tag.empty() ? ' ' : tag.front();
    const bool is_marked = first == '#' || first == '^' || first == '/' || first == '&';
    const std::string name(trim(is_marked ? tag.substr(1) : tag));
    if (first == '!') {
      return;
    }
    if (first == '>' || first == '=') {
      complain(at, first == '>' ? "there are no partials" : "the tags stay {{ and }}");
    } else if (first == '/') {
      end_section(at, name);
    } else if (check_name(at, name) && (first == '#' || first == '^')) {
      if (sections_.size() >= kDeepest || (name == "alerts" && in_alerts_ > 0)) {
        complain(at, name == "alerts" ? "alerts stand in no other alerts" : "sections are nested too deeply");
      }
      sections_.emplace_back(name, at);
      in_alerts_ += name == "alerts" && first == '#' ? 1 : 0;
    }
  }

  void end_section(std::size_t at, const std::string& name) {
    if (sections_.empty() || sections_.back().first != name) {
      complain(at,
               sections_.empty()
                   ? "the section \"" + printable(name, 40) + "\" was not begun"
                   : "{{/" + printable(name, 40) + "}} stands where {{/" + sections_.back().first + "}} is due");
      return;
    }
    sections_.pop_back();
    in_alerts_ -= name == "alerts" && in_alerts_ > 0 ? 1 : 0;
  }

  bool check_name(std::size_t at, const std::string& name) {
    const bool is_message = std::ranges::find(kMessageNames, name) != kMessageNames.end();
    const bool is_alert = std::ranges::find(kAlertNames, name) != kAlertNames.end();
    if (is_message || (is_alert && in_alerts_ > 0)) {
      return true;
    }
    if (is_alert) {
      complain(at, "\"" + name + "\" belongs to an alert: write it between {{#alerts}} and {{/alerts}}");
      return false;
    }
    std::vector<std::string> names(kMessageNames.begin(), kMessageNames.end());
    names.insert(names.end(), kAlertNames.begin(), kAlertNames.end());
    const std::string near = did_you_mean(name, names);
    complain(at,
             "there is no field \"" + printable(name, 40) + "\"; " +
                 (near.empty() ? "of a message: " + join(std::span(names).first(kMessageNames.size()), " ") : near));
    return false;
  }

  std::string_view text_;
  std::vector<std::pair<std::string, std::size_t>> sections_;
  int in_alerts_ = 0;
  std::vector<std::string> problems_;
};

class TemplatedChannel final : public Channel {
 public:
  TemplatedChannel(std::unique_ptr<Channel> channel, ChannelTemplate words)
      : channel_(std::move(channel)), words_(std::move(words)) {}

  Outcome deliver(const Message& message, ChannelHost& host, const std::stop_token& stop) override {
    if (message.alerts.empty() || message.digest) {
      return channel_->deliver(message, host, stop);
    }
    Result<std::string> text = words_.render(message);
    if (!text) {
      Outcome outcome = channel_->deliver(message, host, stop);
      outcome.complaint +=
          (outcome.complaint.empty() ? "" : "; ") + ("told in the built-in words: " + text.error().message);
      return outcome;
    }
    Message told = message;
    told.text = *std::move(text);
    return channel_->deliver(told, host, stop);
  }

  std::optional<Outcome> deliver_plain(const Message& message,
                                       ChannelHost& host,
                                       const std::stop_token& stop) override {
    return channel_->deliver_plain(message, host, stop);
  }

  [[nodiscard]] std::optional<std::chrono::seconds> refresh_every() const override { return channel_->refresh_every(); }

  Outcome refresh(ChannelHost& host, const std::stop_token& stop) override { return channel_->refresh(host, stop); }

 private:
  std::unique_ptr<Channel> channel_;
  ChannelTemplate words_;
};

}  // namespace

std::vector<std::string> ChannelTemplate::problems_of(std::string_view text) {
  if (text.size() > kMostTemplate) {
    return {"a template has at most " + std::to_string(kMostTemplate) + " bytes"};
  }
  std::vector<std::string> problems = TagReader(text).problems();
  if (problems.empty()) {
    if (const auto tried = ChannelTemplate(std::string(text)).render(made_up()); !tried) {
      problems.push_back("tried on a made-up alert: " + tried.error().message);
    }
  }
  return problems;
}

Result<std::string> ChannelTemplate::render(const Message& message) const {
  try {
    mustache::mustache shape(text_);  // rendering changes it
    if (!shape.is_valid()) {
      return fail(ErrorKind::kInvalid, "the template is wrong: " + shape.error_message());
    }
    shape.set_custom_escape([](const std::string& text) { return text; });  // the channel escapes all of it
    std::string text = shape.render(data_of(message));
    if (!shape.is_valid()) {
      return fail(ErrorKind::kInvalid, "the template is wrong: " + shape.error_message());
    }
    if (trim(text).empty()) {
      return fail(ErrorKind::kInvalid, "the template says nothing");
    }
    if (text.size() > kMostOutput) {
      return fail(ErrorKind::kInvalid, "the template says more than " + std::to_string(kMostOutput) + " bytes");
    }
    return text;
  } catch (const std::exception& error) {
    return fail(ErrorKind::kInvalid, std::string("the template failed: ") + error.what());
  }
}

std::unique_ptr<Channel> templated(std::unique_ptr<Channel> channel, ChannelTemplate words) {
  return std::make_unique<TemplatedChannel>(std::move(channel), std::move(words));
}

}  // namespace kpi
