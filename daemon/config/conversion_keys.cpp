// `convert:` of a metric, and the sources of rates that it names.

#include "daemon/config/config_keys.hpp"
#include "rules/base/text.hpp"
#include "rules/base/units.hpp"

#include <algorithm>
#include <utility>

namespace kpi {

void read_conversion(
    const YamlNode& unit, const YamlNode& convert, SourceConfig& source, Metric& model, Diagnostics& diagnostics) {
  std::string column;
  MapReader of_unit(unit, "unit", diagnostics);
  of_unit.required("column", "the column with the currency");
  of_unit.text("column", column);
  of_unit.finish();
  Conversion conversion;
  conversion.position = convert.position;
  MapReader to(convert, "convert", diagnostics);
  to.required("to", "the currency to convert to: convert: {to: SEK, rates: fx}");
  to.text("to", conversion.to);
  to.required("rates", "the source with the rates: convert: {to: SEK, rates: fx}");
  to.text("rates", conversion.rates);
  to.finish();
  if (const auto parsed = Unit::parse(conversion.to); !parsed) {
    diagnostics.error(to.position_of("to"), parsed.error().message);
  }
  auto& labels = source.settings.labels;
  const auto known = std::ranges::find(labels, kCurrencyLabel, &SourceLabel::name);
  if (known != labels.end() && known->column != column) {
    diagnostics.error(unit.position, "the currencies of one source stand in one column", "write " + known->column);
  } else if (known == labels.end()) {
    labels.insert(labels.begin(), {kCurrencyLabel, column, {}, unit.position});
  }
  model.unit = conversion.to;
  source.conversions.back() = std::move(conversion);
}

void check_conversions(const Config& config, Diagnostics& diagnostics) {
  for (const SourceConfig& source : config.sources) {
    for (const auto& conversion : source.conversions) {
      const SourceConfig* rates = conversion ? config.find_source(conversion->rates) : nullptr;
      if (!conversion) {
        continue;
      }
      if (rates == nullptr) {
        diagnostics.error(
            conversion->position,
            "there is no source \"" + printable(conversion->rates) + "\" with the rates",
            "a source of rates has a metric for each currency: {eur: {kind: level, unit: " + conversion->to + "/EUR}}");
        continue;
      }
      const Grain& grain = source.settings.grain;
      if (parse_grain("day")->is_finer_than(grain) && rates->settings.grain.is_finer_than(grain)) {
        diagnostics.error(conversion->position,
                          "the rows of a " + grain.text() + " are added up before they are converted, and \"" +
                              conversion->rates + "\" has a rate for each " + rates->settings.grain.text(),
                          "write grain: day here (a KPI of every: " + grain.text() + " adds the days up), or give \"" +
                              conversion->rates + "\" grain: " + grain.text());
      }
      const bool has_rate = std::ranges::any_of(rates->metrics, [&](std::uint32_t metric) {
        const std::string& unit = config.rules.metrics[metric].unit;
        return unit.starts_with(conversion->to + "/") || unit.ends_with("/" + conversion->to);
      });
      if (!has_rate || rates == &source) {
        diagnostics.error(
            conversion->position,
            "the source \"" + conversion->rates + "\" has no metric of " + conversion->to + " over another currency",
            "write a metric for each: {eur: {kind: level, unit: " + conversion->to + "/EUR}}");
      }
    }
  }
}

}  // namespace kpi
