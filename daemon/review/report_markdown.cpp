#include "daemon/review/honesty_text.hpp"
#include "daemon/review/outcome.hpp"
#include "daemon/review/report.hpp"
#include "rules/base/text.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string>

namespace kpi {
namespace {

/// Text that stays text: what Markdown or HTML would take for a mark is escaped.
std::string md(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (std::string_view("\\`*_{}[]<>|#!").find(c) != std::string_view::npos) {
      escaped += '\\';
    }
    escaped += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return escaped;
}

std::string compared(const ReviewKpi& kpi,
                     const std::optional<double>& value,
                     const std::optional<double>& before,
                     const ReportStyle& style) {
  if (!before) {
    return "–";
  }
  const std::string change = change_text(value, before, *kpi.kpi, style);
  return md(figure_text(before, *kpi.kpi, style)) + (change.empty() ? "" : " (" + md(change) + ")");
}

std::string row(const ReviewKpi& kpi, const ReviewLine& line, bool has_year_ago, const ReportStyle& style) {
  const ReportWords& words = report_words(style.language);
  const std::array<std::string_view, 4> outcomes{words.made, words.at_risk, words.not_made, words.nothing_to_meet};
  std::string status(outcomes.at(static_cast<std::size_t>(outcome_of(line, kpi.last_due))));
  if (!line.earlier_targets.empty()) {
    status += ": " + join(target_rows(line, *kpi.kpi, style), "; ");
  } else if (line.target && line.target->status != TargetStatus::kNotStarted) {
    status = std::string(words.status.at(static_cast<std::size_t>(line.target->status))) + ", " +
             target_words(*line.target, *kpi.kpi, style);
  }
  const std::string mark = kpi.removed ? " (" + md(words.removed) + ")" : "";
  const std::vector<std::string> notes = value_notes(kpi, line, style);
  const std::string name =
      line.segment.empty() ? md(kpi.kpi->title) + mark : "· " + md(segment_words(line.segment, words));
  return fmt::format(
      "| {} | {} | {} | {}{} | {} / {} | {} |\n",
      name,
      md(kpi.kpi->owner),
      md(figure_text(line.value, *kpi.kpi, style)) + (notes.empty() ? "" : " (" + md(join(notes, "; ")) + ")"),
      compared(kpi, line.beside_previous(), line.previous, style),
      has_year_ago ? " | " + compared(kpi, line.beside_year_ago(), line.year_ago, style) : std::string(),
      line.counts.met,
      line.counts.met + line.counts.missed,
      md(status));
}

std::string honesty(const Review& review, const ReportStyle& style) {
  const ReportWords& words = report_words(style.language);
  const HonestyText found = honesty_text(review, style);
  std::string text = fmt::format("\n## {}\n\n{}\n", words.honesty, md(found.summary));
  if (!found.rows.empty()) {
    text += fmt::format("\n| {} | {} | {} |\n|--:|--:|--:|\n", words.stated, words.happened, words.statements);
  }
  for (const HonestyRow& row : found.rows) {
    text += fmt::format("| {} | {} | {} |\n", row.stated, row.happened, row.count);
  }
  return text;
}

}  // namespace

std::string report_markdown(const Review& review, const ReportStyle& style) {
  const ReportWords& words = report_words(style.language);
  const bool has_year_ago = review.has_year_ago();
  std::string text = fmt::format("# {}: {}\n\n{}\n\n{}\n",
                                 words.title,
                                 period_words(review.period, words),
                                 days_words(review.period, words),
                                 compared_words(review, style));
  text += review.is_open ? fmt::format("\n{}\n", words.open) : "";
  text += fmt::format("\n## {}\n\n| {} | {} | {} | {}{} | {} | {} |\n|---|---|--:|--:|{}--:|---|\n",
                      words.scorecard,
                      words.kpi,
                      words.owner,
                      words.value,
                      words.previous,
                      has_year_ago ? fmt::format(" | {}", words.year_ago) : std::string(),
                      words.periods_met,
                      words.target,
                      has_year_ago ? "--:|" : "");
  for (const ReviewKpi& kpi : review.kpis) {
    text += row(kpi, kpi.total, has_year_ago, style);
    for (const ReviewLine& line : kpi.segments) {
      text += row(kpi, line, has_year_ago, style);
    }
  }
  for (const ReviewKpi& kpi : review.kpis) {
    if (kpi.removed) {
      text += fmt::format("\n**{}**: {}\n", md(kpi.kpi->title), md(removed_text(*kpi.removed, style)));
    }
  }
  text += fmt::format("\n## {}\n\n", words.decisions);
  bool is_any = false;
  for (const ReviewKpi& kpi : review.kpis) {
    for (const std::string& sentence : decisions_of(kpi, style)) {
      text += fmt::format("- **{}** ({}): {}\n",
                          md(kpi.kpi->title),
                          kpi.kpi->owner.empty() ? std::string(words.no_owner) : md(kpi.kpi->owner),
                          md(sentence));
      is_any = true;
    }
  }
  text += is_any ? "" : fmt::format("{}\n", words.no_decisions);
  text += fmt::format("\n## {}\n\n", words.changed);
  is_any = !review.notes.empty();
  for (const NoteRow& note : review.notes) {
    text += fmt::format("- {}, **{}**: {}\n", long_date(note.day, words), words.all_kpis, md(note.text));
  }
  for (const ReviewKpi& kpi : review.kpis) {
    for (const TargetTurnover& turn : kpi.changes) {
      text += fmt::format("- {}, **{}**: {} → {} ({})\n",
                          long_date(turn.date, words),
                          md(kpi.kpi->title),
                          md(turn_text(turn.was, turn.was_share, *kpi.kpi, style)),
                          md(turn_text(turn.is, turn.is_share, *kpi.kpi, style)),
                          turn.why.empty() ? std::string(words.no_reason) : md(turn.why));
      is_any = true;
    }
    for (const RuleTurnover& turn : kpi.rule_changes) {
      text += fmt::format("- {}, **{}**: {} → {} ({})\n",
                          long_date(turn.date, words),
                          md(kpi.kpi->title),
                          md(join(turn.was, ", ")),
                          md(join(turn.is, ", ")),
                          words.rule_edited);
      is_any = true;
    }
    if (kpi.unusual && kpi.unusual->found.periods > 0) {
      text += fmt::format("- **{}**: {}\n", md(kpi.kpi->title), md(unusual_text(kpi, style)));
      is_any = true;
    }
    for (const Restatement& change : kpi.total.restated) {
      text += fmt::format("- **{}**: {}\n",
                          md(kpi.kpi->title),
                          md(filled(words.restated_row,
                                    {{"date", long_date(date_of(change.slot), words)},
                                     {"was", figure_text(change.was, *kpi.kpi, style)},
                                     {"is", figure_text(change.is, *kpi.kpi, style)},
                                     {"replaced", long_date(local_day(change.replaced_at, style.zone), words)}})));
      is_any = true;
    }
    for (const NoteRow& note : kpi.notes) {
      if (note.kpi.empty()) {
        continue;
      }
      text += fmt::format("- {}, **{}**: {}\n", long_date(note.day, words), md(kpi.kpi->title), md(note.text));
      is_any = true;
    }
  }
  text += is_any ? "" : fmt::format("{}\n", words.nothing_changed);
  return text + honesty(review, style);
}

}  // namespace kpi
