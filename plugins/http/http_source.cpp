#include "plugins/http/http_source.hpp"

#include "plugins/http/decode.hpp"
#include "plugins/http/exchange.hpp"
#include "plugins/http/pages.hpp"
#include "plugins/http/row_builder.hpp"
#include "plugins/poll_secrets.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

namespace kpi {
namespace {

/// Of a source that is asked for windows: how far it was read.
constexpr std::string_view kCursor = "until ";
constexpr std::string_view kCursorEnd = " of ";
constexpr std::string_view kCursorMore = ", more";
/// Of a source whose answers are about now: the period that was read.
constexpr std::string_view kReadCursor = "read ";
/// So many of the last periods are asked for again as long as they have no row.
constexpr int kMostWaitedFor = 31;
/// Of an answer without a window, so many days are held against the zone that it names.
constexpr std::int64_t kZoneDays = 366;

/// The whole number at the begin of a text, which is then taken off.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

/// "until 1795132800000 of 1795564800000, more"
std::string reach_text(const PollReach& reach) {
  return std::string(kCursor) + std::to_string(reach.until.ms) + std::string(kCursorEnd) +
         std::to_string(reach.end.ms) + (reach.has_more ? std::string(kCursorMore) : "");
}

std::optional<PollReach> reach_of(std::string_view cursor) {
  if (!cursor.starts_with(kCursor)) {
    return std::nullopt;
  }
  cursor.remove_prefix(kCursor.size());
  const auto until = take_number(cursor);
  if (!until || !cursor.starts_with(kCursorEnd)) {
    return std::nullopt;
  }
  cursor.remove_prefix(kCursorEnd.size());
  const auto end = take_number(cursor);
  return end ? std::optional(PollReach{Slot{*until}, Slot{*end}, cursor == kCursorMore}) : std::nullopt;
}

/// Whether every answer is what is so now, and stands for the period that ended last.
bool reads_present(const HttpPlan& plan) {
  return !plan.has_window && plan.rows.date.form == DatePlan::Form::kWindow &&
         plan.settings.grain.unit != Grain::Unit::kInstant;
}

/// A page of an answer, kept until its window is whole.
struct Page {
  Json document;
  HttpResponse response;
};

/// One poll.
class HttpPoll {
 public:
  HttpPoll(const HttpPlan& plan, const PollRequest& request, Host& host, const std::stop_token& stop)
      : plan_(plan), request_(request), talk_(plan, host, stop), builder_(plan, request, plan.origin) {}

  Result<Poll> run() {
    if (reads_present(plan_) && request_.cursor == read_cursor()) {
      // What a period was is read once, just after its end: later answers are about the next one.
      return unchanged();
    }
    before_ = reach_of(request_.cursor);
    const std::vector<PollWindow> windows =
        plan_.has_window ? windows_of(plan_.window, plan_.settings, request_, before_) : std::vector<PollWindow>(1);
    if (windows.empty()) {
      return unchanged();
    }
    asked_from_ = before_ ? before_->until : windows.front().start;
    whole_from_ = plan_.has_window ? windows.front().start : Slot{std::numeric_limits<std::int64_t>::min()};
    bool has_one = false;
    for (const PollWindow& window : windows) {
      const auto read = read_window(window);
      if (!read && (!has_one || read.error().kind == ErrorKind::kStopped)) {
        return tl::unexpected(read.error());
      }
      if (!read) {
        // What came before counts; the next poll goes on from there.
        broken_off_ = Error{read.error().kind,
                            "it broke off before " + window_text(plan_.window, plan_.settings, window, false, "") +
                                ": " + read.error().message};
        break;
      }
      has_one = true;
      covered_ = window.end;
    }
    has_more_ = plan_.has_window && covered_ < window_end(plan_.window, plan_.settings, request_.now);
    return finish();
  }

  /// Known once the poll has run: tokens are fetched on the way.
  [[nodiscard]] const std::vector<std::string>& secrets() const { return talk_.secrets(); }

 private:
  /// Nothing is to be asked.
  [[nodiscard]] Poll unchanged() const {
    Poll poll;
    poll.unchanged = !request_.cursor.empty();
    poll.cursor = request_.cursor;
    if (plan_.has_window) {
      poll.whole_until = window_end(plan_.window, plan_.settings, request_.now);
    }
    return poll;
  }

  [[nodiscard]] std::string read_cursor() const {
    return std::string(kReadCursor) + std::to_string(present_slot(request_.now, plan_.settings).ms);
  }

