#include "daemon/review/report_words.hpp"

#include "rules/words/language_words.hpp"

namespace kpi {
namespace {

std::string dated(std::string_view form, Date date, std::string_view month) {
  return filled(form,
                {{"d", std::to_string(static_cast<unsigned>(date.day()))},
                 {"month", month},
                 {"y", std::to_string(static_cast<int>(date.year()))}});
}

/// What messages and reports have in common.
const LanguageWords& common_words(const ReportWords& words) {
  return language_words(parse_language(words.code).value_or(Language::kEnglish));
}

}  // namespace

const ReportWords& report_words(Language language) {
  switch (language) {
    case Language::kSwedish:
      return kReportSwedish;
    case Language::kDanish:
      return kReportDanish;
    case Language::kNorwegian:
      return kReportNorwegian;
    case Language::kEnglish:
      break;
  }
  return kReportEnglish;
}

std::string filled(std::string_view text, std::initializer_list<std::pair<std::string_view, std::string_view>> values) {
  std::string result;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t open = text.find('{', at);
    const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) {
      break;
    }
    result += text.substr(at, open - at);
    const std::string_view name = text.substr(open + 1, close - open - 1);
    for (const auto& [key, value] : values) {
      if (key == name) {
        result += value;
      }
    }
    at = close + 1;
  }
  result += text.substr(at);
  return result;
}

std::string_view month_name(Date date, const ReportWords& words) {
  return common_words(words).months.at(static_cast<unsigned>(date.month()) - 1);
}

std::string long_date(Date date, const ReportWords& words) {
  return dated(words.day_month_year, date, month_name(date, words));
}

std::string short_date(Date date, const ReportWords& words) {
  return dated(words.day_month, date, common_words(words).short_months.at(static_cast<unsigned>(date.month()) - 1));
}

}  // namespace kpi
