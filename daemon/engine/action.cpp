#include "daemon/engine/action.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <cmath>

namespace kpi {
namespace {

constexpr std::size_t kLongestText = 1'000;

/// Whoever says something says who they are, and a text that people can read again.
Result<void> check_words(const std::string& by, const std::string& text) {
  if (trim(by).empty()) {
    return fail(ErrorKind::kInvalid, "say who you are: --by NAME");
  }
  for (const std::string* words : {&by, &text}) {
    if (words->size() > kLongestText || !is_valid_utf8(*words)) {
      return fail(ErrorKind::kInvalid, "a text is at most 1000 bytes of UTF-8");
    }
  }
  return {};
}

Result<void> check_kpi(const std::string& id, const Config& config) {
  if (config.rules.find(id) != nullptr) {
    return {};
  }
  std::vector<std::string> known;
  for (const Kpi& kpi : config.rules.kpis) {
    known.push_back(kpi.id);
  }
  const std::string near = did_you_mean(id, known);
  return fail(ErrorKind::kNotFound,
              "there is no KPI \"" + printable(id, 64) + "\"; " + (near.empty() ? "`kpid status` lists them" : near));
}

class Applying {
 public:
  Applying(Engine& engine, Instant now) : engine_(engine), now_(now) {}

  Result<ActionAnswer> operator()(const AcknowledgeAction& action) {
    KPI_TRY(check_words(action.by, action.comment));
    Acknowledgement words;
    words.episode = action.episode;
    words.by = action.by;
    words.comment = action.comment;
    words.at = now_;
    words.until = action.until;
    KPI_TRY(engine_.acknowledge(action.episode, words, now_));
    return ActionAnswer{action.episode + " is " + printable(action.by, 80) + "'s until " + rfc3339(action.until),
                        action.episode};
  }

  Result<ActionAnswer> operator()(const SilenceAction& action) {
    KPI_TRY(check_words(action.by, action.comment));
    Silence silence;
    silence.match = action.match;
    silence.start = action.start.value_or(now_);
    silence.end = action.end;
    silence.by = action.by;
    silence.comment = action.comment;
    silence.created = now_;
    const std::string id = KPI_TRY(engine_.add_silence(silence, now_));
    return ActionAnswer{id + ": silent until " + rfc3339(action.end), id};
  }

  Result<ActionAnswer> operator()(const EndSilenceAction& action) {
    KPI_TRY(engine_.end_silence(action.id, now_));
    return ActionAnswer{printable(action.id, 80) + " has ended", action.id};
  }

  Result<ActionAnswer> operator()(const EntryAction& action) {
    const EntryRow row = KPI_TRY(read_entry(action.words, engine_.config(), now_));
    engine_.receive(row);
    const std::string value = std::isnan(row.value) ? "withdrawn" : number_text(row.value);
    return ActionAnswer{
        action.words.metric + " " + entry_period(row, engine_.config()) + ": " + value + ", by " + printable(row.by),
        ""};
  }

  Result<ActionAnswer> operator()(const ReviewAction& action) {
    KPI_TRY(check_words(action.by, action.note));
    if (action.kpis.empty()) {
      return fail(ErrorKind::kInvalid, "name the KPIs that were reviewed");
    }
    for (const std::string& kpi : action.kpis) {
      KPI_TRY(check_kpi(kpi, engine_.config()));
    }
    for (const std::string& kpi : action.kpis) {
      engine_.receive(ReviewRow{kpi, action.by, action.note, now_});
    }
    return ActionAnswer{counted(action.kpis.size(), "KPI") + " reviewed by " + printable(action.by, 80), ""};
  }

  Result<ActionAnswer> operator()(const NoteAction& action) {
    KPI_TRY(check_words(action.by, action.text));
    if (trim(action.text).empty()) {
      return fail(ErrorKind::kInvalid, "a note wants a text");
    }
    if (!action.kpi.empty()) {
      KPI_TRY(check_kpi(action.kpi, engine_.config()));
    }
    constexpr std::chrono::days kFarthest{366};
    const Config& config = engine_.config();
    const auto today = std::chrono::floor<std::chrono::days>(config.zone.to_local(now_)).time_since_epoch();
    const auto ahead = std::chrono::sys_days{action.day}.time_since_epoch() - today;
    if (ahead > kFarthest || ahead < -100 * kFarthest) {
      return fail(ErrorKind::kInvalid,
                  date_text(action.day) + (ahead > kFarthest ? " lies more than a year ahead" : " is long gone") +
                      ": a note is of a day that charts show; look at the year");
    }
    engine_.receive(NoteRow{action.kpi, action.day, action.text, action.by, now_});
    return ActionAnswer{"noted to " + date_text(action.day) + (ahead > std::chrono::days{0} ? ", a day to come," : "") +
                            " of " + (action.kpi.empty() ? "all KPIs" : action.kpi),
                        ""};
  }

  Result<ActionAnswer> operator()(const ResendAction& /*action*/) { return not_here(); }

  Result<ActionAnswer> operator()(const ReloadAction& /*action*/) { return not_here(); }

 private:
  static Result<ActionAnswer> not_here() { return fail(ErrorKind::kInvalid, "only a running daemon does that"); }

  Engine& engine_;
  Instant now_;
};

}  // namespace

Result<ActionAnswer> apply(const Action& action, Engine& engine, Instant now) {
  return std::visit(Applying(engine, now), action);
}

std::optional<Instant> parse_until(std::string_view text, const Zone& zone, Instant now) {
  // "2 hours" as people say it; parse_span() knows "2h".
  const std::size_t space = text.find(' ');
  const std::string_view unit = space == std::string_view::npos ? std::string_view() : trim(text.substr(space));
  if (const std::string_view short_unit = unit == "hour" || unit == "hours"       ? "h"
                                          : unit == "minute" || unit == "minutes" ? "m"
                                                                                  : "";
      !short_unit.empty()) {
    return parse_until(std::string(text.substr(0, space)) + std::string(short_unit), zone, now);
  }
  if (const auto span = parse_span(text); span && !span->is_zero()) {
    return shift_instant(now, *span, zone);
  }
  if (const auto instant = parse_rfc3339(text)) {
    return instant;
  }
  const auto local = parse_local(text);
  return local ? std::optional(zone.to_instant(*local)) : std::nullopt;
}

}  // namespace kpi