  Result<void> read_window(const PollWindow& window) {
    std::vector<std::pair<RenderScope, std::vector<Page>>> calls;
    for (std::size_t i = 0; i < (plan_.per_metric ? plan_.settings.metrics.size() : 1); ++i) {
      RenderScope scope;
      scope.settings = &plan_.settings;
      scope.window_plan = &plan_.window;
      scope.window = window;
      scope.metric = plan_.per_metric ? &plan_.settings.metrics[i] : nullptr;
      scope.values = plan_.values;
      std::vector<Page> pages = KPI_TRY(read_call(scope));
      calls.emplace_back(std::move(scope), std::move(pages));
    }
    for (const auto& [scope, pages] : calls) {
      for (const Page& page : pages) {
        KPI_TRY(builder_.take(page.document, page.response, scope));
      }
    }
    return {};
  }

  /// All pages of one call.
  Result<std::vector<Page>> read_call(RenderScope& scope) {
    Pages pages(plan_.pages, plan_.origin, trail_);
    const RequestPlan* asked = nullptr;
    Exchange exchange = KPI_TRY(run_steps(scope, pages.first(), asked));
    const RequestPlan& next_request = plan_.pages.next ? *plan_.pages.next : *asked;
    std::vector<Page> result;
    bool is_probe = false;
    while (true) {
      read_signs(exchange);
      if (exchange.outcome == OutcomeKind::kEmpty) {
        return result;
      }
      Page page;
      page.document = exchange.json && plan_.decode.kind == DecodePlan::Kind::kJson
                          ? *std::move(exchange.json)
                          : KPI_TRY(decode(plan_.decode, exchange.response, origin_of(exchange.url) + " answer"));
      KPI_TRY(check_zone(page.document, scope));
      const JsonSelect& list = plan_.pages.list ? *plan_.pages.list : plan_.rows.path;
      const std::vector<const Json*> rows = elements_at(page.document, list);
      if (is_probe && pages.repeats(rows)) {
        return result;
      }
      const auto next = KPI_TRY(pages.after(exchange, page.document, rows));
      page.response = std::move(exchange.response);
      page.response.body.clear();
      result.push_back(std::move(page));
      if (!next) {
        return result;
      }
      scope.values["page"] = next->page;
      is_probe = next->is_probe;
      auto answer = talk_.ask(next_request, scope, next->change);
      if (!answer && is_probe && answer.error().kind == ErrorKind::kInvalid) {
        return result;  // beyond the end of the list there is nothing to be asked for
      }
      exchange = KPI_TRY(std::move(answer));
    }
  }

  Result<Exchange> run_steps(RenderScope& scope, const Conversation::Change& first, const RequestPlan*& asked) {
    std::optional<Exchange> last;
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
      const StepPlan& step = plan_.steps[i];
      if (step.unless && last && step.unless->holds(seen(*last))) {
        continue;
      }
      const bool is_last = i + 1 == plan_.steps.size();
      last = KPI_TRY(run_step(step, scope, is_last ? first : Conversation::Change{}));
      asked = &step.request;
      for (const auto& [name, path] : step.captures) {
        const Json* value = last->json ? path.first(*last->json) : nullptr;
        if (value == nullptr || value->is_null()) {
          return fail(ErrorKind::kUnavailable,
                      origin_of(last->url) + ": the answer has no " + path.text() + " for " + name);
        }
        scope.values[name] = *value;
      }
    }
    return *std::move(last);
  }

  Result<Exchange> run_step(const StepPlan& step, const RenderScope& scope, const Conversation::Change& change) {
    Exchange exchange = KPI_TRY(talk_.ask(step.request, scope, change));
    for (std::chrono::milliseconds waited{0}; step.until && !step.until->holds(seen(exchange));
         waited += step.interval) {
      const bool is_other = step.until->needs_json() && !exchange.json &&
                            plan_.decode.kind != DecodePlan::Kind::kLines && !trim(exchange.response.body).empty();
      if (is_other) {
        return fail(ErrorKind::kUnavailable,
                    origin_of(exchange.url) + ": what came is no JSON object, where the state of the job is wanted");
      }
      const bool has_failed = step.fail && step.fail->holds(seen(exchange));
      if (has_failed || waited >= step.timeout) {
        if (step.cancel) {
          static_cast<void>(talk_.ask(*step.cancel, scope));
        }
        return fail(has_failed ? ErrorKind::kInvalid : ErrorKind::kTimeout,
                    origin_of(exchange.url) + (has_failed ? ": the other side gave the job up"
                                                          : ": the job was not done in time; raise steps.timeout"));
      }
      KPI_TRY(talk_.wait(step.interval));
      exchange = KPI_TRY(talk_.ask(step.request, scope, change));
    }
    return exchange;
  }

