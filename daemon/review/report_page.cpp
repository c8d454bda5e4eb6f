#include "daemon/review/history_chart.hpp"
#include "daemon/review/html_writer.hpp"
#include "rules/base/rounding.hpp"
#include "rules/base/text.hpp"
#include "rules/words/say.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace kpi {
namespace {

class Page {
 public:
  explicit Page(HtmlWriter& html) : html_(html), review_(html.review()), style_(html.style()), words_(html.words()) {}

  void page(const ReviewKpi& kpi) {
    const ReviewLine& line = kpi.total;
    html_.put("<section class=\"kpi\" id=\"kpi-", kpi.kpi->id, "\">\n");
    html_.put("<h3>", kpi.kpi->title, " ");
    html_.chip(tone_of(html_.outcome(kpi)), html_.outcome_text(kpi));
    if (kpi.removed) {
      html_.raw(" ");
      html_.chip("info", words_.removed);
    }
    html_.raw("</h3>\n");
    if (kpi.removed) {
      html_.put("<p>", removed_text(*kpi.removed, style_), "</p>\n");
    }
    html_.put("<p class=\"soft\">", kpi.kpi->description, "</p>\n");
    facts(kpi);
    figure(kpi, line);
    if (line.target && line.target->outlook) {
      outlook(kpi, *line.target->outlook);
    } else if (line.target) {
      stated(kpi, *line.target);
    }
    targets(kpi);
    unusual(kpi);
    counts(line);
    if (const std::string lacking = parts_without_data(kpi, style_); !lacking.empty()) {
      html_.put("<p>", lacking, "</p>\n");
    }
    basis(kpi);
    segments(kpi);
    episodes(kpi);
    restated(kpi);
    notes(kpi);
    reviewed(kpi);
    html_.raw("</section>\n");
  }

  void fact(std::string_view name, std::string_view text) {
    html_.put("<div><dt>", name, "</dt>");
    html_.put("<dd>", text, "");
  }

  void facts(const ReviewKpi& kpi) {
    const ReviewLine& line = kpi.total;
    html_.raw("<dl class=\"facts\">");
    fact(words_.value, figure_text(line.value, *kpi.kpi, style_));
    html_.value_notes(kpi, line);
    html_.raw("</dd></div>");
    fact(words_.previous, line.previous ? figure_text(line.previous, *kpi.kpi, style_) : std::string("–"));
    html_.change(kpi, line.beside_previous(), line.previous);
    html_.raw("</dd></div>");
    if (review_.has_year_ago()) {
      fact(words_.year_ago, line.year_ago ? figure_text(line.year_ago, *kpi.kpi, style_) : std::string("–"));
      html_.change(kpi, line.beside_year_ago(), line.year_ago);
      html_.raw("</dd></div>");
    }
    if (line.target) {
      fact(words_.target, goal_text(line.target->goal, *line.target, *kpi.kpi, style_));
      html_.put("<small>", words_.status.at(static_cast<std::size_t>(line.target->status)), "</small>");
      if (std::isfinite(line.target->actual)) {
        html_.put("<small>",
                  filled(words_.latest, {{"actual", goal_text(line.target->actual, *line.target, *kpi.kpi, style_)}}),
                  "</small>");
      }
      if (std::isfinite(line.target->expected)) {
        html_.put(
            "<small>",
            filled(words_.on_path, {{"expected", goal_text(line.target->expected, *line.target, *kpi.kpi, style_)}}),
            "</small>");
      }
      standing(kpi, *line.target);
      html_.raw("</dd></div>");
    }
    if (!kpi.removed) {  // a recorded rule has no owner, whoever it was
      fact(words_.owner, kpi.kpi->owner.empty() ? words_.no_owner : std::string_view(kpi.kpi->owner));
      html_.raw("</dd></div>");
    }
    html_.raw("</dl>\n");
  }

