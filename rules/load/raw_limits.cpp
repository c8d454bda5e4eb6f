// `thresholds`: the limits, and those for some segments or some days.

#include "rules/base/text.hpp"
#include "rules/load/raw_reading.hpp"
#include "rules/load/weekdays.hpp"

#include <algorithm>

namespace kpi {
namespace {

constexpr std::size_t kMostVariants = 500;

SegmentMatch read_match(const YamlNode& node, Diagnostics& diagnostics) {
  SegmentMatch match;
  if (node.kind == YamlNode::Kind::kScalar && node.scalar == "total") {
    match.is_total = true;
    return match;
  }
  if (node.kind != YamlNode::Kind::kMap) {
    diagnostics.error(
        node.position, "match wants labels and their values, or total", "write match: {country: SE}, or match: total");
    return match;
  }
  for (const auto& [label, values] : node.entries) {
    match.labels.emplace_back(label.scalar, read_text_list(values, diagnostics, label.scalar));
  }
  std::ranges::sort(match.labels);
  return match;
}

void read_limits(MapReader& map, RawLimits& limits) {
  struct Limit {
    std::string_view key;
    RawExpression* expression;
  };

  for (const Limit& limit :
       {Limit{"warning", &limits.warning}, Limit{"critical", &limits.critical}, Limit{"recover", &limits.recover}}) {
    if (const YamlNode* value = map.optional(limit.key)) {
      *limit.expression = read_expression(*value, map.diagnostics());
    }
  }
}

void read_variant_patience(MapReader& map, LimitVariant& variant, PatiencePlaces& at) {
  at = {map.position_of("for"), map.position_of("recover_for")};
  Span span;
  if (map.span("for", span)) {
    variant.hold = span;
    check_not_negative(map, map.diagnostics(), span, "for");
  }
  if (map.span("recover_for", span)) {
    variant.recover_after = span;
    check_not_negative(map, map.diagnostics(), span, "recover_for");
  }
}

/// On which periods the entry counts.
void read_occasion(MapReader& map, RawVariant& raw) {
  const YamlNode* days = map.optional("days");
  const YamlNode* event = map.optional("event");
  if (days != nullptr) {
    raw.variant.days = read_days(*days, map.diagnostics());
  }
  if (event != nullptr) {
    raw.event_position = event->position;
    raw.variant.event = read_text(*event, map.diagnostics(), "event").value_or("");
  }
  if (days == nullptr && event == nullptr) {
    map.diagnostics().error(map.position(),
                            "this entry does not say when it counts",
                            "write days: [saturday-sunday], or event: black_friday");
  }
}

RawVariant read_variant(const YamlNode& node, const Kpi& kpi, bool by_time, Diagnostics& diagnostics) {
  RawVariant raw;
  raw.position = node.position;
  const std::size_t before = diagnostics.count(Diagnostic::Severity::kError);
  MapReader map(node, where(kpi, by_time ? ".thresholds.when" : ".thresholds.segments"), diagnostics);
  const YamlNode* match = by_time ? map.optional("match") : map.required("match", "write match: {country: SE}");
  if (match != nullptr) {
    raw.match_position = match->position;
    raw.variant.match = read_match(*match, diagnostics);
  }
  if (by_time) {
    read_occasion(map, raw);
  } else {
    read_variant_patience(map, raw.variant, raw.patience_at);
  }
  read_limits(map, raw.limits);
  map.finish();
  const bool has_limit = raw.limits.warning.position.source != nullptr ||
                         raw.limits.critical.position.source != nullptr ||
                         raw.limits.recover.position.source != nullptr;
  const bool is_wrong = diagnostics.count(Diagnostic::Severity::kError) != before;
  if (!has_limit && !raw.variant.hold && !raw.variant.recover_after && !is_wrong) {
    diagnostics.error(node.position, "this entry changes nothing", "write warning:, critical: or recover:");
  }
  return raw;
}

bool covers(const SegmentMatch& earlier, const SegmentMatch& later) {
  if (earlier.is_total || later.is_total) {
    return earlier.is_total == later.is_total || (!earlier.is_total && earlier.labels.empty());
  }
  return std::ranges::all_of(earlier.labels, [&](const auto& wanted) {
    const auto same = std::ranges::find(later.labels, wanted.first, [](const auto& label) { return label.first; });
    return same != later.labels.end() && std::ranges::all_of(same->second, [&](const std::string& value) {
             return std::ranges::find(wanted.second, value) != wanted.second.end();
           });
  });
}

/// Whether `earlier`, which counts first, is for every line and period that `later` is for.
bool covers(const LimitVariant& earlier, const LimitVariant& later) {
  const bool has_days = earlier.days == 0 || (later.days != 0 && (later.days & ~earlier.days) == 0);
  return has_days && (earlier.event.empty() || earlier.event == later.event) && covers(earlier.match, later.match);
}

/// The first entry that matches counts: one behind another that is for the same never does.
void warn_of_covered(const std::vector<RawVariant>& variants, Diagnostics& diagnostics) {
  for (auto later = variants.begin(); later != variants.end(); ++later) {
    const auto earlier = std::find_if(
        variants.begin(), later, [&](const RawVariant& entry) { return covers(entry.variant, later->variant); });
    if (earlier != later) {
      diagnostics.warning(later->position,
                          "this entry never counts: the first that matches does, and the one on line " +
                              std::to_string(earlier->position.line) + " is for all that it is for",
                          "put it before that one, or leave it out");
    }
  }
}

void read_variants(
    const YamlNode& node, const Kpi& kpi, bool by_time, std::vector<RawVariant>& variants, Diagnostics& diagnostics) {
  if (node.kind != YamlNode::Kind::kSequence) {
    diagnostics.error(
        node.position,
        by_time ? "when wants a list of days or events, and limits" : "segments wants a list of matches and limits",
        by_time ? "write when: [{days: [saturday-sunday], warning: …}]"
                : "write segments: [{match: {country: SE}, warning: …}]");
    return;
  }
  if (node.items.size() > kMostVariants) {
    diagnostics.error(node.position, "at most " + std::to_string(kMostVariants) + " entries may stand here");
    return;
  }
  const std::size_t before = diagnostics.count(Diagnostic::Severity::kError);
  for (const YamlNode& item : node.items) {
    variants.push_back(read_variant(item, kpi, by_time, diagnostics));
  }
  if (diagnostics.count(Diagnostic::Severity::kError) == before) {
    warn_of_covered(variants, diagnostics);
  }
}

}  // namespace

void read_thresholds(const YamlNode& node, RawKpi& raw, Diagnostics& diagnostics) {
  raw.thresholds.emplace();
  raw.thresholds_position = node.position;
  const std::size_t before = diagnostics.count(Diagnostic::Severity::kError);
  MapReader map(node, where(raw.kpi, ".thresholds"), diagnostics);
  read_limits(map, raw.limits);
  read_patience(map, raw.thresholds->patience, raw.patience_at);
  double confidence = 0;
  if (const YamlNode* value = map.optional("confidence"); value != nullptr && map.number("confidence", confidence)) {
    raw.confidence = confidence;
    raw.confidence_position = value->position;
    if (!(confidence > 0 && confidence < 1)) {
      diagnostics.error(value->position, "confidence is a share between 0% and 100%", "write confidence: 95%");
    }
  }
  if (const YamlNode* segments = map.optional("segments")) {
    read_variants(*segments, raw.kpi, false, raw.segment_limits, diagnostics);
  }
  if (const YamlNode* when = map.optional("when")) {
    read_variants(*when, raw.kpi, true, raw.time_limits, diagnostics);
  }
  map.finish();
  raw.thresholds_are_wrong = diagnostics.count(Diagnostic::Severity::kError) != before;
}

}  // namespace kpi
