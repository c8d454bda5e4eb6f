#include "daemon/engine/convert.hpp"

#include "plugins/rows.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace kpi {
namespace {

/// The metric with the rate of a currency, and whether it is upside down.
struct Rate {
  std::uint32_t metric = 0;
  bool is_inverse = false;
};

std::optional<Rate> rate_of(const std::string& from, const Conversion& conversion, const Config& config) {
  const SourceConfig* rates = config.find_source(conversion.rates);
  for (const std::uint32_t metric : rates == nullptr ? std::vector<std::uint32_t>{} : rates->metrics) {
    const std::string& unit = config.rules.metrics[metric].unit;
    if (unit == conversion.to + "/" + from) {
      return Rate{metric, false};
    }
    if (unit == from + "/" + conversion.to) {
      return Rate{metric, true};
    }
  }
  return std::nullopt;
}

/// The period of the rates in which a row's own ends: an hour has the rate of its day where the source is.
Slot slot_of_rates(Slot slot, const SourceConfig& source, const Conversion& conversion, const Config& config) {
  const SourceConfig* rates = config.find_source(conversion.rates);
  const SourceSettings& of = source.settings;
  if (rates == nullptr || rates->settings.grain.is_civil() == of.grain.is_civil()) {
    return slot;
  }
  return rates->settings.grain.is_civil()
             ? slot_at(Instant{Duration{slot.ms}}, rates->settings.grain, of.zone, of.calendar)
             : Slot{start_of(next_slot(slot, of.grain), of.grain, of.zone).time_since_epoch().count() - 1};
}

/// The last number of the rate on that day or before.
std::optional<Sample> last_number(const Rate& rate, Slot slot, const SampleTable& table, bool passes_over_zero) {
  const auto series = table.of_metric(rate.metric);
  if (series.empty()) {
    return std::nullopt;
  }
  const auto& samples = table[series.front()].samples;
  auto after = std::ranges::upper_bound(samples, slot, {}, &Sample::slot);
  while (after != samples.begin()) {
    --after;
    if (!std::isnan(after->value) && !(passes_over_zero && after->value == 0)) {
      return *after;
    }
  }
  return std::nullopt;
}

std::optional<DayRate> known_rate(const Rate& rate, Slot slot, const SampleTable& table) {
  const auto last = last_number(rate, slot, table, true);
  return last ? std::optional(DayRate{rate.is_inverse ? 1 / last->value : last->value, last->slot}) : std::nullopt;
}

/// The day of the last number on that day or before, where it is 0: no rate, which is passed over for the one before.
std::optional<Slot> zero_rate(const Rate& rate, Slot slot, const SampleTable& table) {
  const auto last = last_number(rate, slot, table, false);
  return last && last->value == 0 ? std::optional(last->slot) : std::nullopt;
}

/// Some write "usd".
std::string currency_code(std::string_view text) {
  std::string code(trim(text));
  std::ranges::transform(
      code, code.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return code;
}

class Converter {
 public:
  Converter(Poll& poll, const SourceConfig& source, const Config& config, const SampleTable& table)
      : poll_(poll), source_(source), config_(config), table_(table) {}

  bool run() {
    const std::vector<PolledSeries> given = std::exchange(poll_.series, {});
    for (const PolledSample& sample : std::exchange(poll_.samples, {})) {
      const PolledSeries& series = given[sample.series];
      Labels labels = series.labels;
      std::string currency;
      std::erase_if(labels, [&](auto& label) {
        const bool is_currency = label.first == kCurrencyLabel;
        currency = is_currency ? currency_code(label.second) : currency;
        return is_currency;
      });
      const auto& conversion = source_.conversions[series.metric];
      const double value = conversion ? converted(sample, currency, *conversion) : sample.value;
      add(series.metric, labels, sample.slot, value);
    }
    std::ranges::stable_sort(poll_.samples, {}, &PolledSample::slot);
    return !missing_.empty();
  }

 private:
  /// NaN where there is no rate: a part of a sum that is not known leaves no sum.
  double converted(const PolledSample& sample, const std::string& currency, const Conversion& to) {
    if (currency == to.to || std::isnan(sample.value)) {
      return sample.value;
    }
    const auto rate = rate_of(currency, to, config_);
    const Slot day = slot_of_rates(sample.slot, source_, to, config_);
    if (const auto zero = rate ? zero_rate(*rate, day, table_) : std::nullopt; zero && zeros_.insert(currency).second) {
      tell_problem(day_of(*zero),
                   "the rate of " + printable(currency, 16) + " in " + to.rates +
                       " is 0: it is passed over for the last one before it");
    }
    const auto factor = rate ? known_rate(*rate, day, table_) : std::nullopt;
    if (!factor) {
      tell(currency, to, sample.slot, rate.has_value());
      return std::nan("");
    }
    const double value = sample.value * factor->factor;
    if (std::isinf(value)) {
      tell_problem(day_of(sample.slot), "a value times its rate is more than a number can be: it counts as unknown");
      return std::nan("");
    }
    return value;
  }

  [[nodiscard]] std::string day_of(Slot slot) const {
    return source_.settings.grain.is_civil() ? date_text(date_of(slot)) : rfc3339(Instant{Duration{slot.ms}});
  }

  void tell_problem(std::string where, std::string message) {
    ++poll_.problem_count;
    if (poll_.problems.size() < kMaxRowProblems) {
      poll_.problems.push_back({std::move(where), std::move(message)});
    }
  }

  /// Once for each currency: the days of one are many.
  void tell(const std::string& currency, const Conversion& to, Slot slot, bool has_metric) {
    if (!missing_.insert(currency).second) {
      ++poll_.problem_count;
      return;
    }
    tell_problem(day_of(slot),
                 (currency.empty() ? "a row has no currency: fill it in"
                  : has_metric ? "no rate of " + printable(currency, 16) + " in " + to.rates + " on that day or before"
                               : to.rates + " has no metric of unit " + to.to + "/" + printable(currency, 16)) +
                     "; until then its period is unknown");
  }

  void add(std::uint32_t metric, const Labels& labels, Slot slot, double value) {
    const auto [series, is_new] =
        series_.try_emplace({metric, labels}, static_cast<std::uint32_t>(poll_.series.size()));
    if (is_new) {
      poll_.series.push_back({.metric = metric, .labels = labels});
    }
    const auto [place, is_first] = places_.try_emplace({series->second, slot}, poll_.samples.size());
    if (is_first) {
      poll_.samples.push_back({.series = series->second, .slot = slot, .value = value});
    } else if (source_.settings.metrics[metric].kind == MetricKind::kFlow) {
      double& sum = poll_.samples[place->second].value;
      sum += value;
      if (std::isinf(sum)) {
        tell_problem(day_of(slot), "the values of all currencies add up to more than a number can be");
        sum = std::nan("");
      }
    } else {
      poll_.samples[place->second].value = std::nan("");
      tell_problem(day_of(slot),
                   "a second value of " + source_.settings.metrics[metric].name +
                       " in another currency: they do not add up, and neither counts");
    }
  }

  Poll& poll_;
  const SourceConfig& source_;
  const Config& config_;
  const SampleTable& table_;
  std::set<std::string> missing_;
  std::set<std::string> zeros_;  // of which a rate of 0 was told, once for each currency
  std::map<std::pair<std::uint32_t, Labels>, std::uint32_t> series_;
  std::map<std::pair<std::uint32_t, Slot>, std::size_t> places_;
};

}  // namespace

std::optional<DayRate> rate_on(std::string_view currency,
                               const SourceConfig& source,
                               const Conversion& conversion,
                               Slot slot,
                               const Config& config,
                               const SampleTable& table) {
  const std::string code = currency_code(currency);
  if (code == conversion.to) {
    return DayRate{1, slot};
  }
  const auto rate = rate_of(code, conversion, config);
  return rate ? known_rate(*rate, slot_of_rates(slot, source, conversion, config), table) : std::nullopt;
}

bool converts(const SourceConfig& source) {
  return std::ranges::any_of(source.conversions, [](const auto& conversion) { return conversion.has_value(); });
}

bool convert(Poll& poll, const SourceConfig& source, const Config& config, const SampleTable& table) {
  return Converter(poll, source, config, table).run();
}

}  // namespace kpi