  /// From where to when, and how fast.
  void standing(const ReviewKpi& kpi, const ReviewTarget& target) {
    static const Unit percent = Unit::parse("%").value_or(Unit());
    const bool is_over = target.status == TargetStatus::kAchieved || target.status == TargetStatus::kMissed;
    if (target.pace && !is_over) {
      const std::string pace = format_value(std::round(*target.pace * 100) / 100, percent, style_.language);
      html_.put("<small>", filled(words_.pace, {{"pace", pace}}), "</small>");
    }
    if (std::isfinite(target.baseline) && target.measure == Target::Measure::kLevel) {
      html_.put("<small>",
                filled(words_.from_baseline, {{"value", goal_text(target.baseline, target, *kpi.kpi, style_)}}),
                "</small>");
    }
    if (target.deadline) {
      html_.put("<small>", filled(words_.deadline, {{"date", long_date(*target.deadline, words_)}}), "</small>");
    }
  }

  /// What was last said of the goal before the review ended, where the present knows better by now.
  void stated(const ReviewKpi& kpi, const ReviewTarget& target) {
    if (!target.stated) {
      return;
    }
    const Kpi& rule = *kpi.kpi;
    const Slot slot = target.stated->slot;
    const Date day = rule.every.is_civil() ? date_of(slot) : local_day(Instant{Duration{slot.ms}}, rule.zone);
    const bool is_share = target.measure == Target::Measure::kShareMet;
    html_.put("<p><b>", words_.forecast, "</b>: ");
    html_.put("",
              filled(words_.stated_forecast,
                     {{"date", long_date(day, words_)},
                      {"projected", goal_text(target.stated->projected, target, rule, style_)},
                      {"share", likelihood_words(target.stated->probability, is_share, style_.language)}}),
              "</p>\n");
  }

  void outlook(const ReviewKpi& kpi, const ReviewOutlook& outlook) {
    const bool is_share = kpi.total.target->measure == Target::Measure::kShareMet;
    const auto text = [&](double value) { return goal_text(value, *kpi.total.target, *kpi.kpi, style_); };
    html_.put("<p><b>", words_.forecast, "</b>: ");
    html_.put("<b>", text(outlook.projected), "</b> ");
    html_.put("",
              filled(words_.forecast_text,
                     {{"low", text(rounded_beside(outlook.low, outlook.high - outlook.low, 4))},
                      {"high", text(rounded_beside(outlook.high, outlook.high - outlook.low, 4))},
                      {"share", likelihood_words(outlook.probability, is_share, style_.language)},
                      {"date", long_date(outlook.deadline, words_)}}),
              ".</p>\n");
  }

  /// Those that ended before the newest: it hides how they ended.
  void targets(const ReviewKpi& kpi) {
    if (kpi.total.earlier_targets.empty()) {
      return;
    }
    html_.put("<h4>", words_.ended_targets, "</h4>\n<ul>");
    for (const std::string& row : target_rows(kpi.total, *kpi.kpi, style_)) {
      html_.put("<li>", row, "</li>");
    }
    html_.raw("</ul>\n");
  }

  void unusual(const ReviewKpi& kpi) {
    if (kpi.unusual) {
      html_.put("<p>", unusual_text(kpi, style_), ".</p>\n");
    }
  }

  void figure(const ReviewKpi& kpi, const ReviewLine& line) {
    html_.raw("<figure>", history_chart({&line, kpi.kpi, &kpi.notes, review_.period, review_.now}, style_));
    html_.raw("<figcaption class=\"legend\">");
    const auto entry = [&](bool is_there, std::string_view name, std::string_view text) {
      if (is_there) {
        html_.raw("<span class=\"", name, "\">", html_text(text), "</span>");
      }
    };
    const auto has = [&](double ReviewPoint::* number) {
      return std::ranges::any_of(line.points, [&](const ReviewPoint& point) { return std::isfinite(point.*number); });
    };
    entry(true, "value", words_.line_value);
    entry(has_path_of_values(line) && has(&ReviewPoint::expected), "path", words_.line_path);
    entry(line.target && line.target->outlook && line.target->outlook->is_level, "forecast", words_.forecast);
    entry(has(&ReviewPoint::limit), "limit", words_.line_limit);
    entry(line.counts.missed > 0, "missed", words_.mark_missed);
    entry(!line.restated.empty(), "restated", words_.mark_restated);
    entry(!line.episodes.empty(), "band", words_.mark_episode);
    html_.raw("</figcaption></figure>\n");
    const std::string way = progress_chart({&line, kpi.kpi, &kpi.notes, review_.period, review_.now}, style_);
    if (!way.empty()) {
      html_.raw("<figure>", way, "<figcaption class=\"legend\">");
      entry(true, "value", words_.so_far);
      entry(true, "path", words_.line_path);
      entry(line.target->outlook.has_value(), "forecast", words_.forecast);
      html_.raw("</figcaption></figure>\n");
    }
  }

