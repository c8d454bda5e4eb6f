#include "plugins/exec_question.hpp"

#include "plugins/exec.hpp"
#include "plugins/option_tree.hpp"

#include <nlohmann/json.hpp>

namespace kpi {

std::string exec_question(const SourceSettings& settings, const PollRequest& request, const OptionTree* secrets) {
  using Json = nlohmann::ordered_json;
  Json metrics = Json::array();
  for (const SourceMetric& metric : settings.metrics) {
    metrics.push_back(column_of(metric));
  }
  Json labels = Json::array();
  for (const SourceLabel& label : settings.labels) {
    labels.push_back(label.column);
  }
  Json json{{"kpid", 1},
            {"source", settings.name},
            {"now", rfc3339(request.now)},
            {"grain", settings.grain.text()},
            {"timezone", settings.zone.name()},
            {"from", request.from ? Json(date_text(date_of(*request.from))) : Json(nullptr)},
            {"cursor", request.cursor.empty() ? Json(nullptr) : Json(request.cursor)},
            {"metrics", std::move(metrics)},
            {"labels", std::move(labels)}};
  if (secrets != nullptr) {
    Json values = Json::object();
    for (const auto& [name, value] : secrets->entries) {
      values[name.text] = value.reveal();
    }
    json["secrets"] = std::move(values);
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace kpi
