#include "plugins/http/plan.hpp"
#include "plugins/http/render.hpp"
#include "plugins/http/text_template.hpp"
#include "plugins/http/tree_reader.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <set>

namespace kpi {
namespace {

const std::vector<std::string>& outcome_names() {
  static const std::vector<std::string> kNames{
      "ok", "empty", "partial", "retry", "rate_limited", "reauth", "quota", "config_error"};
  return kNames;
}

void read_window(const OptionTree& node, HttpPlan& plan, Diagnostics& diagnostics) {
  WindowPlan& window = plan.window;
  TreeReader map(node, "window", diagnostics);
  map.integer("lookback_days", 0, 400, window.lookback_days);
  map.integer("end_offset_days", 0, 400, window.end_offset_days);
  map.integer("first_days", 1, 4000, window.first_days);
  if (const OptionTree* span = map.optional("max_span")) {
    const auto parsed = parse_span(span->text);
    if (parsed && parsed->approximate_ms() >= kDayMs) {
      window.max_span_days = parsed->approximate_ms() / kDayMs;
    } else if (parsed) {
      diagnostics.error(span->position, "window.max_span wants at least a day", "write max_span: 31 days");
    } else {
      diagnostics.error(span->position, "window.max_span: " + parsed.error().message);
    }
  }
  map.span("mature_after", window.mature_after);
  if (map.text("format", window.format) && !unknown_directive(window.format).empty()) {
    diagnostics.error(map.optional("format")->position,
                      "window.format has " + unknown_directive(window.format) + ", which means nothing",
                      "use %Y %y %m %d %H %M %S %F %T %s %Q %f %z, and %-d without a zero");
  }
  std::size_t end = 0;
  map.choice("end", {"inclusive", "exclusive"}, end);
  window.end = static_cast<WindowPlan::End>(end);
  std::string zone;
  if (map.text("timezone", zone)) {
    constexpr std::string_view kFromAnswer = "from_response:";
    if (zone.starts_with(kFromAnswer)) {
      window.zone_from_answer = zone.substr(kFromAnswer.size());
      if (const auto path = JsonSelect::parse(window.zone_from_answer); !path) {
        diagnostics.error(map.optional("timezone")->position, "window.timezone: " + path.error().message);
      }
    } else if (auto found = Zone::find(zone)) {
      window.zone = *found;
    } else {
      diagnostics.error(map.optional("timezone")->position, found.error().message);
    }
  }
  map.finish();
}

std::map<std::string, JsonSelect> read_paths(const OptionTree& node,
                                             const std::string& where,
                                             Diagnostics& diagnostics) {
  std::map<std::string, JsonSelect> paths;
  TreeReader map(node, where, diagnostics);
  for (const auto& [name, path] : map.node().entries) {
    map.path(name.text, paths[name.text]);
  }
  return paths;
}

StepPlan read_step(const OptionTree& node, const std::string& where, Diagnostics& diagnostics) {
  StepPlan step;
  TreeReader map(node, where, diagnostics);
  if (const OptionTree* request = map.required("request", "what is sent: request: {url: …}")) {
    step.request = read_request(*request, where + ".request", diagnostics);
  }
  if (const OptionTree* capture = map.optional("capture")) {
    step.captures = read_paths(*capture, where + ".capture", diagnostics);
  }
  for (auto [key, condition] :
       {std::pair("until", &step.until), std::pair("fail", &step.fail), std::pair("unless", &step.unless)}) {
    if (const OptionTree* asked = map.optional(key)) {
      *condition = Condition::read(*asked, where + '.' + key, diagnostics);
    }
  }
  map.span("interval", step.interval);
  map.span("timeout", step.timeout);
  if (const OptionTree* cancel = map.optional("cancel")) {
    step.cancel = read_request(*cancel, where + ".cancel", diagnostics);
  }
  map.finish();
  return step;
}

void read_steps(const HttpKeys& keys, HttpPlan& plan, Diagnostics& diagnostics) {
  if (keys.steps != nullptr) {
    for (const OptionTree* item : items_of(*keys.steps)) {
      plan.steps.push_back(read_step(*item, "steps", diagnostics));
    }
  }
  if (keys.steps != nullptr && keys.request != nullptr) {
    diagnostics.error(keys.request->position,
                      "the source has both request and steps",
                      "move the request into the steps, where it belongs: the last answer has the rows");
    return;
  }
  if (keys.request != nullptr) {
    StepPlan step;
    step.request = read_request(*keys.request, "request", diagnostics);
    plan.steps.push_back(std::move(step));
  }
  if (plan.steps.empty()) {
    diagnostics.error(keys.position, "the source does not say what to ask", "write request: {url: https://…}");
  }
}

void read_decode(const OptionTree& node, HttpPlan& plan, Diagnostics& diagnostics) {
  static const std::vector<std::string> kKinds{"json", "chunks", "ndjson", "csv", "text"};
  DecodePlan& decode = plan.decode;
  std::size_t kind = 0;
  if (node.kind == OptionTree::Kind::kText) {
    OptionTree whole;
    whole.kind = OptionTree::Kind::kMap;
    whole.position = node.position;
    OptionTree key;
    key.text = "kind";
    whole.entries.emplace_back(key, node);
    read_decode(whole, plan, diagnostics);
    return;
  }
  TreeReader map(node, "decode", diagnostics);
  map.choice("kind", kKinds, kind);
  decode.kind = static_cast<DecodePlan::Kind>(kind);
  map.path("path", decode.chunk);
  std::string delimiter;
  if (map.text("delimiter", delimiter)) {
    if (delimiter == "tab" || delimiter.size() == 1) {
      decode.delimiter = delimiter == "tab" ? '\t' : delimiter.front();
    } else {
      diagnostics.error(map.optional("delimiter")->position, "decode.delimiter is one character", "write \";\" or tab");
    }
  }
  std::size_t decimal = 0;
  if (map.choice("decimal", {".", ","}, decimal)) {
    decode.numbers.comma_is_doubtful = false;
    decode.numbers.decimal = decimal == 0 ? '.' : ',';
    decode.numbers.thousands = decimal == 0 ? NumberFormat::Thousands::kComma : NumberFormat::Thousands::kPoint;
  }
  map.flag("header", decode.has_header);
  map.text("comment", decode.comment);
  std::int64_t bytes = static_cast<std::int64_t>(plan.max_body);
  map.integer("max_bytes", 1024, std::int64_t{64} << 20U, bytes);
  plan.max_body = static_cast<std::size_t>(bytes);
  map.finish();
}

/// A text, or the paths to where the answer says it.
void read_note(TreeReader& map, OutcomeRule& rule) {
  const OptionTree* note = map.optional("note");
  if (note == nullptr) {
    return;
  }
  if (note->kind == OptionTree::Kind::kText && !note->text.starts_with('/')) {
    map.text("note", rule.note);
    return;
  }
  for (const OptionTree* item : items_of(*note)) {
    auto path = item->text.starts_with('/') ? JsonSelect::parse(item->text)
                                            : fail(ErrorKind::kInvalid,
                                                   "outcome.note is a text, or paths such as "
                                                   "/warnings");
    if (path) {
      rule.said.push_back(*std::move(path));
    } else {
      map.diagnostics().error(item->position, path.error().message);
    }
  }
}

void read_outcomes(const OptionTree& node, HttpPlan& plan, Diagnostics& diagnostics) {
  for (const OptionTree* item : items_of(node)) {
    OutcomeRule rule;
    TreeReader map(*item, "outcome", diagnostics);
    if (const OptionTree* when = map.required("when", "which answers: when: {status: 429}")) {
      rule.when = Condition::read(*when, "outcome.when", diagnostics);
    }
    map.required("then", "one of " + join(outcome_names(), ", "));
    std::size_t kind = 0;
    map.choice("then", outcome_names(), kind);
    rule.then = static_cast<OutcomeKind>(kind);
    read_note(map, rule);
    if (const OptionTree* wait = map.optional("wait")) {
      rule.wait = read_wait_rules(*wait, "outcome.wait", plan.settings.zone, diagnostics);
    }
    map.finish();
    plan.outcomes.push_back(std::move(rule));
  }
}

void read_budget(const OptionTree& node, HttpPlan& plan, Diagnostics& diagnostics) {
  TreeReader map(node, "budget", diagnostics);
  map.integer("concurrency", 1, 64, plan.budget.concurrency);
  map.integer("requests", 1, 1'000'000, plan.budget.requests);
  map.span("per", plan.budget.per);
  plan.budget.of = map.optional("of");
  map.finish();
}

void read_fan_out(const OptionTree& node, HttpPlan& plan, Diagnostics& diagnostics) {
  for (const OptionTree* item : items_of(node)) {
    if (item->text == "metric") {
      plan.per_metric = true;
    } else if (item->text == "day" || item->text == "period") {
      plan.window.fan_out = WindowPlan::FanOut::kPeriod;
    } else if (item->text != "window") {
      diagnostics.error(item->position,
                        "fan_out is what one call is for, got \"" + printable(item->text, 30) + '"',
                        "write window, day, metric, or [metric, day]");
    }
  }
}

/// Every variable that the source's requests may name.
std::vector<std::string> known_variables(const HttpPlan& plan) {
  std::vector<std::string> names{"window.start",
                                 "window.end",
                                 "day",
                                 "metrics",
                                 "labels",
                                 "fields",
                                 "metric",
                                 "metric.name",
                                 "metric.column",
                                 "label.name",
                                 "label.column",
                                 "page",
                                 "zone"};
  for (const auto& [name, value] : plan.values) {
    names.push_back(name);
  }
  for (const StepPlan& step : plan.steps) {
    for (const auto& [name, path] : step.captures) {
      names.push_back(name);
    }
  }
  for (const auto& [name, path] : plan.auth.exports) {
    names.push_back("auth." + name);
  }
  if (plan.auth.type == AuthPlan::Type::kSession || plan.auth.has_token()) {
    names.emplace_back("auth.token");
  }
  for (const SourceMetric& metric : plan.settings.metrics) {
    for (const auto& [name, value] : metric.options) {
      names.push_back("metric." + name);
      names.push_back("metrics." + name);
    }
  }
  return names;
}

/// Whether a format tells a day; one of months or weeks may name a period of these.
bool tells_day(std::string_view format) {
  for (const std::string_view directive : {"%d", "%-d", "%F", "%s", "%Q"}) {
    if (format.find(directive) != std::string_view::npos) {
      return true;
    }
  }
  return format.empty();
}

/// Where {{day}} is not what a call is for, one day's answer would stand for another period, or for several days.
void check_day(const TextTemplate::Part& part, Position position, const HttpPlan& plan, Diagnostics& diagnostics) {
  const Grain& grain = plan.settings.grain;
  if (part.text != "day" || grain.unit == Grain::Unit::kInstant ||
      !tells_day(part.format.empty() ? plan.window.format : part.format)) {
    return;
  }
  // Of a connector the source is what its user may change.
  const Position at = position.source == plan.settings.position.source ? position : plan.settings.position;
  const bool is_day = grain.unit == Grain::Unit::kDay;
  if (is_day && plan.window.fan_out == WindowPlan::FanOut::kWindow && plan.window.max_span_days != 1) {
    diagnostics.error(at,
                      "{{day}} is one day, and a call is for a window of several: the others are not asked for",
                      "write fan_out: day, or ask from {{window.start}} to {{window.end}}");
  } else if (grain.is_civil() && !is_day) {
    diagnostics.error(
        at,
        "{{day}} is one day, and a period of grain " + grain.text() + " has several: the others are not " + "asked for",
        "write grain: day, or ask from {{window.start}} to {{window.end}}");
  } else if (!grain.is_civil() && plan.rows.date.form == DatePlan::Form::kWindow) {
    diagnostics.error(at,
                      "{{day}} is a whole day, and its value would be stored for each period of grain " + grain.text(),
                      "write grain: day, or ask from {{window.start}} to {{window.end}}");
  }
}

/// True: a call names its metric.
bool check_variables(const HttpKeys& keys, HttpPlan& plan, Diagnostics& diagnostics) {
  const std::vector<std::string> known = known_variables(plan);
  bool names_metric = false;
  const auto check = [&](const TextTemplate::Part& part, Position position) {
    const std::string& name = part.text;
    names_metric = names_metric || name.starts_with("metric");
    check_day(part, position, plan, diagnostics);
    plan.has_window = plan.has_window || name.starts_with("window.") || name == "day";
    if (std::ranges::find(known, name) == known.end()) {
      const std::string near = did_you_mean(name, known);
      diagnostics.error(position,
                        "there is no variable {{" + printable(name, 60) + "}}",
                        near.empty() ? "declare it under params, capture it in a step, or use one of window.start, "
                                       "window.end, day, metrics, labels, fields, metric.…, label.…"
                                     : near);
    }
  };
  for (const OptionTree* tree : {keys.auth, keys.request, keys.steps, keys.paginate, keys.rows, keys.budget}) {
    if (tree != nullptr) {
      each_variable(*tree, diagnostics, check);
    }
  }
  return names_metric;
}

/// {{metric.…}} and {{label.…}} stand for one of several. Which one, a list or a pair (of a query, a form, the headers)
/// tells, which stands once for each, or a call for each metric.
class OneOfSeveral {
 public:
  OneOfSeveral(const HttpPlan& plan, Diagnostics& diagnostics)
      : plan_(plan), diagnostics_(diagnostics), known_(known_variables(plan)) {}