  void counts(const ReviewLine& line) {
    const VerdictCounts& counts = line.counts;
    html_.put("<p>",
              filled(words_.adds_up,
                     {{"met", std::to_string(counts.met)},
                      {"missed", std::to_string(counts.missed)},
                      {"no_data", std::to_string(counts.no_data)},
                      {"recorded", std::to_string(counts.recorded)},
                      {"periods", std::to_string(counts.periods)}}),
              "</p>\n");
    static const Unit percent = Unit::parse("%").value_or(Unit());
    const auto share = [&](const std::optional<double>& number) {
      return format_value(std::round(number.value_or(0) * 1000) / 1000, percent, style_.language);
    };
    if (counts.attainment()) {
      html_.put("<p>",
                filled(counts.no_data == 0 ? words_.attainment_judged : words_.attainment,
                       {{"share", share(counts.attainment())}, {"strict", share(counts.strict_attainment())}}),
                "</p>\n");
    }
    if (line.to_notice) {
      const std::string notice = duration_words(*line.to_notice, words_);
      const std::string recover = line.to_recover ? duration_words(*line.to_recover, words_) : std::string();
      html_.put("<p>",
                filled(line.to_recover ? words_.notice_and_recover : words_.to_notice,
                       {{"notice", notice}, {"recover", recover}}),
                "</p>\n");
    }
  }

  void basis(const ReviewKpi& kpi) {
    if (review_.is_open || kpi.until < review_.period.to) {
      const Date last{std::chrono::sys_days{kpi.until} - std::chrono::days{1}};
      html_.put("<p><small>",
                kpi.until == review_.period.from ? std::string(words_.judged_none)
                                                 : filled(words_.judged_until, {{"date", long_date(last, words_)}}),
                "</small></p>\n");
    }
    const bool is_said = kpi.removed && !kpi.removed->loads;
    if (kpi.basis != FigureBasis::kFormula && !is_said) {
      html_.put(
          "<p><small>", kpi.basis == FigureBasis::kMean ? words_.basis_mean : words_.basis_last, "</small></p>\n");
    }
  }

  void segments(const ReviewKpi& kpi) {
    if (kpi.segments.empty()) {
      return;
    }
    html_.put("<h4>", words_.movers, "</h4>\n<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr>");
    html_.header_cell(words_.segment);
    html_.header_cell(words_.value, "number");
    html_.header_cell(words_.previous, "number");
    if (review_.has_year_ago()) {
      html_.header_cell(words_.year_ago, "number wide");
    }
    html_.header_cell(words_.periods_met);
    html_.raw("</tr></thead>\n<tbody>\n");
    std::vector<const ReviewLine*> lines;
    for (const ReviewLine& line : kpi.segments) {
      lines.push_back(&line);
    }
    // Those that moved the most first.
    std::ranges::stable_sort(lines, std::greater<>{}, [](const ReviewLine* line) {
      const std::optional<double> value = line->beside_previous();
      return value && line->previous ? std::abs(*value - *line->previous) : 0.0;
    });
    for (const ReviewLine* line : lines) {
      html_.put("<tr><th scope=\"row\">", segment_words(line->segment, words_), "");
      html_.raw(sparkline(*line, review_.period), "</th>");
      html_.value(kpi, *line);
      html_.compared(kpi, line->beside_previous(), line->previous, "number");
      if (review_.has_year_ago()) {
        html_.compared(kpi, line->beside_year_ago(), line->year_ago, "number wide");
      }
      html_.raw("<td>", fmt::format("{} / {}", line->counts.met, line->counts.met + line->counts.missed));
      html_.bar(line->counts);
      html_.raw("</td></tr>\n");
    }
    html_.raw("</tbody></table></div>\n");
  }

