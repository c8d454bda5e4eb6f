#include "daemon/notify/mail_html.hpp"

#include "daemon/notify/digest_html.hpp"
#include "daemon/notify/html_text.hpp"
#include "daemon/notify/message_card.hpp"
#include "rules/base/text.hpp"
#include "rules/words/civil_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace kpi {

namespace {

constexpr std::size_t kMostAlerts = 50;
constexpr std::size_t kMostDetailed = 10;
constexpr std::size_t kMostLines = 500;
/// Of the name that a chart has of its alert.
constexpr std::size_t kMaxPictureName = 90;

constexpr std::string_view kFont = "font-family:-apple-system,Segoe UI,Helvetica,Arial,sans-serif";

std::string badge(std::string_view text, Tone tone) {
  return fmt::format(
      "<span style=\"display:inline-block;padding:2px 10px;border-radius:10px;background:{};color:#ffffff;"
      "font-size:13px;font-weight:600\">{}</span>",
      colour_of(tone),
      html_escaped(text));
}

std::string button(std::string_view text, std::string_view url, bool is_first) {
  return fmt::format(
      "<a href=\"{}\" style=\"display:inline-block;margin:0 8px 0 0;padding:8px 16px;border-radius:4px;"
      "border:1px solid #2f6fb0;background:{};color:{};text-decoration:none;font-size:14px\">{}</a>\n",
      html_escaped(url),
      is_first ? "#2f6fb0" : "#ffffff",
      is_first ? "#ffffff" : "#2f6fb0",
      html_escaped(text));
}

std::string fact_rows(const MessageCard& card, const AlertCard& alert) {
  std::string rows;
  const auto add = [&](std::string_view label, std::string_view text) {
    rows += fmt::format(
        "<tr><td style=\"padding:3px 16px 3px 0;color:#5c6670;vertical-align:top;white-space:nowrap\">{}</td>"
        "<td style=\"padding:3px 0;vertical-align:top\">{}</td></tr>\n",
        html_escaped(label),
        html_escaped(text));
  };
  for (const Fact& fact : alert.facts) {
    add(fact.label, fact.text);
  }
  if (!alert.advice.empty()) {
    add(card.runbook_text, alert.advice);
  }
  return rows.empty() ? rows
                      : "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" style=\"margin:12px 0 0;"
                        "font-size:14px;line-height:20px;border-collapse:collapse\">\n" +
                            rows + "</table>\n";
}

std::string verdict_block(const AlertCard& alert) {
  // The number first and large; what is said of it beside it.
  if (alert.value.empty() || !alert.verdict.starts_with(alert.value)) {
    return alert.verdict.empty() ? ""
                                 : fmt::format("<p style=\"margin:8px 0 0;font-size:15px;line-height:22px\">{}</p>\n",
                                               html_escaped(alert.verdict));
  }
  std::string rest = alert.verdict.substr(alert.value.size());
  rest = rest.starts_with(", ") ? rest.substr(2) : rest;
  return fmt::format(
      "<p style=\"margin:8px 0 0;line-height:30px\"><span style=\"font-size:26px;font-weight:600;color:{}\">{}</span> "
      "<span style=\"font-size:15px\">&nbsp;{}</span></p>\n",
      colour_of(alert.tone),
      html_escaped(alert.value),
      html_escaped(rest));
}

std::string alert_block(const MessageCard& card, const AlertCard& alert, const std::string& chart, bool is_detailed) {
  std::string out = fmt::format(
      "<tr><td style=\"padding:20px 24px;border-left:4px solid {};border-bottom:1px solid #e4e8ec\">\n"
      "{}\n<h2 style=\"margin:8px 0 0;font-size:18px;line-height:24px\">{}</h2>\n",
      colour_of(alert.tone),
      badge(alert.badge, alert.tone),
      html_escaped(alert.subject));
  out += verdict_block(alert);
  out += chart.empty() ? "" : "<p style=\"margin:12px 0 0\">" + chart + "</p>\n";
  if (is_detailed) {
    out += alert.about.empty()
               ? ""
               : fmt::format("<p style=\"margin:8px 0 0;font-size:14px;line-height:20px;color:#5c6670\">{}</p>\n",
                             html_escaped(alert.about));
    out += fact_rows(card, alert);
  }
  std::string links = alert.url.empty() ? "" : button(card.open_text, alert.url, true);
  links += is_detailed && !alert.runbook.empty() ? button(card.runbook_text, alert.runbook, alert.url.empty()) : "";
  if (is_detailed && !alert.acknowledge_url.empty()) {
    links += button(card.acknowledge_text, alert.acknowledge_url, false);
  }
  if (is_detailed && !alert.silence_url.empty()) {
    links += button(card.silence_text, alert.silence_url, false);
  }
  out += links.empty() ? "" : "<p style=\"margin:16px 0 0\">" + links + "</p>\n";
  if (is_detailed && !alert.id.empty()) {
    out += fmt::format("<p style=\"margin:12px 0 0;font-size:12px;color:#8a949e\">{}</p>\n", html_escaped(alert.id));
  }
  return out + "</td></tr>\n";
}

std::string row(std::string_view text) {
  return fmt::format("<tr><td style=\"padding:16px 24px;font-size:14px;line-height:20px\">{}</td></tr>\n", text);
}

std::string text_rows(const Message& message, const MessageCard& card) {
  std::string text;
  const std::size_t shown = std::min(card.lines.size(), kMostLines);
  for (std::size_t i = 0; i < shown; ++i) {
    text += html_escaped(card.lines[i]) + "\n";
  }
  if (shown < card.lines.size()) {
    text += html_escaped(more_lines_text(message, card.lines.size() - shown)) + "\n";
  }
  return fmt::format(
      "<tr><td style=\"padding:20px 24px;border-left:4px solid {}\">\n{}\n<pre style=\"margin:12px 0 0;font-size:13px;"
      "line-height:19px;white-space:pre-wrap;font-family:ui-monospace,Menlo,Consolas,monospace\">{}</pre>\n</td></"
      "tr>\n",
      colour_of(card.tone),
      badge(card.badge, card.tone),
      text);
}

std::string picture_name(const Attachment& picture) {
  const std::string name = printable(picture.name, 100);
  return name.substr(0, name.rfind('.'));
}

std::string picture(const Message& message, std::size_t i) {
  return fmt::format("<img src=\"cid:{}\" alt=\"{}\" width=\"552\" style=\"display:block;width:100%;height:auto\">",
                     content_id(i),
                     html_escaped(picture_name(message.attachments[i])));
}

/// Those that stand beside no alert.
std::string pictures(const Message& message, const std::set<std::size_t>& shown) {
  std::string out;
  for (std::size_t i = 0; i < message.attachments.size(); ++i) {
    if (message.attachments[i].is_inline && !shown.contains(i)) {
      const bool is_one_of_many = message.alerts.size() > 1;
      out += row((is_one_of_many ? html_escaped(picture_name(message.attachments[i])) : "") + picture(message, i));
    }
  }
  return out;
}

/// The chart of this alert: it bears its name. Nothing: it has none, or another one of that name shows it.
std::string chart_of(const Message& message, const AlertCard& alert, std::set<std::size_t>& shown) {
  for (std::size_t i = 0; i < message.attachments.size(); ++i) {
    const bool is_its = message.attachments[i].is_inline && !shown.contains(i) &&
                        picture_name(message.attachments[i]) == printable(alert.subject, kMaxPictureName);
    if (is_its) {
      shown.insert(i);
      return picture(message, i);
    }
  }
  return "";
}

}  // namespace

