// What variables stand for, and where a tree names them.

#include "plugins/http/render.hpp"
#include "plugins/http/tree_reader.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <utility>

namespace kpi {
namespace {

const std::string& column_of(const SourceMetric& metric) {
  const auto column = metric.options.find("column");
  return column == metric.options.end() || column->second.text.empty() ? metric.name : column->second.text;
}

Json metric_columns(const SourceSettings& settings) {
  Json list = Json::array();
  for (const SourceMetric& metric : settings.metrics) {
    list.push_back(column_of(metric));
  }
  return list;
}

/// An option of every metric, each value once; a metric without it counts by its column.
Json of_all_metrics(const SourceSettings& settings, std::string_view key) {
  Json list = Json::array();
  for (const SourceMetric& metric : settings.metrics) {
    const auto option = metric.options.find(key);
    const bool is_given = option != metric.options.end() && !option->second.text.empty();
    const Json value = is_given ? Json(option->second.text) : Json(column_of(metric));
    if (std::ranges::find(list, value) == list.end()) {
      list.push_back(value);
    }
  }
  return list;
}

Json label_columns(const SourceSettings& settings) {
  Json list = Json::array();
  for (const SourceLabel& label : settings.labels) {
    list.push_back(label.column);
  }
  return list;
}

/// The value of an option of a metric: "metric.query".
std::optional<Json> option_value(const OptionValues& options, std::string_view key) {
  const auto found = options.find(key);
  if (found == options.end()) {
    return std::nullopt;
  }
  if (found->second.tree) {
    return json_of(*found->second.tree);
  }
  if (!found->second.items.empty()) {
    return Json(found->second.items);
  }
  return found->second.text.empty() && !found->second.given ? std::nullopt : std::optional(Json(found->second.text));
}

/// {{metric}} is {{metric.column}} where no parameter has that name.
bool names_metric(const OptionTree& node, const RenderScope& scope) {
  bool is_named = names_variable(node, "metric.");
  Diagnostics ignored;
  each_variable(node, ignored, [&](const TextTemplate::Part& part, Position) {
    is_named = is_named || (part.text == "metric" && !scope.values.contains("metric"));
  });
  return is_named;
}

}  // namespace

Result<std::optional<Json>> RenderScope::value(const TextTemplate::Part& part) const {
  const std::string_view name = part.text;
  std::optional<Json> found;
  if (name == "window.start" || name == "window.end" || name == "day") {
    return Json(window_text(*window_plan, *settings, window, name == "window.end", part.format));
  }
  if (const auto known = values.find(name); known != values.end()) {
    found = known->second;
  } else if (name == "zone") {
    found = settings->zone.name();
  } else if (name == "metrics") {
    found = metric_columns(*settings);
  } else if (name.starts_with("metrics.")) {
    found = of_all_metrics(*settings, name.substr(8));
  } else if (name == "labels") {
    found = label_columns(*settings);
  } else if (name == "fields") {
    Json all = metric_columns(*settings);
    for (const SourceLabel& one : settings->labels) {
      all.push_back(one.column);
    }
    found = std::move(all);
  } else if (name == "metric.name" && metric != nullptr) {
    found = metric->name;
  } else if ((name == "metric.column" || name == "metric") && metric != nullptr) {
    found = column_of(*metric);
  } else if (name.starts_with("metric.") && metric != nullptr) {
    found = option_value(metric->options, name.substr(7));
  } else if (name == "label.name" && label != nullptr) {
    found = label->name;
  } else if (name == "label.column" && label != nullptr) {
    found = label->column;
  }
  if ((!found || found->is_null()) && part.fallback) {
    return Json(*part.fallback);
  }
  return found && found->is_null() ? std::nullopt : found;
}

Result<void> for_each_named(const OptionTree& node,
                            const RenderScope& scope,
                            const std::function<Result<void>(const RenderScope&)>& use) {
  if (scope.metric == nullptr && names_metric(node, scope)) {
    for (const SourceMetric& metric : scope.settings->metrics) {
      RenderScope inner = scope;
      inner.metric = &metric;
      KPI_TRY(use(inner));
    }
    return {};
  }
  if (scope.label == nullptr && names_variable(node, "label.")) {
    for (const SourceLabel& label : scope.settings->labels) {
      RenderScope inner = scope;
      inner.label = &label;
      KPI_TRY(use(inner));
    }
    return {};
  }
  return use(scope);
}

void each_variable(const OptionTree& node,
                   Diagnostics& diagnostics,
                   const std::function<void(const TextTemplate::Part&, Position)>& use) {
  for (const OptionTree& item : node.items) {
    each_variable(item, diagnostics, use);
  }
  for (const auto& [key, value] : node.entries) {
    each_variable(key, diagnostics, use);
    each_variable(value, diagnostics, use);
  }
  if (node.kind != OptionTree::Kind::kText) {
    return;
  }
  const auto text = TextTemplate::parse(node.text);
  if (!text) {
    diagnostics.error(node.position, text.error().message);
    return;
  }
  for (const TextTemplate::Part& part : text->parts()) {
    if (part.is_variable) {
      use(part, node.position);
    }
  }
}

bool names_variable(const OptionTree& node, std::string_view prefix) {
  bool is_named = false;
  Diagnostics ignored;
  each_variable(node, ignored, [&](const TextTemplate::Part& part, Position) {
    is_named = is_named || part.text.starts_with(prefix);
  });
  return is_named;
}

}  // namespace kpi
