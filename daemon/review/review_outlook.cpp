#include "daemon/review/review_outlook.hpp"

#include <nlohmann/json.hpp>

namespace kpi {

std::optional<double> read_actual(const std::string& view) {
  const auto json = nlohmann::json::parse(view, nullptr, false);
  const bool has_actual = json.is_object() && json.contains("actual") && json["actual"].is_number();
  return has_actual ? std::optional(json["actual"].get<double>()) : std::nullopt;
}

std::optional<ReviewOutlook> read_outlook(const std::string& view, double goal) {
  const auto json = nlohmann::json::parse(view, nullptr, false);
  const auto has_number = [&](const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_number();
  };
  for (const char* key : {"goal", "projected", "projected_low", "projected_high", "probability"}) {
    if (!has_number(key)) {
      return std::nullopt;
    }
  }
  const auto deadline = json.contains("deadline") && json["deadline"].is_string()
                            ? parse_date(json["deadline"].get<std::string>())
                            : std::nullopt;
  if (!deadline || json["goal"].get<double>() != goal) {
    return std::nullopt;
  }
  return ReviewOutlook{json["projected"].get<double>(),
                       json["projected_low"].get<double>(),
                       json["projected_high"].get<double>(),
                       json["probability"].get<double>(),
                       *deadline,
                       !has_number("actual")};
}

}  // namespace kpi