std::string content_id(std::size_t attachment) {
  return fmt::format("picture-{}@kpid", attachment + 1);
}

std::string mail_html(const Message& message) {
  const MessageCard card = card_of(message);
  std::string rows;
  std::set<std::size_t> charted;
  if (message.digest) {
    rows = digest_rows(message);
  } else if (card.alerts.empty()) {
    rows = text_rows(message, card);
  } else {
    const std::size_t shown = std::min(card.alerts.size(), kMostAlerts);
    if (card.alerts.size() > 1) {
      rows += row("<strong style=\"font-size:16px\">" + html_escaped(card.title) + "</strong>");
    }
    for (std::size_t i = 0; i < shown; ++i) {
      const AlertCard& alert = card.alerts[i];
      rows += alert_block(card, alert, chart_of(message, alert, charted), card.alerts.size() <= kMostDetailed);
    }
    rows += shown < card.alerts.size() ? row(html_escaped(more_text(message, card.alerts.size() - shown))) : "";
  }
  rows += pictures(message, charted);
  return fmt::format(
      "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
      "<title>{0}</title></head>\n<body style=\"margin:0;padding:0;background:#f3f5f7;color:#1d2329;{1}\">\n"
      "<div style=\"display:none;max-height:0;overflow:hidden\">{0}</div>\n"
      "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\"><tr><td align=\"center\" "
      "style=\"padding:24px 12px\">\n<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" "
      "style=\"width:100%;max-width:600px;background:#ffffff;border:1px solid "
      "#e4e8ec;border-radius:6px;text-align:left;overflow-wrap:anywhere;{1}\">\n"
      "{2}<tr><td style=\"padding:12px 24px;font-size:12px;color:#8a949e\">kpid · {3} · {4}</td></tr>\n"
      "</table>\n</td></tr></table>\n</body></html>\n",
      html_escaped(card.headline),
      kFont,
      rows,
      html_escaped(printable(message.channel, 100)),
      html_escaped(time_words(message.created, message.zone, message.language)));
}

}  // namespace kpi
