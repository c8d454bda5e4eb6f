#include "daemon/review/history_chart.hpp"
#include "daemon/review/honesty_text.hpp"
#include "daemon/review/html_writer.hpp"
#include "rules/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

namespace kpi {

// report.css, as text; put together at build time.
extern const std::string_view kReportStyle;

namespace {

class Html {
 public:
  Html(const Review& review, const ReportStyle& style)
      : html_(review, style), review_(review), style_(style), words_(html_.words()) {}

  std::string render() {
    head();
    tiles();
    decisions();
    changes();
    scorecard();
    html_.put("<h2 id=\"kpis\">", words_.contents, "</h2>\n");
    for (const ReviewKpi& kpi : review_.kpis) {
      write_page(html_, kpi);
    }
    honesty();
    loads();
    reviews();
    smart();
    html_.raw("<footer>",
              html_text(filled(words_.footer, {{"version", KPI_VERSION}})),
              "</footer>\n</main>\n</body>\n</html>\n");
    return html_.take();
  }

 private:
  void head() {
    const std::string title = std::string(words_.title) + ": " + period_words(review_.period, words_);
    html_.raw("<!doctype html>\n<html lang=\"", words_.code, "\">\n<head>\n<meta charset=\"utf-8\">\n");
    html_.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html_.raw(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n");
    html_.raw("<meta name=\"generator\" content=\"kpid ", KPI_VERSION, "\">\n");
    html_.put("<title>", title, "</title>\n");
    html_.raw("<style>", kReportStyle, "</style>\n</head>\n<body>\n<main>\n<header>\n");
    html_.put("<h1>", title, "</h1>\n");
    html_.put("<p class=\"soft\">", days_words(review_.period, words_), "</p>\n");
    html_.put("<p>", compared_words(review_, style_), "</p>\n");
    if (review_.is_open) {
      html_.put("<p>", words_.open, "</p>\n");
    }
    html_.raw("</header>\n");
  }

  /// How many made it and how many did not, and which: the answer before anything else.
  void tiles() {
    std::array<std::vector<const ReviewKpi*>, 4> kpis;
    for (const ReviewKpi& kpi : review_.kpis) {
      kpis.at(static_cast<std::size_t>(html_.outcome(kpi))).push_back(&kpi);
    }
    const std::array<std::string_view, 4> names{words_.made, words_.at_risk, words_.not_made, words_.nothing_to_meet};
    html_.raw("<ul class=\"tiles\">\n");
    for (std::size_t i = 0; i < kpis.size(); ++i) {
      html_.raw(
          "<li class=\"", tone_of(static_cast<ReviewOutcome>(i)), "\"><b>", std::to_string(kpis.at(i).size()), "</b>");
      html_.put(" ", names.at(i), "");
      name_some(kpis.at(i));
      html_.raw("</li>\n");
    }
    html_.raw("</ul>\n");
  }

  void name_some(const std::vector<const ReviewKpi*>& kpis) {
    constexpr std::size_t kMost = 8;
    html_.raw(kpis.empty() ? "" : "<small>");
    for (std::size_t i = 0; i < std::min(kMost, kpis.size()); ++i) {
      html_.put(i == 0 ? "<a href=\"#kpi-" : ", <a href=\"#kpi-", kpis[i]->kpi->id, "\">");
      html_.put("", kpis[i]->kpi->title, "</a>");
    }
    html_.raw(kpis.size() > kMost ? ", …" : "", kpis.empty() ? "" : "</small>");
  }

  void scorecard() {
    html_.put("<h2 id=\"scorecard\">", words_.scorecard, "</h2>\n");
    html_.put("<p class=\"soft\"><small>", words_.scorecard_rule, "</small></p>\n");
    html_.raw("<div class=\"scroll\" tabindex=\"0\"><table class=\"scores rows\">\n<thead><tr>");
    html_.header_cell(words_.kpi, "name");
    html_.header_cell(words_.owner, "wide");
    html_.header_cell(words_.value, "number");
    html_.header_cell(words_.previous, "number narrow");
    if (review_.has_year_ago()) {
      html_.header_cell(words_.year_ago, "number wide");
    }
    html_.header_cell(words_.periods_met, "wide");
    html_.header_cell(words_.target);
    html_.raw("</tr></thead>\n");
    std::vector<std::string> objectives;
    std::map<std::string, std::vector<const ReviewKpi*>> by_objective;
    std::vector<const ReviewKpi*> removed;
    for (const ReviewKpi& kpi : review_.kpis) {
      if (kpi.removed) {
        removed.push_back(&kpi);
        continue;
      }
      auto& kpis = by_objective[kpi.kpi->objective];
      if (kpis.empty()) {
        objectives.push_back(kpi.kpi->objective);
      }
      kpis.push_back(&kpi);
    }
    for (const std::string& objective : objectives) {
      scores(objective.empty() ? words_.no_objective : std::string_view(objective), by_objective[objective]);
    }
    if (!removed.empty()) {
      scores(words_.removed_kpis, removed);
    }
    html_.raw("</table></div>\n");
  }

  void scores(std::string_view heading, const std::vector<const ReviewKpi*>& kpis) {
    html_.put("<tbody class=\"objective\"><tr><th scope=\"rowgroup\" colspan=\"7\">", heading, "</th></tr>\n");
    for (const ReviewKpi* kpi : kpis) {
      score(*kpi);
    }
    html_.raw("</tbody>\n");
  }

  void score(const ReviewKpi& kpi) {
    const ReviewLine& line = kpi.total;
    html_.put("<tr><th scope=\"row\"><a href=\"#kpi-", kpi.kpi->id, "\">");
    html_.put("", kpi.kpi->title, "</a>");
    if (kpi.removed) {
      html_.put("<small class=\"line\">", removed_text(*kpi.removed, style_), "</small>");
    }
    html_.raw(sparkline(line, review_.period), "</th>");
    html_.put("<td class=\"wide owner\">", kpi.kpi->owner, "</td>");
    html_.value(kpi, line);
    html_.compared(kpi, line.beside_previous(), line.previous, "number narrow");
    if (review_.has_year_ago()) {
      html_.compared(kpi, line.beside_year_ago(), line.year_ago, "number wide");
    }
    html_.raw("<td class=\"wide\">");
    if (line.counts.met + line.counts.missed > 0) {
      html_.raw(fmt::format("{} / {}", line.counts.met, line.counts.met + line.counts.missed));
    }
    html_.bar(line.counts);
    html_.raw("</td><td>");
    html_.chip(tone_of(html_.outcome(kpi)), html_.outcome_text(kpi));
    if (!line.earlier_targets.empty()) {
      for (const std::string& row : target_rows(line, *kpi.kpi, style_)) {
        html_.put("<small class=\"line\">", row, "</small>");
      }
    } else if (line.target) {
      // The value of the period may be of another kind than the goal: a sum beside the level of four weeks.
      if (std::isfinite(line.target->actual)) {
        html_.put("<small class=\"line\">",
                  filled(words_.latest, {{"actual", goal_text(line.target->actual, *line.target, *kpi.kpi, style_)}}),
                  "</small>");
      }
      html_.put("<small class=\"line\">",
                filled(words_.goal, {{"goal", goal_text(line.target->goal, *line.target, *kpi.kpi, style_)}}),
                "</small>");
      if (line.target->deadline) {
        html_.put("<small class=\"line\">",
                  filled(words_.deadline, {{"date", long_date(*line.target->deadline, words_)}}),
                  "</small>");
      }
    }
    html_.raw("</td></tr>\n");
  }

  void decisions() {
    html_.put("<h2 id=\"decisions\">", words_.decisions, "</h2>\n");
    std::vector<std::pair<const ReviewKpi*, std::vector<std::string>>> found;
    for (const ReviewKpi& kpi : review_.kpis) {
      if (auto sentences = decisions_of(kpi, style_); !sentences.empty()) {
        found.emplace_back(&kpi, std::move(sentences));
      }
    }
    if (found.empty()) {
      html_.put("<p>", words_.no_decisions, "</p>\n");
      return;
    }
    constexpr std::size_t kMost = 100;
    if (found.size() > kMost) {  // then the gravest
      std::ranges::stable_sort(found, {}, [&](const auto& one) {
        constexpr std::array<int, 4> kRank{2, 1, 0, 3};
        return kRank.at(static_cast<std::size_t>(html_.outcome(*one.first)));
      });
    }
    html_.raw("<ul class=\"decisions\">\n");
    for (std::size_t i = 0; i < std::min(kMost, found.size()); ++i) {
      decision(*found[i].first, found[i].second);
    }
    html_.raw("</ul>\n");
    tell_rest(found.size(), kMost);
  }

  void tell_rest(std::size_t count, std::size_t most) {
    if (count > most) {
      html_.put("<p>", filled(words_.more, {{"n", std::to_string(count - most)}}), "</p>\n");
    }
  }

  void decision(const ReviewKpi& kpi, const std::vector<std::string>& sentences) {
    const bool is_grave = html_.outcome(kpi) == ReviewOutcome::kNotMade;
    html_.put(is_grave ? "<li><a href=\"#kpi-" : "<li class=\"warn\"><a href=\"#kpi-", kpi.kpi->id, "\">");
    html_.put("", kpi.kpi->title, "</a>");
    html_.put(" <small>", kpi.kpi->owner.empty() ? words_.no_owner : std::string_view(kpi.kpi->owner), "</small><ul>");
    for (const std::string& sentence : sentences) {
      html_.put("<li>", sentence, "</li>");
    }
    html_.raw("</ul></li>\n");
  }

  void changes() {
    html_.put("<h2 id=\"changes\">", words_.changed, "</h2>\n");
    const std::string before = html_.take();  // each row by itself, to put them in the order of their days
    for (const NoteRow& note : review_.notes) {
      html_.put("<tr><td>", long_date(note.day, words_), "</td>");
      html_.put("<td>", words_.all_kpis, "</td><td></td><td></td>");
      html_.put("<td>", note.text, "</td></tr>\n");
      change_rows_.emplace_back(note.day, html_.take());
    }
    for (const ReviewKpi& kpi : review_.kpis) {
      changes_of(kpi);
    }
    html_.raw(before);
    if (change_rows_.empty()) {
      html_.put("<p>", words_.nothing_changed, "</p>\n");
      return;
    }
    html_.raw("<div class=\"scroll\" tabindex=\"0\"><table class=\"changes rows\">\n<thead><tr>");
    for (const std::string_view name : {words_.date, words_.kpi, words_.was, words_.is, words_.why}) {
      html_.header_cell(name);
    }
    html_.raw("</tr></thead>\n<tbody>\n");
    std::ranges::stable_sort(change_rows_, {}, &std::pair<Date, std::string>::first);
    for (const auto& [day, row] : change_rows_) {
      html_.raw(row);
    }
    html_.raw("</tbody></table></div>\n");
  }

  void change_row(Date date, const ReviewKpi& kpi, std::string_view was, std::string_view is, std::string_view why) {
    html_.put("<tr><td>", long_date(date, words_), "</td>");
    html_.put("<td><a href=\"#kpi-", kpi.kpi->id, "\">");
    html_.put("", kpi.kpi->title, "</a></td>");
    html_.put("<td>", was, "</td>");
    html_.put("<td>", is, "</td>");
    html_.put("<td>", why, "</td></tr>\n");
    change_rows_.emplace_back(date, html_.take());
  }

  void changes_of(const ReviewKpi& kpi) {
    for (const TargetTurnover& turn : kpi.changes) {
      change_row(turn.date,
                 kpi,
                 turn_text(turn.was, turn.was_share, *kpi.kpi, style_),
                 turn_text(turn.is, turn.is_share, *kpi.kpi, style_),
                 turn.why.empty() ? words_.no_reason : std::string_view(turn.why));
    }
    for (const RuleTurnover& turn : kpi.rule_changes) {
      change_row(turn.date, kpi, join(turn.was, ", "), join(turn.is, ", "), words_.rule_edited);
    }
    for (const Restatement& change : kpi.total.restated) {
      change_row(date_of(change.slot),
                 kpi,
                 figure_text(change.was, *kpi.kpi, style_),
                 figure_text(change.is, *kpi.kpi, style_),
                 words_.mark_restated);
    }
    for (const NoteRow& note : kpi.notes) {
      if (!note.kpi.empty()) {
        change_row(note.day, kpi, "", "", note.text);
      }
    }
  }

  void honesty() {
    const HonestyText text = honesty_text(review_, style_);
    html_.put("<h2 id=\"forecasts\">", words_.honesty, "</h2>\n");
    html_.put("<p>", text.summary, "</p>\n");
    if (text.rows.empty()) {
      return;
    }
    html_.raw("<div class=\"scroll\"><table>\n<thead><tr>");
    for (const std::string_view name : {words_.stated, words_.happened, words_.statements}) {
      html_.header_cell(name, "number");
    }
    html_.raw("</tr></thead>\n<tbody>\n");
    for (const HonestyRow& row : text.rows) {
      html_.raw("<tr>");
      for (const std::string* cell : {&row.stated, &row.happened, &row.count}) {
        html_.put("<td class=\"number\">", *cell, "</td>");
      }
      html_.raw("</tr>\n");
    }
    html_.raw("</tbody></table></div>\n");
  }

  void loads() {
    html_.put("<h2 id=\"load\">", words_.load, "</h2>\n<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr>");
    html_.header_cell(words_.owner);
    html_.header_cell(words_.kpi, "number");
    html_.header_cell(words_.episodes, "number");
    html_.header_cell(words_.critical, "number");
    html_.raw("</tr></thead>\n<tbody>\n");
    for (const OwnerLoad& owner : review_.owners) {
      html_.put(
          "<tr><th scope=\"row\">", owner.owner.empty() ? words_.no_owner : std::string_view(owner.owner), "</th>");
      for (const std::size_t count : {owner.kpis, owner.episodes, owner.critical}) {
        html_.raw("<td class=\"number\">", std::to_string(count), "</td>");
      }
      html_.raw("</tr>\n");
    }
    html_.raw("</tbody></table></div>\n");
  }

  void reviews() {
    html_.put("<h2 id=\"reviews\">", words_.reviews, "</h2>\n");
    constexpr std::size_t kMost = 100;
    std::size_t count = 0;
    for (const ReviewKpi& kpi : review_.kpis) {
      if (!kpi.is_overdue || !promises(*kpi.kpi) || ++count > kMost) {
        continue;
      }
      html_.raw(count == 1 ? "<ul>\n" : "");
      html_.put("<li><a href=\"#kpi-", kpi.kpi->id, "\">");
      html_.put("", kpi.kpi->title, "</a> ");
      html_.put("<small>", html_.reviewed_text(kpi), "</small></li>\n");
    }
    if (count > 0) {
      html_.raw("</ul>\n");
      tell_rest(count, kMost);
    } else {
      html_.put("<p>", words_.all_reviewed, "</p>\n");
    }
  }

  void smart() {
    const auto has_gaps = [](const ReviewKpi& kpi) { return !kpi.gaps.empty(); };
    if (review_.crowds.empty() && std::ranges::none_of(review_.kpis, has_gaps)) {
      return;
    }
    html_.put("<h2 id=\"smart\">", words_.smart, "</h2>\n<ul>\n");
    for (const Crowd& crowd : review_.crowds) {
      html_.put("<li>",
                filled(words_.crowd, {{"count", std::to_string(crowd.kpis)}, {"objective", crowd.objective}}),
                "</li>\n");
    }
    for (const ReviewKpi& kpi : review_.kpis) {
      if (has_gaps(kpi)) {
        std::vector<std::string> gaps;
        for (const SmartGap gap : kpi.gaps) {
          gaps.emplace_back(words_.gaps.at(static_cast<std::size_t>(gap)));
        }
        html_.put("<li><a href=\"#kpi-", kpi.kpi->id, "\">");
        html_.put("", kpi.kpi->title, "</a>: ");
        html_.put("", join(gaps, ", "), "</li>\n");
      }
    }
    html_.raw("</ul>\n");
  }

  HtmlWriter html_;
  std::vector<std::pair<Date, std::string>> change_rows_;
  const Review& review_;
  const ReportStyle& style_;
  const ReportWords& words_;
};

}  // namespace

std::string report_html(const Review& review, const ReportStyle& style) {
  return Html(review, style).render();
}

}  // namespace kpi
