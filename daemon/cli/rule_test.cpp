#include "daemon/cli/rule_test.hpp"

#include "daemon/cli/rule_test_expectation.hpp"
#include "daemon/engine/rehearsal.hpp"
#include "rules/base/text.hpp"
#include "rules/expr/parser.hpp"
#include "rules/load/yaml.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

namespace kpi {
namespace {

/// What an expectation may say of a KPI in words of kpid's own.
const std::map<std::string, std::vector<std::string>>& expected_words() {
  static const std::map<std::string, std::vector<std::string>> kWords{
      {"state", {"ok", "pending", "no_data", "error", "firing"}},
      {"verdict", {"met", "missed", "no_data", "recorded", "provisional"}},
      {"severity", {"none", "info", "warning", "critical"}},
      {"target", {"not_started", "on_track", "at_risk", "off_track", "achieved", "missed"}},
  };
  return kWords;
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
    const YamlNode* files = map.required("rules", "the rule files to test: rules: [acquisition.yaml]");
    map.text_list("rules", rules);
    const bool has_zone = map.zone("timezone", zone_);
    const YamlNode* sources = map.optional("sources");
    const YamlNode* calendar = map.optional("calendar");
    const YamlNode* data =
        map.required("data", "the samples: data: {web.visits: {from: 2026-03-01, every: day, values: \"100x7\"}}");
    const YamlNode* expect = map.required("expect", "what must be true: expect: [{at: …, kpi: …, value: …}]");
    map.finish();
    std::optional<YamlNode> labelled;
    if (sources != nullptr && data != nullptr) {
      labelled = with_labels_of_data(*sources, *data);
      sources = &*labelled;
    }
    for (std::size_t i = 0; i < rules.size(); ++i) {
      rules[i] = resolve_path(path_, rules[i]);
      const Position position = i < files->items.size() ? files->items[i].position : files->position;
      if (const auto read = host_.read_file(rules[i], kMaxYamlBytes); !read) {
        diagnostics().error(position, "cannot read the rule file: " + read.error().message);
      }
    }
    if (diagnostics().has_errors()) {
      return false;
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
      if (filter.negated) {
        diagnostics().error(name.position,
                            "a series has one value of each label, not all but " + printable(filter.value),
                            "write " + (*tree)->text + "{" + filter.label + "=…}");
        return std::nullopt;
      }
      series.labels.emplace_back(filter.label, filter.value);
    }
    std::ranges::sort(series.labels);
    for (std::uint32_t source = 0; source < config_->sources.size(); ++source) {
      const auto& metrics = config_->sources[source].metrics;
      for (std::uint32_t i = 0; i < metrics.size(); ++i) {
        if (config_->rules.metrics[metrics[i]].name == (*tree)->text) {
          series.source = source;
          series.metric = i;
          return has_labels(name, series.labels, config_->rules.metrics[metrics[i]]) ? std::optional(series)
                                                                                     : std::nullopt;
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
                        !near.empty()   ? near
                        : names.empty() ? "no source is known here: write sources: in the test, with the metrics, or "
                                          "put it in a folder with a kpid.yaml"
                                        : "metrics: " + join(names, " "));
    return std::nullopt;
  }

  /// Whether the metric has these labels: what its source never delivers would be judged as if it did.
  bool has_labels(const YamlNode& name, const Labels& labels, const Metric& metric) {
    for (const auto& [label, value] : labels) {
      if (std::ranges::find(metric.labels, label) == metric.labels.end()) {
        const std::string near = did_you_mean(label, metric.labels);
        diagnostics().error(name.position,
                            metric.name + " has no label \"" + printable(label) + "\"",
                            !near.empty()           ? near
                            : metric.labels.empty() ? "its source has none: leave the braces out"
                                                    : "labels: " + join(metric.labels, " "));
        return false;
      }
    }
    return true;
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
    for (const auto& [key, known] : expected_words()) {
      if (const YamlNode* word = map.optional(key)) {
        read_choice(*word, known, diagnostics(), key);
        expectation.words.emplace_back(key, word->scalar);
      }
    }
    for (const char* key : {"reason", "formatted"}) {
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
      std::vector<std::string> labels;
      for (const auto& [label, value] : segment->entries) {
        expectation.segment.emplace_back(label.scalar, value.scalar);
        labels.push_back(label.scalar);
      }
      const auto is_split = [&](const std::vector<std::string>& split) {
        return std::ranges::is_permutation(split, labels);
      };
      if (std::ranges::none_of(kpi->split_by, is_split)) {
        refuse_segment(*segment, *kpi, "…");
      }
    } else if (kpi->split_by.size() == 1 && kpi->split_by[0].size() == 1) {
      expectation.segment.emplace_back(kpi->split_by[0][0], segment->scalar);
    } else {
      refuse_segment(*segment, *kpi, printable(segment->scalar));
    }
    std::ranges::sort(expectation.segment);
  }

  /// The segment names no value of the KPI's labels, or not of which.
  void refuse_segment(const YamlNode& segment, const Kpi& kpi, const std::string& value) {
    std::vector<std::string> ways;
    for (const std::vector<std::string>& split : kpi.split_by) {
      std::vector<std::string> labels;
      for (const std::string& label : split) {
        labels.push_back(label + ": " + (labels.empty() ? value : "…"));
      }
      ways.push_back("segment: {" + join(labels, ", ") + "}");
    }
    const bool is_map = segment.kind == YamlNode::Kind::kMap;
    diagnostics().error(segment.position,
                        ways.empty() ? kpi.id + " has no split_by, and so no segment" + (is_map ? "" : " " + value)
                        : is_map     ? kpi.id + " is not split by these labels"
                                     : "which label is " + value + " of?",
                        ways.empty() ? "leave segment: out" : "write " + join(ways, " or "));
  }

  /// Where messages may go to: the channels, or without routes the owners.
  [[nodiscard]] std::vector<std::string> destinations() const {
    std::set<std::string> names;
    for (const ChannelConfig& channel : config_->channels) {
      names.insert(channel.name);
    }
    for (const Route& route : config_->routing.routes) {
      names.insert(route.to.begin(), route.to.end());
    }
    return {names.begin(), names.end()};
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
      if (const YamlNode* to = map.optional("to")) {
        sent.to = to->scalar;
        const std::vector<std::string> known = destinations();
        if (std::ranges::find(known, sent.to) == known.end()) {
          const std::string near = did_you_mean(sent.to, known);
          diagnostics().error(to->position,
                              "nothing is sent to \"" + printable(sent.to) + "\"",
                              near.empty() ? "it goes to: " + join(known, " ") : near);
        }
      }
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
      verify(expectation, rehearsal.engine(), messages_, result_);
      if (expectation.sent) {
        messages_.clear();
      }
    }
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

RuleTestResult run_rule_test(const std::string& path, const std::string& config, Host& host) {
  return RuleTest(path, config, host).run();
}

}  // namespace kpi
