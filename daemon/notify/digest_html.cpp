#include "daemon/notify/digest_html.hpp"

#include "daemon/notify/digest_card.hpp"
#include "daemon/notify/digest_text.hpp"
#include "daemon/notify/html_text.hpp"
#include "rules/base/text.hpp"
#include "rules/words/say.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kpi {

namespace {

constexpr std::size_t kMostLines = 200;
constexpr std::string_view kCell = "padding:8px 10px;border-bottom:1px solid #e4e8ec;vertical-align:top;text-align:";

std::string small(std::string_view text) {
  return text.empty() ? ""
                      : fmt::format("<br><span style=\"font-size:12px;color:#5c6670\">{}</span>", html_escaped(text));
}

std::string cell(std::string_view side, const std::string& html) {
  return fmt::format("<td style=\"{}{}\">{}</td>", kCell, side, html);
}

std::string head(std::string_view side, std::string_view text) {
  return fmt::format(
      "<th style=\"{}{};font-weight:600;color:#5c6670;font-size:12px\">{}</th>", kCell, side, html_escaped(text));
}

std::string head_row(Language language) {
  return "<tr>" + head("left", say(language, Phrase::kColumnKpi)) + head("right", say(language, Phrase::kValue)) +
         head("right", say(language, Phrase::kColumnBefore)) + head("right", say(language, Phrase::kColumnYearBefore)) +
         "</tr>\n";
}

std::string kpi_row(const DigestLine& line, Language language) {
  const DigestWords words = words_of(line, language);
  const std::string title = is_web_address(words.url) ? fmt::format("<a href=\"{}\" style=\"color:#1d2329\">{}</a>",
                                                                    html_escaped(words.url),
                                                                    html_escaped(words.title))
                                                      : html_escaped(words.title);
  std::string about = fmt::format("<strong>{}</strong><br><span style=\"font-size:12px;color:{}\">●&nbsp;{}</span>",
                                  title,
                                  colour_of(tone_of(line)),
                                  html_escaped(words.state));
  about += words.goal.empty() ? "" : small(say(language, Phrase::kTarget) + ": " + words.goal);
  about += small(words.target);
  return "<tr>" + cell("left", about) +
         cell("right;white-space:nowrap", "<strong>" + html_escaped(words.value) + "</strong>") +
         cell("right;white-space:nowrap", html_escaped(line.formatted_previous) + small(line.change)) +
         cell("right;white-space:nowrap", html_escaped(line.formatted_year_ago) + small(line.change_on_year)) +
         "</tr>\n";
}

std::string section_row(const DigestSection& section) {
  std::string items;
  for (const std::string& line : section.lines) {
    items += fmt::format("<li style=\"margin:4px 0\">{}</li>", html_escaped(line));
  }
  return fmt::format(
      "<tr><td style=\"padding:16px 24px 0;font-size:14px;line-height:20px\"><strong>{}</strong>{}</td></tr>\n",
      html_escaped(section.heading),
      items.empty() ? "" : "<ul style=\"margin:8px 0 0;padding:0 0 0 20px\">" + items + "</ul>");
}

}  // namespace

std::string digest_rows(const Message& message) {
  const DigestView& digest = *message.digest;
  std::string rows = fmt::format(
      "<tr><td style=\"padding:20px 24px 8px\"><h1 style=\"margin:0;font-size:20px;line-height:26px\">{}</h1>"
      "<p style=\"margin:6px 0 0;font-size:15px;line-height:22px\">{}</p></td></tr>\n",
      html_escaped(one_line(digest.title)),
      html_escaped(one_line(digest.summary)));
  if (!digest.lines.empty()) {
    const std::size_t shown = std::min(digest.lines.size(), kMostLines);
    std::string table = head_row(message.language);
    for (std::size_t i = 0; i < shown; ++i) {
      table += kpi_row(digest.lines[i], message.language);
    }
    const std::string rest =
        shown < digest.lines.size()
            ? "<p>" + html_escaped(say(message.language, Phrase::kAndMore, {{"n", digest.lines.size() - shown}})) +
                  "</p>"
            : "";
    rows +=
        "<tr><td style=\"padding:8px 14px\"><table cellpadding=\"0\" cellspacing=\"0\" "
        "style=\"width:100%;border-collapse:collapse;font-size:14px;line-height:20px\">\n" +
        table + "</table>" + rest + "</td></tr>\n";
  }
  for (const DigestSection& section : sections_of(digest, message.language)) {
    rows += section_row(section);
  }
  for (const std::string& note : digest.notes) {
    rows += fmt::format("<tr><td style=\"padding:16px 24px 0;font-size:13px;color:#5c6670\">{}</td></tr>\n",
                        html_escaped(one_line(note)));
  }
  return rows;
}

}  // namespace kpi
