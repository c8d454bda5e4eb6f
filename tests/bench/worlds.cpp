#include "tests/bench/worlds.hpp"

#include "daemon/os/files.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string_view>

namespace kpi::bench {
namespace {

constexpr std::uint32_t kMetricsPerSource = 100;
constexpr std::uint32_t kRulesPerFile = 500;
constexpr std::uint64_t kSeed = 20260101;

std::ofstream create(const std::filesystem::path& path) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.exceptions(std::ios::failbit | std::ios::badbit);
  return file;
}

constexpr std::string_view kHead =
    "timezone: Europe/Stockholm\n"
    "history: sqlite:history.db\n"
    "rules: [rules/*.yaml]\n"
    "channels:\n"
    "  wall: {type: console}\n"
    "routes:\n"
    "  - {match: {}, to: [wall], group_by: [owner]}\n"
    "sources:\n";

std::string metric_name(std::uint32_t kpi) {
  return fmt::format("m{:05}", kpi);
}

std::string id_of(std::uint32_t kpi) {
  return fmt::format("k{:05}", kpi);
}

std::string rule_text(std::uint32_t kpi, const std::string& value) {
  return fmt::format(
      "  kpi_{0:05}:\n"
      "    title: Visitors of site {0}\n"
      "    description: \"Visitors of site {0} in a day, as its counter delivers them\"\n"
      "    owner: team_{1}\n"
      "    objective: More people find site {0}\n"
      "    unit: visitors\n"
      "    value: {2}\n"
      "    every: day\n"
      "    thresholds:\n"
      "      warning: 50\n"
      "      critical: 40\n"
      "    reviewed: 2025-01-01\n",
      kpi,
      kpi / 100 % 10,
      value);
}

void write_metric_sources(std::ofstream& main, std::uint32_t kpis) {
  for (std::uint32_t kpi = 0; kpi < kpis; ++kpi) {
    if (kpi % kMetricsPerSource == 0) {
      main << fmt::format("  s{:03}:\n    plugin: csv\n    path: s.csv\n    every: 1h\n    metrics:\n",
                          kpi / kMetricsPerSource);
    }
    main << fmt::format("      {}: {{kind: flow, unit: visitors}}\n", metric_name(kpi));
  }
}

/// `value` gives the formula of each.
void write_rules(const std::filesystem::path& dir,
                 std::uint32_t kpis,
                 const std::function<std::string(std::uint32_t kpi)>& value) {
  std::ofstream file;
  for (std::uint32_t kpi = 0; kpi < kpis; ++kpi) {
    if (kpi % kRulesPerFile == 0) {
      file = create(dir / "rules" / fmt::format("r{:03}.yaml", kpi / kRulesPerFile));
      file << "kpis:\n";
    }
    file << rule_text(kpi, value(kpi));
  }
}

/// One metric with many series.
constexpr std::string_view kBoard =
    "  board:\n    plugin: csv\n    path: s.csv\n    every: 1h\n    labels: {id: id}\n    metrics:\n"
    "      value: {kind: flow, unit: visitors}\n";

/// The rule of the shape kSplit.
constexpr std::string_view kSplitRule =
    "kpis:\n"
    "  visitors:\n"
    "    title: Visitors\n"
    "    owner: team_0\n"
    "    unit: visitors\n"
    "    value: board.value\n"
    "    split_by: [id]\n"
    "    max_segments: 10000\n"
    "    thresholds: {warning: 50, critical: 40}\n"
    "    reviewed: 2025-01-01\n";

constexpr std::string_view kImportRules =
    "kpis:\n"
    "  visits: {unit: visits, value: shop.visits, thresholds: {warning: 10}, reviewed: 2025-01-01}\n"
    "  conversion_rate:\n"
    "    unit: \"%\"\n"
    "    value: shop.orders / shop.visits\n"
    "    over: 7 days\n"
    "    every: day\n"
    "    thresholds: {warning: 1%}\n"
    "    reviewed: 2025-01-01\n"
    "  average_order: {unit: SEK/orders, value: shop.revenue / shop.orders, every: day, reviewed: 2025-01-01}\n"
    "  returns: {unit: orders, better: lower, value: shop.returns, thresholds: {warning: 1M}, reviewed: 2025-01-01}\n";

/// Small, fast and the same everywhere, unlike the standard's distributions.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

void write_import_rows(const std::filesystem::path& path, std::uint64_t rows, bool is_hourly) {
  std::ofstream data = create(path);
  data << "date,shop,visits,orders,revenue,returns\n";
  const std::uint64_t shops = is_hourly ? 100 : 1000;
  std::mt19937_64 random(kSeed);
  std::string line;
  for (std::uint64_t row = 0; row < rows; ++row) {
    const auto period = static_cast<std::int64_t>(row / shops);
    const auto date = Date{std::chrono::sys_days{kFirstDay} + std::chrono::days{is_hourly ? period / 24 : period}};
    const std::string hour = is_hourly ? fmt::format("T{:02}:00Z", period % 24) : "";
    const std::uint64_t draw = random();
    const std::uint64_t visits = 200 + draw % 800;
    const std::uint64_t orders = 5 + (draw >> 16U) % 30;
    line = fmt::format("{}{},shop-{:04},{},{},{}.{:02},{}\n",
                       date_text(date),
                       hour,
                       row % shops,
                       visits,
                       orders,
                       orders * 437,
                       (draw >> 32U) % 100,
                       (draw >> 48U) % 4);
    data << line;
  }
  data.close();
}

}  // namespace