  void check() {
    for (const StepPlan& step : plan_.steps) {
      check(step.request);
      if (step.cancel) {
        check(*step.cancel);
      }
    }
    if (plan_.pages.next) {
      check(*plan_.pages.next);
    }
    for (const auto& [name, text] : plan_.auth.texts) {
      check(text, false);
    }
  }

 private:
  void check(const RequestPlan& request) {
    check(request.url, plan_.per_metric);
    if (request.body_kind == RequestPlan::Body::kJson || request.body_kind == RequestPlan::Body::kText) {
      check(request.body, plan_.per_metric);
    }
  }

  void check(const OptionTree* node, bool is_metric_known) {
    if (node == nullptr || node->kind == OptionTree::Kind::kList) {
      return;
    }
    for (const auto& [key, value] : node->entries) {
      check(&key, is_metric_known);
      check(&value, is_metric_known);
    }
    Diagnostics told;  // what is no template was reported
    each_variable(node->kind == OptionTree::Kind::kText ? *node : OptionTree{},
                  told,
                  [&](const TextTemplate::Part& part, Position position) { check(part, position, is_metric_known); });
  }

  void check(const TextTemplate::Part& part, Position position, bool is_metric_known) {
    const bool is_metric = part.text == "metric" || part.text.starts_with("metric.");
    const bool is_one = part.text.starts_with("label.") || (is_metric && !is_metric_known);
    const bool is_known = std::ranges::find(known_, part.text) != known_.end();
    if (!is_one || !is_known || part.fallback || plan_.values.contains(part.text)) {
      return;
    }
    const std::string of = is_metric ? "metric" : "label";
    diagnostics_.error(position,
                       "{{" + part.text + "}} is of one " + of + ", and nothing says of which",
                       std::string(is_metric ? "write fan_out: metric, so that a call is for one, or " : "") +
                           "let it stand in a list or in the query, once for each");
  }