  static Answer seen(const Exchange& exchange) {
    return {&exchange.response, exchange.json ? &*exchange.json : nullptr};
  }

  /// What an answer says besides its rows.
  void read_signs(const Exchange& exchange) {
    if (exchange.outcome == OutcomeKind::kPartial) {
      is_partial_ = true;
      const std::string note = exchange.note.empty() ? "the other side says that its answer is not whole"
                                                     : "the other side says: " + exchange.note;
      if (std::ranges::find(remarks_, note) == remarks_.end()) {
        remarks_.push_back(note);
      }
    }
    if (exchange.outcome == OutcomeKind::kOk && !exchange.note.empty()) {
      said_.insert(exchange.note);
    }
    for (const auto& [name, path] : plan_.gauges) {
      std::optional<double> number;
      if (path.text().starts_with("header:")) {
        number = parse_number(trim(exchange.response.header(to_lower_ascii(path.text().substr(7)))));
      } else if (const Json* value = exchange.json ? path.first(*exchange.json) : nullptr) {
        number = parse_number(json_text_of(*value));
      }
      if (number) {
        gauges_[name] = *number;
      }
    }
  }

  /// Values of one day that is cut in two ways are values of different days: they must not be stored.
  Result<void> check_zone(const Json& document, const RenderScope& scope) {
    if (plan_.window.zone_from_answer.empty()) {
      return {};
    }
    const auto path = JsonSelect::parse(plan_.window.zone_from_answer);
    const Json* zone = path ? path->first(document) : nullptr;
    if (zone == nullptr || !zone->is_string()) {
      near_zone_ = path && near_zone_.empty() ? path->near_miss(document).name : near_zone_;
      return {};
    }
    has_zone_ = true;
    const auto name = zone->get<std::string>();
    const auto other = Zone::find(name);
    if (other && cuts_alike(*other, scope.window)) {
      return {};
    }
    return fail(ErrorKind::kInvalid,
                plan_.origin + ": the other side cuts its days in " + printable(name, 60) + ", this source in " +
                    plan_.settings.zone.name() +
                    ", and days are never cut anew: write timezone: " + printable(name, 60));
  }

  /// A path that leads to no zone says as little as none.
  void tell_zone(const Poll& poll) {
    if (plan_.window.zone_from_answer.empty() || has_zone_ || poll.samples.empty()) {
      return;
    }
    remarks_.push_back("no answer has a zone at " + printable(plan_.window.zone_from_answer, 80) +
                       ", so that nothing says where its days are cut" +
                       (near_zone_.empty() ? "" : " (did you mean \"" + printable(near_zone_, 60) + "\"?)") +
                       ": correct window.timezone");
  }

  /// Whether the days of a window begin at the same moments in another zone.
  [[nodiscard]] bool cuts_alike(const Zone& other, const PollWindow& window) const {
    const Zone& own = plan_.settings.zone;
    if (other.name() == own.name()) {
      return true;
    }
    const std::int64_t now = request_.now.time_since_epoch().count();
    const std::int64_t from = plan_.has_window ? window.start.ms : now - (kZoneDays * kDayMs);
    const std::int64_t until = plan_.has_window ? window.end.ms : now;
    for (std::int64_t ms = from; ms <= until; ms += kDayMs) {
      const std::chrono::local_time<Duration> midnight{Duration{ms}};
      if (own.to_instant(midnight) != other.to_instant(midnight)) {
        return false;
      }
    }
    return true;
  }

