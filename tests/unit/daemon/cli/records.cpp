#include "tests/unit/daemon/cli/records.hpp"

#include "daemon/engine/recorded_rules.hpp"
#include "daemon/engine/rehearsal.hpp"
#include "rules/base/text.hpp"

#include <gtest/gtest.h>

#include <iterator>

namespace kpi::test {
namespace {

/// Each verdict and episode as a line of text.
std::string text_of(const std::string& kpi, const Labels& segment, const VerdictRow& row) {
  return kpi + " " + labels_text(segment) + " " + rfc3339(row.period.start) + " value " + number_text(row.value) +
         " limit " + number_text(row.limit) + " " + std::string(name_of(row.verdict)) + " " +
         std::string(name_of(row.severity)) + " " + std::string(name_of(row.state)) + " " +
         std::string(name_of(row.reason)) + " expected " + number_text(row.expected) + " " +
         std::string(name_of(row.target_status)) + " rule " + std::to_string(row.rule_version) + " " + row.episode;
}

std::string text_of(const std::string& kpi, const Labels& segment, const EpisodeRow& row) {
  return row.id + " " + kpi + " " + labels_text(segment) + " " + row.rule + " " + std::string(name_of(row.severity)) +
         " since " + rfc3339(row.since) + " firing " + (row.firing ? rfc3339(*row.firing) : "-") + " resolved " +
         (row.resolved ? rfc3339(*row.resolved) : "-") + (row.restated ? " restated " : " ") +
         std::string(name_of(row.reason));
}

}  // namespace

std::string day_of_march(int day) {
  return (day < 10 ? "2026-03-0" : "2026-03-") + std::to_string(day);
}

void write_rules(const Program& program, const Entries& entries, const char* file) {
  std::string text = "kpis:\n";
  for (const auto& [kpi, entry] : entries) {
    text += "  " + kpi + ": " + entry + "\n";
  }
  program.write(file, text);
}

Records records_of(const Program& program, const std::string& end) {
  Records records;
  FileHost host;
  const ConfigLoad load = load_config(program.path("kpid.yaml"), Secrets::kIgnored, host);
  EXPECT_TRUE(load.config) << load.diagnostics.text();
  const auto reader = open_history_reader(program.path("history.db"));
  EXPECT_TRUE(reader) << reader.error().message;
  const Instant last = *parse_rfc3339(end);
  auto script = read_script(**reader, *load.config, {}, last + Duration{1});
  EXPECT_TRUE(script) << script.error().message;
  const auto rules = read_recorded_rules(**reader, load.config);
  EXPECT_TRUE(rules) << rules.error().message;
  for (auto version = std::next(rules->versions.begin()); version != rules->versions.end(); ++version) {
    script->reloads.push_back({version->from, version->config});
  }

  std::set<std::string> kpis;
  const std::vector<LineRow> lines = (*reader)->lines().value();
  for (const LineRow& line : lines) {
    kpis.insert(line.kpi);
  }
  for (const std::string& kpi : kpis) {
    EXPECT_TRUE((*reader)->verdicts({kpi}, [&](const KpiVerdict& verdict) {
      records.recorded.insert(text_of(kpi, verdict.segment, verdict.row));
    }));
  }
  EXPECT_TRUE((*reader)->episodes({}, [&](const KpiEpisode& episode) {
    if (episode.row.line == 0) {
      return;  // a source's
    }
    records.recorded.insert(text_of(episode.kpi, episode.segment, episode.row));
  }));

  Rehearsal rehearsal(rules->versions.front().config, std::move(*script));
  std::map<std::pair<std::uint32_t, Slot>, VerdictRow> rows;
  rehearsal.on_verdict = [&](const VerdictRow& row) { rows.insert_or_assign({row.line, row.slot}, row); };
  const auto advanced = rehearsal.advance(last);
  EXPECT_TRUE(advanced) << advanced.error().message;
  for (const auto& [key, row] : rows) {
    const LineRow& line = rehearsal.line(row.line);
    records.rehearsed.insert(text_of(line.kpi, line.segment, row));
  }
  for (const auto& [id, row] : rehearsal.episodes()) {
    if (row.line == 0) {
      continue;
    }
    const LineRow& line = rehearsal.line(row.line);
    records.rehearsed.insert(text_of(line.kpi, line.segment, row));
  }
  return records;
}

void expect_equal(const Records& records) {
  EXPECT_EQ(join(std::vector(records.rehearsed.begin(), records.rehearsed.end()), "\n"),
            join(std::vector(records.recorded.begin(), records.recorded.end()), "\n"));
}

}  // namespace kpi::test