  const HttpPlan& plan_;
  Diagnostics& diagnostics_;
  const std::vector<std::string> known_;
};

}  // namespace

const std::string& HttpPlan::field_of(const SourceMetric& metric) const {
  const auto column = metric.options.find("column");
  if (column != metric.options.end() && !column->second.text.empty()) {
    return column->second.text;
  }
  return metric.name;
}

void read_plan(const HttpKeys& keys, HttpPlan& plan, Diagnostics& diagnostics) {
  if (keys.auth != nullptr) {
    plan.auth = read_auth(*keys.auth, diagnostics);
  }
  if (keys.window != nullptr) {
    read_window(*keys.window, plan, diagnostics);
  }
  if (keys.fan_out != nullptr) {
    read_fan_out(*keys.fan_out, plan, diagnostics);
  }
  read_steps(keys, plan, diagnostics);
  if (keys.paginate != nullptr) {
    plan.pages = read_pages(*keys.paginate, diagnostics);
  }
  if (keys.decode != nullptr) {
    read_decode(*keys.decode, plan, diagnostics);
  }
  if (keys.rows != nullptr) {
    plan.rows = read_rows(*keys.rows, plan, diagnostics);
  } else {
    plan.rows.date.has_field = false;
  }
  if (keys.outcome != nullptr) {
    read_outcomes(*keys.outcome, plan, diagnostics);
  }
  if (keys.wait != nullptr) {
    plan.waits = read_wait_rules(*keys.wait, "wait", plan.settings.zone, diagnostics);
  }
  if (keys.budget != nullptr) {
    read_budget(*keys.budget, plan, diagnostics);
  }
  if (keys.gauges != nullptr) {
    plan.gauges = read_paths(*keys.gauges, "gauges", diagnostics);
  }
  const bool names_metric = check_variables(keys, plan, diagnostics);
  OneOfSeveral(plan, diagnostics).check();
  if (plan.per_metric && !names_metric && plan.settings.metrics.size() > 1 && !diagnostics.has_errors()) {
    diagnostics.warning(keys.fan_out->position,
                        "a call is for one metric, and none names it: the same is asked for once for each",
                        "let {{metric}} or {{metric.column}} stand in the request, or take fan_out: metric out");
  }
}

}  // namespace kpi