  Result<Poll> finish() {
    if (!trail_.is_found && !trail_.lost.empty()) {
      return fail(ErrorKind::kInvalid, trail_.lost);
    }
    Poll poll = KPI_TRY(builder_.finish());
    poll.is_partial = is_partial_;
    if (!is_partial_) {               // of an answer that says so itself, what has no row is not known to be gone
      poll.whole_from = whole_from_;  // a page or a call that is missing has failed its window
    }
    if (plan_.has_window && covered_) {
      poll.whole_until = final_until();
    }
    poll.broken_off = broken_off_;
    tell_zone(poll);
    if (const std::string& text = builder_.no_final_date(); !text.empty()) {
      remarks_.push_back("\"" + printable(text, 60) + "\" at " + plan_.rows.final_before->text() +
                         " is no date such as 2026-03-31, so that all rows count as final: correct rows.final_before");
    }
    const bool has_value =
        std::ranges::any_of(poll.samples, [](const PolledSample& sample) { return !std::isnan(sample.value); });
    if (reads_present(plan_) && has_value && remarks_.empty()) {
      poll.cursor = read_cursor();  // an answer without a value, or a part of one, is not the reading that stands
    }
    poll.remarks.push_back(counted(talk_.sent(), "request") + " sent");
    if (plan_.pages.from && trail_.is_missed && !trail_.is_found) {
      poll.remarks.push_back("no answer had " + plan_.pages.from->text() + " (paginate.from): each was the only page");
    }
    for (const std::string& note : said_) {
      poll.remarks.push_back("the other side says: " + note);
    }
    poll.has_more = has_more_;
    if (has_more_) {
      poll.remarks.emplace_back("there is more: the next poll goes on from there");
    }
    for (std::string& remark : remarks_) {
      ++poll.problem_count;
      if (poll.problems.size() < kMaxRowProblems) {
        poll.problems.push_back({plan_.origin, std::move(remark)});
      }
    }
    for (const auto& [name, value] : gauges_) {
      poll.remarks.push_back(std::string(kQuotaRemark) + name + " is " + number_text(value));
    }
    if (const std::string budget = talk_.budget_text(); !budget.empty()) {
      poll.remarks.push_back(std::string(kQuotaRemark) + budget);
    }
    if (plan_.has_window && covered_) {
      // What is not final yet, has not come, or may have been left out, is asked for again.
      const Slot until = std::min({come_until(poll), whole_answers_until(), final_until()});
      const Slot end =
          before_ && before_->has_more ? before_->end : window_end(plan_.window, plan_.settings, request_.now);
      poll.cursor = reach_text({until, end, has_more_});
    }
    return poll;
  }

  /// Where what was asked for ends, or what is final of it. REQUIRES covered_.
  [[nodiscard]] Slot final_until() const { return std::min(*covered_, builder_.final_before().value_or(*covered_)); }

  /// So many periods before the end of what was asked for.
  [[nodiscard]] Slot waited_from() const {
    const Grain& grain = plan_.settings.grain;
    return grain.unit == Grain::Unit::kInstant ? Slot{covered_->ms - (kMostWaitedFor * kDayMs)}
                                               : next_slot(*covered_, grain, plan_.settings.zone, -kMostWaitedFor);
  }

  /// Where begins what may have been left out of an answer that is a part. It is not asked for for ever, for some
  /// answers never are whole; nor where there is more and the next poll would begin where this one did.
  [[nodiscard]] Slot whole_answers_until() const {
    const Slot until = std::min(*covered_, std::max(asked_from_, waited_from()));
    return is_partial_ && (!has_more_ || until > asked_from_) ? until : *covered_;
  }

  /// Where the last periods begin that were asked for and have no row yet: of all metrics that have any. One that never
  /// comes is not asked for for ever.
  [[nodiscard]] Slot come_until(const Poll& poll) const {
    const Grain& grain = plan_.settings.grain;
    if (grain.unit == Grain::Unit::kInstant || plan_.rows.fills_zero) {
      return *covered_;
    }
    std::map<std::uint32_t, Slot> newest;
    for (const PolledSample& sample : poll.samples) {
      const auto [known, is_new] = newest.try_emplace(poll.series[sample.series].metric, sample.slot);
      known->second = std::max(known->second, sample.slot);
    }
    Slot until = newest.empty() ? asked_from_ : *covered_;
    for (const auto& [metric, slot] : newest) {
      until = std::min(until, next_slot(slot, grain, plan_.settings.zone));
    }
    return std::min(*covered_, std::max(until, waited_from()));
  }

  const HttpPlan& plan_;
  const PollRequest& request_;
  Conversation talk_;
  RowBuilder builder_;
  std::optional<PollReach> before_;
  std::optional<Slot> covered_;
  Slot whole_from_;
  bool is_partial_ = false;
  Slot asked_from_;  // where what no poll has covered begins
  bool has_more_ = false;
  std::optional<Error> broken_off_;
  PageTrail trail_;
  bool has_zone_ = false;  // some answer said where it cuts its days
  std::string near_zone_;  // a name that is nearly the one sought
  std::vector<std::string> remarks_;
  std::set<std::string> said_;  // beside answers that are whole
  std::map<std::string, double> gauges_;
};

class HttpSource final : public Source {
 public:
  explicit HttpSource(HttpPlan plan) : plan_(std::move(plan)) {}

  Result<Poll> poll(const PollRequest& request, Host& host, const std::stop_token& stop) override {
    HttpPoll poll(plan_, request, host, stop);
    Result<Poll> result = poll.run();
    return without_secrets(std::move(result), poll.secrets());
  }

  [[nodiscard]] bool reads_anew() const override { return plan_.has_window; }

 private:
  const HttpPlan plan_;
};

}  // namespace

std::unique_ptr<Source> make_http_source(HttpPlan plan) {
  return std::make_unique<HttpSource>(std::move(plan));
}

}  // namespace kpi