  /// Of the total and of its segments, in the order in which they began; of very many the last ones.
  void episodes(const ReviewKpi& kpi) {
    std::vector<std::pair<const ReviewLine*, const EpisodeRow*>> rows;
    const auto gather = [&](const ReviewLine& line) {
      for (const EpisodeRow& episode : line.episodes) {
        rows.emplace_back(&line, &episode);
      }
    };
    gather(kpi.total);
    std::ranges::for_each(kpi.segments, gather);
    if (rows.empty()) {
      return;
    }
    std::ranges::stable_sort(rows, {}, [](const auto& row) { return row.second->since; });
    constexpr std::size_t kMost = 60;
    const std::size_t left_out = rows.size() - std::min(rows.size(), kMost);
    rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(left_out));
    html_.put("<h4>", words_.episodes, "</h4>\n");
    if (left_out > 0) {
      html_.put("<p>", filled(words_.earlier, {{"n", std::to_string(left_out)}}), "</p>\n");
    }
    html_.raw("<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr>");
    for (const std::string_view name : {words_.rule, words_.since, words_.firing, words_.resolved}) {
      html_.header_cell(name);
    }
    html_.raw("</tr></thead>\n<tbody>\n");
    for (const auto& [line, episode] : rows) {
      episode_row(*kpi.kpi, *line, *episode);
    }
    html_.raw("</tbody></table></div>\n");
  }

  void episode_row(const Kpi& kpi, const ReviewLine& line, const EpisodeRow& episode) {
    const auto day = [&](const std::optional<Instant>& at) -> std::string {
      if (!at) {
        return std::string(words_.still_open);
      }
      const std::string date = long_date(local_day(*at, style_.zone), words_);
      const auto local = style_.zone.to_local(*at);
      const std::chrono::hh_mm_ss time{local - std::chrono::floor<std::chrono::days>(local)};
      return kpi.every.is_civil() ? date
                                  : fmt::format("{} {:02}:{:02}", date, time.hours().count(), time.minutes().count());
    };
    html_.raw("<tr><td>");
    html_.chip(episode.severity == Severity::kCritical ? "bad" : "warn", rule_words(episode.rule, words_));
    if (!line.segment.empty()) {
      html_.put(" ", segment_words(line.segment, words_), "");
    }
    html_.raw("</td>");
    html_.put("<td>", day(episode.since), "</td>");
    html_.put("<td>", day(episode.firing), "</td>");
    html_.put("<td>", day(episode.resolved), "</td></tr>\n");
  }

  void restated(const ReviewKpi& kpi) {
    if (kpi.total.restated.empty()) {
      return;
    }
    html_.put("<h4>", filled(words_.restated, {{"count", std::to_string(kpi.total.restated.size())}}), "</h4>\n<ul>");
    constexpr std::size_t kMost = 20;
    for (std::size_t i = 0; i < std::min(kMost, kpi.total.restated.size()); ++i) {
      const Restatement& change = kpi.total.restated[i];
      html_.put("<li>",
                filled(words_.restated_row,
                       {{"date", long_date(date_of(change.slot), words_)},
                        {"was", figure_text(change.was, *kpi.kpi, style_)},
                        {"is", figure_text(change.is, *kpi.kpi, style_)},
                        {"replaced", long_date(local_day(change.replaced_at, style_.zone), words_)}}),
                "</li>");
    }
    html_.raw(kpi.total.restated.size() > kMost ? "<li>…</li></ul>\n" : "</ul>\n");
  }

  void notes(const ReviewKpi& kpi) {
    if (kpi.notes.empty()) {
      return;
    }
    html_.put("<h4>", words_.notes, "</h4>\n");
    html_.raw("<ol>");
    for (const NoteRow& note : kpi.notes) {
      html_.put("<li><b>", long_date(note.day, words_), "</b> ");
      html_.put("", note.text, "");
      html_.put(note.by.empty() ? "" : " <small>", note.by, note.by.empty() ? "</li>" : "</small></li>");
    }
    html_.raw("</ol>\n");
  }

  void reviewed(const ReviewKpi& kpi) {
    html_.put("<p><small>", html_.reviewed_text(kpi), "");
    html_.put(kpi.review_note.empty() ? "" : " ", kpi.review_note, "</small></p>\n");
  }

 private:
  HtmlWriter& html_;
  const Review& review_;
  const ReportStyle& style_;
  const ReportWords& words_;
};

}  // namespace

void write_page(HtmlWriter& html, const ReviewKpi& kpi) {
  Page(html).page(kpi);
}

}  // namespace kpi
