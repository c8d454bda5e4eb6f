#include "daemon/cli/rule_test.hpp"

#include "daemon/engine/rehearsal.hpp"
#include "daemon/notify/text_message.hpp"
#include "rules/base/text.hpp"
#include "rules/expr/parser.hpp"
#include "rules/load/yaml.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace kpi {
namespace {

constexpr std::size_t kMostValues = 100'000;

struct SentExpectation {
  std::string to;
  std::string type;
  std::vector<std::string> contains;
};

struct Expectation {
  Position position;
  Instant at;
  std::string kpi;
  Labels segment;
  std::optional<double> value;
  bool value_unknown = false;
  std::vector<std::pair<std::string, std::string>> words;  ///< state, verdict, severity, reason, target, formatted
  std::optional<std::vector<SentExpectation>> sent;
};

/// A count behind an `x`: 1 to kMostValues.
std::optional<std::size_t> parse_count(std::string_view text) {
  const auto number = parse_number(text);
  const bool fits =
      number && *number >= 1 && *number <= static_cast<double>(kMostValues) && *number == std::floor(*number);
  return fits ? std::optional(static_cast<std::size_t>(*number)) : std::nullopt;
}

/// One word of the notation, appended to `values`. False when it is none.
bool append_word(std::string_view word, std::vector<ScriptedValue>& values) {
  std::size_t count = 1;
  if (const std::size_t times = word.find('x'); times != std::string_view::npos) {
    const auto parsed = parse_count(word.substr(times + 1));
    if (!parsed) {
      return false;
    }
    count = *parsed;
    word = word.substr(0, times);
  }
  if (word == "_" || word == "nan") {
    values.insert(values.end(), count, ScriptedValue{word == "nan", std::nan("")});
    return true;
  }
  double step = 0;
  const std::size_t sign = word.find_first_of("+-", 1);
  if (sign != std::string_view::npos && word[sign - 1] != 'e') {
    const std::string_view amount = word.substr(word[sign] == '+' ? sign + 1 : sign);
    const auto parsed = parse_number(amount);
    if (!parsed) {
      return false;
    }
    step = *parsed;
    word = word.substr(0, sign);
  }
  const auto first = parse_number(word);
  if (!first) {
    return false;
  }
  for (std::size_t i = 0; i < count; ++i) {
    values.push_back({true, *first + step * static_cast<double>(i)});
  }
  return true;
}

/// Reads a test file; then runs it.
class RuleTest {
 public:
  RuleTest(std::string path, std::string config, Host& host)
      : path_(std::move(path)), config_path_(std::move(config)), host_(host) {
    result_.texts = {std::make_shared<SourceSet>()};
  }

  RuleTestResult run() {
    if (load()) {
      play();
    }
    result_.diagnostics.sort();
    return std::move(result_);
  }

 private:
  Diagnostics& diagnostics() { return result_.diagnostics; }

  // --- reading ---

  bool load() {
    auto file = host_.read_file(path_, kMaxYamlBytes);
    if (!file) {
      diagnostics().error(Position{&result_.texts[0]->add(path_, ""), 0, 0, 0},
                          "cannot read the file: " + file.error().message);
      return false;
    }
    tree_ = parse_yaml(result_.texts[0]->add(path_, std::move(file->text)), diagnostics());
    if (!tree_) {
      return false;
    }
    MapReader map(*tree_, "test", diagnostics());
    std::vector<std::string> rules;
    map.required("rules", "the rule files to test: rules: [acquisition.yaml]");
    map.text_list("rules", rules);
    const bool has_zone = map.zone("timezone", zone_);
    const YamlNode* sources = map.optional("sources");
    const YamlNode* calendar = map.optional("calendar");
    const YamlNode* data =
        map.required("data", "the samples: data: {web.visits: {from: 2026-03-01, every: day, values: \"100x7\"}}");
    const YamlNode* expect = map.required("expect", "what must be true: expect: [{at: …, kpi: …, value: …}]");
    map.finish();
    for (std::string& rule : rules) {
      rule = resolve_path(path_, rule);
    }
    load_ =
        load_rule_files({config_path_, rules, sources, has_zone ? std::optional(zone_) : std::nullopt, calendar, path_},
                        Secrets::kIgnored,
                        host_);
    result_.texts.push_back(load_.texts);
    for (const Diagnostic& diagnostic : load_.diagnostics.items()) {
      if (diagnostic.severity == Diagnostic::Severity::kError) {
        diagnostics().add(diagnostic);
      }
    }
    if (!load_.config) {
      return false;
    }
    prepare_config();
    zone_ = config_->zone;
    if (data != nullptr) {
      read_data(*data);
    }
    if (expect != nullptr) {
      read_expectations(*expect);
    }
    return !diagnostics().has_errors();
  }

