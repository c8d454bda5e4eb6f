#include "daemon/review/html_writer.hpp"

#include "daemon/review/history_chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kpi {

std::string_view tone_of(ReviewOutcome outcome) {
  constexpr std::array<std::string_view, 4> kTones{"good", "warn", "bad", "info"};
  return kTones.at(static_cast<std::size_t>(outcome));
}

HtmlWriter::HtmlWriter(const Review& review, const ReportStyle& style)
    : review_(review), style_(style), words_(report_words(style.language)) {}

void HtmlWriter::put(std::string_view before, std::string_view text, std::string_view after) {
  const bool is_plain = std::ranges::none_of(text, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '\xE2' || c == '&' || c == '<' || c == '>' || c == '"' ||
           c == '\'';
  });
  raw(before);
  if (is_plain) {
    raw(text);
  } else {
    raw(html_text(text));
  }
  raw(after);
}

void HtmlWriter::header_cell(std::string_view text, std::string_view classes) {
  raw("<th scope=\"col\"");
  if (!classes.empty()) {
    raw(" class=\"", classes, "\"");
  }
  put(">", text, "</th>");
}

void HtmlWriter::chip(std::string_view tone, std::string_view text) {
  raw("<span class=\"chip ", tone, "\">");
  put("", text, "</span>");
}

void HtmlWriter::value(const ReviewKpi& kpi, const ReviewLine& line) {
  put("<td class=\"number\"><b>", figure_text(line.value, *kpi.kpi, style_), "</b>");
  value_notes(kpi, line);
  raw("</td>");
}

void HtmlWriter::value_notes(const ReviewKpi& kpi, const ReviewLine& line) {
  for (const std::string& note : kpi::value_notes(kpi, line, style_)) {
    put("<small class=\"soft\">", note, "</small>");
  }
}

void HtmlWriter::compared(const ReviewKpi& kpi,
                          const std::optional<double>& value,
                          const std::optional<double>& before,
                          std::string_view classes) {
  raw("<td class=\"", classes, "\">");
  put("", before ? figure_text(before, *kpi.kpi, style_) : std::string("–"), "");
  change(kpi, value, before);
  raw("</td>");
}

void HtmlWriter::change(const ReviewKpi& kpi, const std::optional<double>& value, const std::optional<double>& before) {
  const std::string text = change_text(value, before, *kpi.kpi, style_);
  if (!text.empty()) {
    const int direction = direction_of(value, before, *kpi.kpi);
    raw("<small class=\"", direction > 0 ? "up" : direction < 0 ? "down" : "soft", "\">");
    put("", text, "</small>");
  }
}

void HtmlWriter::bar(const VerdictCounts& counts) {
  if (counts.periods == 0) {
    return;
  }
  raw("<span class=\"bar\" aria-hidden=\"true\">");
  const auto part = [&](std::string_view name, std::size_t count) {
    if (count > 0) {
      raw(fmt::format(R"(<i class="{}" style="width:{:.2f}%"></i>)",
                      name,
                      100.0 * static_cast<double>(count) / static_cast<double>(counts.periods)));
    }
  };
  part("met", counts.met);
  part("missed", counts.missed);
  part("no_data", counts.no_data);
  part("recorded", counts.recorded);
  raw("</span>");
}

std::string_view HtmlWriter::outcome_text(const ReviewKpi& kpi) const {
  const ReviewLine& line = kpi.total;
  if (line.earlier_targets.empty() && line.target && line.target->status != TargetStatus::kNotStarted) {
    return words_.status.at(static_cast<std::size_t>(line.target->status));
  }
  const std::array<std::string_view, 4> names{words_.made, words_.at_risk, words_.not_made, words_.nothing_to_meet};
  return names.at(static_cast<std::size_t>(outcome(kpi)));
}

std::string HtmlWriter::reviewed_text(const ReviewKpi& kpi) const {
  if (!kpi.reviewed) {
    return std::string(words_.not_reviewed);
  }
  const std::string date = long_date(*kpi.reviewed, words_);
  return kpi.reviewed_by.empty() ? filled(words_.reviewed, {{"date", date}})
                                 : filled(words_.reviewed_by, {{"date", date}, {"by", kpi.reviewed_by}});
}

std::string HtmlWriter::take() {
  std::string text;
  std::swap(text, out_);
  return text;
}

}  // namespace kpi