std::shared_ptr<const Config> load_world(const std::string& dir) {
  FileHost host;
  ConfigLoad load = load_config(dir + "/kpid.yaml", Secrets::kRequired, host);
  if (!load.config) {
    throw std::runtime_error(load.diagnostics.text());
  }
  return load.config;
}

void make_import_world(const std::string& dir, std::uint64_t rows, bool is_hourly) {
  std::ofstream main = create(std::filesystem::path(dir) / "kpid.yaml");
  main << kHead
       << "  shop:\n    plugin: csv\n    path: data.csv\n    every: 1h\n    grain: " << (is_hourly ? "hour" : "day")
       << "\n    labels: {shop: shop}\n    metrics:\n"
          "      visits: {kind: flow, unit: visits}\n"
          "      orders: {kind: flow, unit: orders}\n"
          "      revenue: {kind: flow, unit: SEK}\n"
          "      returns: {kind: flow, unit: orders}\n";
  main.close();
  std::ofstream rules = create(std::filesystem::path(dir) / "rules" / "shop.yaml");
  rules << kImportRules;
  rules.close();
  write_import_rows(std::filesystem::path(dir) / "data.csv", rows, is_hourly);
}

void make_kpi_world(const std::string& dir, std::uint32_t kpis, Shape shape) {
  std::ofstream main = create(std::filesystem::path(dir) / "kpid.yaml");
  main << kHead;
  if (shape == Shape::kMetric) {
    write_metric_sources(main, kpis);
  } else {
    main << kBoard;
  }
  main.close();
  if (shape == Shape::kSplit) {
    create(std::filesystem::path(dir) / "rules" / "r000.yaml") << kSplitRule;
  } else {
    write_rules(dir, kpis, [&](std::uint32_t kpi) {
      return shape == Shape::kMetric ? fmt::format("s{:03}.{}", kpi / kMetricsPerSource, metric_name(kpi))
                                     : fmt::format("'board.value{{id=\"{}\"}}'", id_of(kpi));
    });
  }
}

void make_split_kpis_world(const std::string& dir, std::uint32_t kpis) {
  std::ofstream main = create(std::filesystem::path(dir) / "kpid.yaml");
  main << kHead << kBoard;
  main.close();
  write_rules(dir, kpis, [](std::uint32_t) { return std::string("board.value\n    split_by: [id]"); });
}

void make_ratio_world(const std::string& dir, std::uint32_t kpis, std::uint32_t minutes) {
  std::ofstream main = create(std::filesystem::path(dir) / "kpid.yaml");
  main << kHead << "  shop:\n    plugin: csv\n    path: s.csv\n    every: 1h\n    grain: " << minutes
       << "m\n    labels: {id: id}\n    metrics:\n      orders: {kind: flow}\n      visits: {kind: flow}\n";
  main.close();
  std::ofstream rules = create(std::filesystem::path(dir) / "rules" / "r000.yaml");
  rules << "kpis:\n";
  for (std::uint32_t kpi = 0; kpi < kpis; ++kpi) {
    rules << fmt::format(
        "  kpi_{0:05}: {{value: 'sum(shop.orders{{id=\"{1}\"}}) / sum(shop.visits{{id=\"{1}\"}})', over: 7 days, "
        "every: "
        "hour, thresholds: {{warning: 0.03}}}}\n",
        kpi,
        id_of(kpi));
  }
}

double value_of(std::uint32_t kpi, std::uint32_t day) {
  const double noise = static_cast<double>(mixed((std::uint64_t{kpi} << 32U) + day) % 1000) / 100;
  return (kpi % 100 == day % 100 ? 42 : 60) + noise * 0.5;
}

void deliver(const Config& config, const Delivery& delivery, const std::function<void(std::uint32_t, Poll)>& poll) {
  const bool has_metric_each = config.sources.front().settings.labels.empty();
  const std::uint32_t per_source = has_metric_each ? kMetricsPerSource : delivery.last;
  for (std::uint32_t first = delivery.first; first < delivery.last;) {
    const std::uint32_t source = first / per_source;
    const std::uint32_t end = std::min(delivery.last, (source + 1) * per_source);
    Poll result;
    result.cursor = "1";
    for (std::uint32_t kpi = first; kpi < end; ++kpi) {
      result.series.push_back(has_metric_each ? PolledSeries{kpi % per_source, {}}
                                              : PolledSeries{0, Labels{{"id", id_of(kpi)}}});
    }
    for (std::uint32_t day = delivery.from; day < delivery.to; ++day) {
      const Slot slot = slot_of(Date{std::chrono::sys_days{kFirstDay} + std::chrono::days{day}});
      for (std::uint32_t kpi = first; kpi < end; ++kpi) {
        result.samples.push_back({kpi - first, slot, value_of(kpi, day)});
      }
    }
    poll(source, std::move(result));
    first = end;
  }
}

}  // namespace kpi::bench