  /// A route that nobody wrote: nothing waits, and nobody is reminded.
  static Route plain_route(const std::string& owner) {
    Route route;
    route.to = {owner.empty() ? "default" : owner};
    route.wait = {};
    route.interval = {};
    route.repeat = {};
    return route;
  }

  /// Without routes of its own a test sends to each KPI's owner.
  void prepare_config() {
    auto config = std::make_shared<Config>(*load_.config);
    std::vector<Route>& routes = config->routing.routes;
    if (routes.empty()) {
      for (const Kpi& kpi : config->rules.kpis) {
        Route route = plain_route(kpi.owner);
        route.match = {{"owner", {kpi.owner}, false}};
        if (std::ranges::find(routes, route) == routes.end()) {
          routes.push_back(std::move(route));
        }
      }
      routes.push_back(plain_route(""));
    }
    config_ = std::move(config);
  }

  void read_data(const YamlNode& data) {
    if (data.kind != YamlNode::Kind::kMap) {
      diagnostics().error(data.position, "data wants series and their values");
      return;
    }
    for (const auto& [name, body] : data.entries) {
      read_series(name, body);
    }
  }

  /// `web.visits{country=SE}`: the metric and its labels.
  std::optional<Script::Series> read_series_name(const YamlNode& name) {
    const auto tree = parse_expression(name.scalar);
    if (!tree || (*tree)->kind != Expr::Kind::kName) {
      diagnostics().error(
          name.position, "\"" + printable(name.scalar) + "\" is no series", "write web.visits{country=SE}");
      return std::nullopt;
    }
    Script::Series series;
    for (const LabelFilter& filter : (*tree)->filters) {
      series.labels.emplace_back(filter.label, filter.value);
    }
    std::ranges::sort(series.labels);
    for (std::uint32_t source = 0; source < config_->sources.size(); ++source) {
      const auto& metrics = config_->sources[source].metrics;
      for (std::uint32_t i = 0; i < metrics.size(); ++i) {
        if (config_->rules.metrics[metrics[i]].name == (*tree)->text) {
          series.source = source;
          series.metric = i;
          return series;
        }
      }
    }
    std::vector<std::string> names;
    for (const Metric& metric : config_->rules.metrics) {
      names.push_back(metric.name);
    }
    const std::string near = did_you_mean((*tree)->text, names);
    diagnostics().error(name.position,
                        "there is no metric \"" + printable((*tree)->text) + "\"",
                        near.empty() ? "metrics: " + join(names, " ") : near);
    return std::nullopt;
  }

  void read_series(const YamlNode& name, const YamlNode& body) {
    const std::optional<Script::Series> series = read_series_name(name);
    MapReader map(body, "test data", diagnostics());
    const YamlNode* from = map.required("from", "the date or time of the first value");
    Grain every;
    const bool has_every = map.grain("every", every);
    const YamlNode* values = map.required("values", "the values: \"1000x27 400 _ 0 nan 1200+50x5\"");
    map.finish();
    if (!series || from == nullptr || values == nullptr) {
      return;
    }
    const SourceConfig& source = config_->sources[series->source];
    const Grain grain = source.settings.grain;
    if (has_every && !(every == grain) && grain.unit != Grain::Unit::kInstant) {
      diagnostics().error(body.position,
                          "the grain of " + source.settings.name + " is " + grain.text() + ", not " + every.text());
      return;
    }
    const auto start = parse_instant(*from, source.settings.zone);
    auto parsed = parse_values(values->scalar);
    if (!parsed) {
      diagnostics().error(values->position, parsed.error().message);
      return;
    }
    if (!start) {
      return;
    }
    const bool is_instant = grain.unit == Grain::Unit::kInstant;
    const Grain step = is_instant ? every : grain;
    Slot slot = slot_at(*start, step, source.settings.zone, config_->rules.calendar);
    script_.series.push_back(*series);
    Script::Arrival arrival;
    arrival.series = static_cast<std::uint32_t>(script_.series.size() - 1);
    for (const ScriptedValue& value : *parsed) {
      const Slot next = next_slot(slot, step);
      arrival.slot = is_instant && step.is_civil()
                         ? Slot{start_of(slot, step, source.settings.zone).time_since_epoch().count()}
                         : slot;
      arrival.at = start_of(is_instant ? slot : next, step, source.settings.zone);
      arrival.value = value.value;
      if (value.is_sample) {
        script_.arrivals.push_back(arrival);
      }
      slot = next;
    }
  }

  std::optional<Instant> parse_instant(const YamlNode& node, const Zone& zone) {
    if (const auto instant = parse_rfc3339(node.scalar)) {
      return instant;
    }
    if (const auto local = parse_local(node.scalar)) {
      return zone.to_instant(*local);
    }
    diagnostics().error(node.position,
                        "\"" + printable(node.scalar) + "\" is no time",
                        "write 2026-03-28, \"2026-03-28 06:00\" or RFC 3339");
    return std::nullopt;
  }

