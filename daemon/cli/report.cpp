#include "daemon/review/report.hpp"

#include "daemon/cli/owner.hpp"
#include "daemon/cli/reading.hpp"
#include "daemon/cli/verbs.hpp"
#include "rules/base/text.hpp"

#include <array>
#include <ostream>
#include <utility>

namespace kpi {
namespace {

using Kind = ReviewPeriod::Kind;

constexpr std::array kKinds{std::pair{"quarter", Kind::kQuarter},
                            std::pair{"month", Kind::kMonth},
                            std::pair{"week", Kind::kWeek},
                            std::pair{"year", Kind::kYear}};

/// The days of --from and --to.
Result<ReviewPeriod> range_of(const Arguments& arguments) {
  std::array<Date, 2> days{};
  for (const auto& [name, at] : {std::pair("from", 0U), std::pair("to", 1U)}) {
    const auto day = parse_date(arguments.text(name));
    if (!day) {
      return fail(ErrorKind::kInvalid,
                  "--" + std::string(name) + " wants a date such as 2026-07-01, got \"" +
                      printable(arguments.text(name)) + "\"; a range needs both --from and --to");
    }
    days.at(at) = *day;
  }
  return review_range(days[0], days[1]);
}

/// The period that is asked for; the last whole quarter when none is.
Result<ReviewPeriod> period_of(const Arguments& arguments, const Config& config, Instant now) {
  const bool has_range = arguments.has("from") || arguments.has("to");
  std::size_t asked = has_range ? 1 : 0;
  for (const auto& [name, kind] : kKinds) {
    asked += arguments.has(name) ? 1 : 0;
  }
  if (asked > 1) {
    return fail(ErrorKind::kInvalid, "one period at a time: --quarter, --month, --week, --year, or --from and --to");
  }
  if (has_range) {
    return range_of(arguments);
  }
  for (const auto& [name, kind] : kKinds) {
    if (arguments.has(name)) {
      return parse_review_period(kind, arguments.text(name), config.rules.calendar);
    }
  }
  const auto local = std::chrono::floor<std::chrono::days>(config.zone.to_local(now));
  return last_review_period(Kind::kQuarter, Date{local}, config.rules.calendar);
}

/// ".pdf" of a name that ends in such letters; empty: it ends in none.
std::string ending_of(const std::string& out) {
  const std::size_t dot = out.rfind('.');
  const std::string_view letters = dot == std::string::npos ? "" : std::string_view(out).substr(dot + 1);
  const bool is_ending = !letters.empty() && std::ranges::all_of(letters, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
  return is_ending ? to_lower_ascii(letters) : "";
}

/// By --format, else by the ending of --out; HTML where neither says anything.
Result<ReportFormat> format_of(const Arguments& arguments) {
  const std::string out = arguments.text("out");
  const std::string given = arguments.text("format");
  if (!arguments.has("format")) {
    const std::string ending = ending_of(out);
    if (const auto format = parse_report_format(ending); format || ending.empty() || ending == "htm") {
      return format.value_or(ReportFormat::kHtml);
    }
    return fail(ErrorKind::kInvalid,
                "--out ends in ." + printable(ending, 20) +
                    ", and a report is html, json, csv or md: end it so, or name one with --format");
  }
  const auto format = parse_report_format(given);
  if (!format) {
    return fail(ErrorKind::kInvalid, "--format wants html, json, csv or md, got \"" + printable(given) + "\"");
  }
  return *format;
}

int report(const Arguments& arguments, Io& io) {
  const auto config = load_or_last_good(arguments, Secrets::kChecked, io);
  if (!config) {
    return kExitNo;
  }
  const auto language =
      arguments.has("language") ? parse_language(arguments.text("language")) : std::optional(config->language);
  const auto format = format_of(arguments);
  const auto period = period_of(arguments, *config, io.clock.now());
  if (!language || !format || !period) {
    return complain(io,
                    kExitUsage,
                    !language
                        ? "--language wants en, sv, da or nb, got \"" + printable(arguments.text("language")) + "\""
                    : !format ? format.error().message
                              : period.error().message);
  }
  if (const auto code = run_by_owner("report", arguments, *config, io)) {
    return *code;
  }
  auto reader = open_history_reader(config->history);
  if (!reader) {
    return complain(io, kExitFailed, reader.error().message);
  }
  const auto text = make_report(*config, *period, *format, *language, **reader);
  if (!text) {
    return complain(io, kExitFailed, text.error().message);
  }
  const std::string path = out_file(arguments);
  if (path.empty() || io.config != nullptr) {  // the daemon writes no file for others
    io.out << *text;
    return kExitFine;
  }
  if (const auto written = write_whole(path, *text); !written) {
    return complain(io, kExitFailed, written.error().message);
  }
  io.err << path << ": the review of " << period->name << "\n";
  return kExitFine;
}

}  // namespace

Command report_command() {
  return {"report",
          "the KPI review of a quarter, or of any time, as one file",
          "kpid report --quarter 2026-Q3 --out q3.html          for the meeting: one page that works offline\n"
          "kpid report --month 2026-09 --format md              for a chat or a wiki\n"
          "kpid report --from 2026-07-01 --to 2026-08-16 --out summer.csv",
          {config_argument(),
           {"quarter", "QUARTER", "2026-Q3, of the fiscal year; default: the last one that has ended"},
           {"month", "MONTH", "2026-09"},
           {"week", "WEEK", "2026-W39"},
           {"year", "YEAR", "2026, the fiscal year that begins then"},
           {"from", "DATE", "the first day of any range"},
           {"to", "DATE", "the first day that is left out"},
           {"format", "FORMAT", "html (default), json, csv or md; else as --out ends"},
           {"language", "LANGUAGE", "en, sv, da or nb; default: as configured"},
           {"out", "FILE", "write there instead of on standard output (-)"}},
          report};
}

}  // namespace kpi