  void read_expectations(const YamlNode& list) {
    if (list.kind != YamlNode::Kind::kSequence) {
      diagnostics().error(
          list.position, "expect wants a list", "write expect: [{at: \"2026-03-28 06:00\", kpi: …, state: ok}]");
      return;
    }
    for (const YamlNode& item : list.items) {
      read_expectation(item);
    }
    std::ranges::sort(expectations_, {}, [](const Expectation& expectation) {
      return std::pair(expectation.at, expectation.position.line);
    });
  }

  void read_expectation(const YamlNode& node) {
    Expectation expectation;
    expectation.position = node.position;
    MapReader map(node, "test expect", diagnostics());
    const YamlNode* at = map.required("at", "the time at which it must be true");
    const auto instant = at == nullptr ? std::nullopt : parse_instant(*at, zone_);
    const YamlNode* name = map.optional("kpi");
    const YamlNode* segment = map.optional("segment");
    if (name != nullptr) {
      expectation.kpi = name->scalar;
      read_subject(*name, segment, expectation);
    }
    if (const YamlNode* value = map.optional("value")) {
      expectation.value_unknown = value->scalar == "unknown";
      expectation.value = expectation.value_unknown ? std::nullopt : read_number(*value, diagnostics());
    }
    for (const char* key : {"state", "verdict", "severity", "reason", "target", "formatted"}) {
      std::string word;
      if (map.text(key, word)) {
        expectation.words.emplace_back(key, word);
      }
    }
    if (const YamlNode* sent = map.optional("sent")) {
      read_sent(*sent, expectation);
    }
    map.finish();
    const bool says_something =
        expectation.value || expectation.value_unknown || !expectation.words.empty() || expectation.sent;
    if (!says_something) {
      diagnostics().error(node.position,
                          "this expects nothing",
                          "say value, state, verdict, severity, reason, target, formatted or sent");
    } else if (name == nullptr && (expectation.value || expectation.value_unknown || !expectation.words.empty())) {
      diagnostics().error(node.position, "which KPI?", "write kpi: NAME");
    }
    if (instant) {
      expectation.at = *instant;
      expectations_.push_back(std::move(expectation));
    }
  }

  void read_subject(const YamlNode& name, const YamlNode* segment, Expectation& expectation) {
    const Kpi* kpi = config_->rules.find(name.scalar);
    if (kpi == nullptr) {
      std::vector<std::string> names;
      for (const Kpi& known : config_->rules.kpis) {
        names.push_back(known.id);
      }
      const std::string near = did_you_mean(name.scalar, names);
      diagnostics().error(name.position,
                          "there is no KPI \"" + printable(name.scalar) + "\"",
                          near.empty() ? "KPIs: " + join(names, " ") : near);
      return;
    }
    if (segment == nullptr || segment->scalar == "total") {
      return;
    }
    if (segment->kind == YamlNode::Kind::kMap) {
      for (const auto& [label, value] : segment->entries) {
        expectation.segment.emplace_back(label.scalar, value.scalar);
      }
    } else if (kpi->split_by.size() == 1 && kpi->split_by[0].size() == 1) {
      expectation.segment.emplace_back(kpi->split_by[0][0], segment->scalar);
    } else {
      diagnostics().error(
          segment->position, "which label is " + printable(segment->scalar) + " of?", "write segment: {country: SE}");
    }
    std::ranges::sort(expectation.segment);
  }

  void read_sent(const YamlNode& list, Expectation& expectation) {
    expectation.sent.emplace();
    if (list.kind != YamlNode::Kind::kSequence) {
      diagnostics().error(
          list.position, "sent wants a list", "write sent: [{to: growth, type: alert.firing}], or [] for nothing");
      return;
    }
    for (const YamlNode& item : list.items) {
      SentExpectation sent;
      MapReader map(item, "test expect.sent", diagnostics());
      map.text("to", sent.to);
      if (const YamlNode* type = map.optional("type")) {
        sent.type = type->scalar;
        if (!parse_message_type(type->scalar)) {
          diagnostics().error(type->position,
                              "there is no message type \"" + printable(type->scalar) + "\"",
                              "such as alert.firing, alert.resolved, alert.no_data, target.status");
        }
      }
      map.text_list("contains", sent.contains);
      map.finish();
      expectation.sent->push_back(std::move(sent));
    }
  }

  // --- running ---

  void play() {
    Rehearsal rehearsal(config_, std::move(script_));
    for (const Expectation& expectation : expectations_) {
      if (const auto advanced = rehearsal.advance(expectation.at); !advanced) {
        result_.error = advanced.error().message;
        return;
      }
      std::ranges::move(rehearsal.take_messages(), std::back_inserter(messages_));
      verify(rehearsal.engine(), expectation);
    }
  }

  void fail_at(const Expectation& expectation,
               const std::string& what,
               const std::string& wanted,
               const std::string& got) {
    result_.failures.push_back(
        {expectation.position, "at " + rfc3339(expectation.at) + " " + what + ": expected " + wanted + ", got " + got});
  }

  void verify(const Engine& engine, const Expectation& expectation) {
    const std::size_t before = result_.failures.size();
    if (!expectation.kpi.empty()) {
      verify_kpi(engine, expectation);
    }
    if (expectation.sent) {
      verify_sent(expectation);
      messages_.clear();
    }
    ++(result_.failures.size() == before ? result_.passed : result_.failed);
  }

  void verify_kpi(const Engine& engine, const Expectation& expectation) {
    const std::string subject = expectation.kpi + " (" + labels_text(expectation.segment) + ")";
    const Line* line = engine.find_line(expectation.kpi, expectation.segment);
    if (line == nullptr || !line->stepped) {
      fail_at(expectation, subject, "a judged period", line == nullptr ? "no such segment" : "none yet");
      return;
    }
    const Sample* judged = line->judged.at(*line->stepped);
    const double value = judged == nullptr ? std::nan("") : judged->value;
    if (expectation.value_unknown && !std::isnan(value)) {
      fail_at(expectation, subject + " value", "unknown", number_text(value));
    }
    if (expectation.value) {
      const double scale = std::max(std::abs(*expectation.value), std::abs(value));
      const bool is_close = std::abs(value - *expectation.value) <= 1e-9 * scale;
      if (!is_close) {
        fail_at(expectation,
                subject + " value",
                number_text(*expectation.value),
                std::isnan(value) ? "unknown (" + std::string(name_of(line->reason)) + ")" : number_text(value));
      }
    }
    for (const auto& [key, wanted] : expectation.words) {
      const std::vector<std::string> got = words_of_line(engine, *line, key, value);
      if (std::ranges::find(got, wanted) == got.end()) {
        std::string what = subject;
        what += " ";
        what += key;
        fail_at(expectation, what, wanted, join(got, " / "));
      }
    }
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

  void verify_sent(const Expectation& expectation) {
    std::vector<Message> left = messages_;
    for (const SentExpectation& wanted : *expectation.sent) {
      const auto found =
          std::ranges::find_if(left, [&](const Message& message) { return is_message(message, wanted); });
      if (found == left.end()) {
        fail_at(expectation, "sent", shown(wanted), shown(messages_));
        return;
      }
      left.erase(found);
    }
    if (!left.empty()) {
      fail_at(expectation, "sent", "nothing else", shown(left));
    }
  }

  static std::string shown(const SentExpectation& wanted) {
    return (wanted.type.empty() ? "a message" : wanted.type) + (wanted.to.empty() ? "" : " to " + wanted.to) +
           (wanted.contains.empty() ? "" : " with \"" + join(wanted.contains, "\" and \"") + "\"");
  }

  static std::string shown(const std::vector<Message>& messages) {
    std::string text = messages.empty() ? "nothing" : "";
    for (const Message& message : messages) {
      text += (text.empty() ? "" : "; ") + std::string(name_of(message.type)) + " to " + message.channel + " (";
      for (std::size_t i = 0; i < message.alerts.size(); ++i) {
        const AlertView& alert = message.alerts[i];
        text += (i > 0 ? ", " : "") + alert.title + " " + labels_text(alert.segment) + ": " + alert.reason;
      }
      text += ")";
    }
    return text;
  }

  std::string path_;
  std::string config_path_;
  Host& host_;
  RuleTestResult result_;
  std::optional<YamlNode> tree_;
  Zone zone_;
  ConfigLoad load_;
  std::shared_ptr<const Config> config_;
  Script script_;
  std::vector<Expectation> expectations_;
  std::vector<Message> messages_;  // since the last expectation about messages
};

}  // namespace

Result<std::vector<ScriptedValue>> parse_values(std::string_view text) {
  std::vector<ScriptedValue> values;
  for (std::string_view word : split(text, ' ')) {
    word = trim(word);
    if (word.empty()) {
      continue;
    }
    if (!append_word(word, values)) {
      return fail(ErrorKind::kInvalid,
                  "\"" + printable(word) + "\" is no value; write 400, 1000x27, 1200+50x5, _ (no sample) or nan");
    }
    if (values.size() > kMostValues) {
      return fail(ErrorKind::kInvalid, "a series of a test has at most 100000 values");
    }
  }
  return values;
}

RuleTestResult run_rule_test(const std::string& path, const std::string& config, Host& host) {
  return RuleTest(path, config, host).run();
}

}  // namespace kpi
