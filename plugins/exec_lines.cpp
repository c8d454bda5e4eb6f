#include "plugins/exec.hpp"
#include "plugins/json_text.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

namespace kpi {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr std::size_t kMostTold = 10;

std::string text_of(const Json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_string() ? found->get<std::string>() : "";
}

/// One answer, line by line.
class Answer {
 public:
  Answer(const SourceSettings& settings, const PollRequest& request, bool is_greeted)
      : settings_(settings),
        has_greeted_(is_greeted),
        running_(slot_at(request.now, settings.grain, settings.zone, settings.calendar)),
        rows_(settings,
              {.dates = {}, .numbers = kDataNumbers, .date_key = "", .is_part = true},
              request.from,
              [this](std::uint64_t row, RowReader::Place place) { return where(row, place); }),
        labels_(settings.labels.size()),
        values_(settings.metrics.size()),
        was_seen_(settings.metrics.size()),
        texts_(settings.labels.size() + settings.metrics.size()) {}

  Result<Poll> read(std::string_view output) {
    for (std::string_view rest = output; !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = trim(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      ++line_;
      if (!line.empty()) {
        KPI_TRY(take(line));
      }
    }
    if (!has_greeted_) {
      return fail(ErrorKind::kInvalid, "printed nothing: its first line is {\"kpid\": 1}");
    }
    if (is_unchanged_ && (has_rows_ || has_problems_)) {
      return fail(ErrorKind::kInvalid,
                  "says that nothing has changed, and prints rows or problems: print unchanged alone, or not at all");
    }
    if (is_unchanged_) {
      Poll poll;
      poll.unchanged = true;
      poll.cursor = cursor_;
      poll.remarks = std::move(remarks_);
      return poll;
    }
    tell_never_seen();
    Poll poll = KPI_TRY(rows_.finish("its output"));
    poll.cursor = cursor_;
    poll.whole_from = whole_from_;
    if (whole_from_) {
      poll.whole_until = running_;
    }
    std::ranges::move(remarks_, std::back_inserter(poll.remarks));
    return poll;
  }

 private:
  Result<void> take(std::string_view text) {
    const Json line = KPI_TRY(parse_json("line " + std::to_string(line_), text));
    if (!line.is_object()) {
      return fail(ErrorKind::kInvalid, at() + ": is " + json_kind(line) + " where an object is wanted");
    }
    tell_unknown(line);
    if (!has_greeted_) {
      KPI_TRY(greet(line));
      return check_one_thing(line);
    }
    KPI_TRY(check_one_thing(line));
    if (const std::string error = text_of(line, "error"); !error.empty()) {
      const bool is_final = line.contains("retry") && line["retry"] == false;
      return fail(is_final ? ErrorKind::kInvalid : ErrorKind::kUnavailable, printable(error, 500));
    }
    if (const std::string problem = text_of(line, "problem"); !problem.empty()) {
      has_problems_ = true;
      rows_.lose(line_, [&] { return RowProblem{at(), printable(problem, 500)}; });
      return {};
    }
    if (const std::string remark = text_of(line, "remark"); !remark.empty()) {
      if (remarks_.size() < 20) {
        remarks_.push_back(printable(remark, 200));
      }
      return {};
    }
    if (const auto cursor = line.find("cursor"); cursor != line.end() && cursor->is_string()) {
      cursor_ = cursor->get<std::string>();  // an empty one is none
      return cursor_.size() > 4096 ? fail(ErrorKind::kInvalid, at() + ": a cursor has at most 4096 bytes")
                                   : Result<void>();
    }
    if (const auto unchanged = line.find("unchanged"); unchanged != line.end() && unchanged->is_boolean()) {
      is_unchanged_ = unchanged->get<bool>();
      return {};
    }
    if (line.contains("whole_from")) {
      return take_whole_from(line);
    }
    return take_row(line);
  }

  /// From a date on the program prints all that there is: what it had printed and prints no more is gone.
  Result<void> take_whole_from(const Json& line) {
    if (whole_from_) {
      return fail(ErrorKind::kInvalid, at() + ": whole_from was printed before: print it once");
    }
    const std::string text = text_of(line, "whole_from");
    const auto date = parse_date(text);
    if (!date) {
      return fail(ErrorKind::kInvalid, at() + ": whole_from wants a date such as \"2026-03-31\"");
    }
    const Grain& grain = settings_.grain;
    const Slot slot = first_wanted(slot_of(*date), grain, settings_.zone);
    whole_from_ = slot;
    if (grain.is_civil()) {
      const Slot period = slot_at(*date, grain, settings_.calendar);
      whole_from_ = period < slot ? next_slot(period, grain, settings_.zone) : period;
      if (period < slot) {
        remarks_.push_back(at() + ": whole_from " + text + " lies within a " + grain.text() +
                           ", of which only a part is there: from " + date_text(date_of(*whole_from_)) +
                           " on they are whole");
      }
    }
    return {};
  }

  /// Of a line that is two things one would be lost.
  Result<void> check_one_thing(const Json& line) const {
    std::vector<std::string> things;
    for (const char* thing : {"kpid", "values", "error", "problem", "remark", "cursor", "unchanged", "whole_from"}) {
      if (line.contains(thing)) {
        things.emplace_back(thing);
      }
    }
    if (things.size() < 2) {
      return {};
    }
    return fail(ErrorKind::kInvalid, at() + ": has " + join(things, " and ") + ": print a line for each");
  }

  /// A member that the protocol has not is told once: it may be another one's name, misspelt.
  void tell_unknown(const Json& line) {
    static const std::vector<std::string> kKnown{
        "kpid", "date", "labels", "values", "error", "retry", "problem", "remark", "cursor", "unchanged", "whole_from"};
    for (const auto& [name, value] : line.items()) {
      if (std::ranges::find(kKnown, name) == kKnown.end() && told_.size() < kMostTold && told_.insert(name).second) {
        rows_.tell(line_, [&, &key = name] {
          const std::string near = did_you_mean(key, kKnown);
          return RowProblem{at() + " " + printable(key, 60),
                            "is no member of a line, and not read" + (near.empty() ? "" : ": " + near)};
        });
      }
    }
  }

  /// The program says nothing of a label that the source has: why, else nothing.
  [[nodiscard]] std::optional<RowProblem> lacking_label(const Json& labels) const {
    const auto is_given = [&](const SourceLabel& label) {
      return labels.contains(label.column) && !labels[label.column].is_null();
    };
    if (takes_totals(settings_) && std::ranges::none_of(settings_.labels, is_given)) {
      return std::nullopt;  // the total of a metric whose labels do not combine
    }
    for (const SourceLabel& label : settings_.labels) {
      const auto found = labels.find(label.column);
      if (found != labels.end() && !found->is_null()) {
        continue;
      }
      std::vector<std::string> names;
      for (const auto& [name, value] : labels.items()) {
        names.push_back(printable(name, 60));
      }
      const std::string near = did_you_mean(label.column, names);
      return RowProblem{at() + " labels." + label.column,
                        "is not there: print \"labels\": {\"" + printable(label.column, 60) + "\": \"…\"}" +
                            (near.empty() ? "" : " (" + near + ")") + ", or leave the label out of the source"};
    }
    return std::nullopt;
  }

  /// Which values no row had, although there were rows.
  void tell_never_seen() {
    for (std::size_t i = 0; i < was_seen_.size() && !value_names_.empty(); ++i) {
      if (was_seen_[i]) {
        continue;
      }
      const std::string& column = column_of(settings_.metrics[i]);
      rows_.tell(line_, [&] {
        const std::string near = did_you_mean(column, value_names_);
        return RowProblem{"values." + column,
                          "no row has it" + (near.empty() ? ": they have " + join(value_names_, ", ") : "; " + near)};
      });
    }
  }

  Result<void> greet(const Json& line) {
    has_greeted_ = true;
    const auto version = line.find("kpid");
    if (version == line.end() || !version->is_number_integer()) {
      return fail(ErrorKind::kInvalid, at() + ": the first line is {\"kpid\": 1}");
    }
    if (*version != kVersion) {
      return fail(ErrorKind::kInvalid,
                  at() + ": speaks version " + version->dump() + " of the protocol; this kpid speaks 1");
    }
    return {};
  }

  Result<void> take_row(const Json& line) {
    const auto values = line.find("values");
    if (values == line.end() || !values->is_object()) {
      return fail(ErrorKind::kInvalid,
                  at() +
                      ": is no row, error, problem, remark, cursor, unchanged or whole_from: a row is "
                      "{\"date\": \"2026-03-31\", \"values\": {\"visits\": 12}}");
    }
    has_rows_ = true;
    if (const auto date = line.find("date"); date != line.end() && !date->is_string() && !date->is_null()) {
      rows_.lose(line_, [&] {
        return RowProblem{at() + " date", "is " + json_kind(*date) + " where a text such as \"2026-03-31\" is wanted"};
      });
      return {};
    }
    static const Json kNothing = Json::object();
    const auto labels = line.find("labels");
    const Json& label_map = labels != line.end() && labels->is_object() ? *labels : kNothing;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      values_[i] = cell(*values, column_of(settings_.metrics[i]), texts_[labels_.size() + i]);
    }
    if (const auto trouble = lacking_label(label_map)) {
      rows_.lose_at(line_, text_of(line, "date"), values_, [&] { return *trouble; });
      return {};
    }
    remember_values(*values);
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      labels_[i] = scalar(label_map, settings_.labels[i].column, texts_[i]);
    }
    rows_.read(line_, text_of(line, "date"), labels_, values_);
    return {};
  }

  void remember_values(const Json& values) {
    for (std::size_t i = 0; i < was_seen_.size(); ++i) {
      was_seen_[i] = was_seen_[i] || values.contains(column_of(settings_.metrics[i]));
    }
    if (value_names_.empty()) {
      for (const auto& [name, value] : values.items()) {
        if (value_names_.size() < kMostTold) {
          value_names_.push_back(printable(name, 60));
        }
      }
    }
  }

  static std::string_view scalar(const Json& map, const std::string& key, std::string& storage) {
    const auto found = map.find(key);
    if (found == map.end() || found->is_null() || found->is_structured()) {
      return "";
    }
    storage = found->is_string() ? found->get<std::string>() : found->dump();
    return storage;
  }

  static RowCell cell(const Json& map, const std::string& key, std::string& storage) {
    const auto found = map.find(key);
    if (found == map.end()) {
      return RowCell::absent();  // another row may be about it
    }
    if (found->is_null()) {
      return {};
    }
    if (found->is_number()) {
      return RowCell::of(found->get<double>());
    }
    storage = found->is_string() ? found->get<std::string>() : json_kind(*found);
    return found->is_string() ? RowCell::of(std::string_view(storage)) : RowCell::unusable(storage);
  }

  [[nodiscard]] std::string at() const { return "line " + std::to_string(line_); }

  [[nodiscard]] std::string where(std::uint64_t row, RowReader::Place place) const {
    const std::string line = "line " + std::to_string(row);
    switch (place.part) {
      case RowReader::Place::Part::kDate:
        return line + " date";
      case RowReader::Place::Part::kLabel:
        return line + " labels." + settings_.labels[place.index].column;
      case RowReader::Place::Part::kMetric:
        return line + " values." + column_of(settings_.metrics[place.index]);
    }
    return line;
  }

  const SourceSettings& settings_;
  bool has_greeted_;
  const Slot running_;  // the period that has not ended
  RowReader rows_;
  std::vector<std::string_view> labels_;
  std::vector<RowCell> values_;
  std::vector<bool> was_seen_;            // of each metric
  std::vector<std::string> value_names_;  // of the first row
  std::set<std::string> told_;            // members that there are none of
  std::vector<std::string> texts_;
  std::size_t line_ = 0;
  std::optional<Slot> whole_from_;
  bool is_unchanged_ = false;
  bool has_rows_ = false;
  bool has_problems_ = false;
  std::string cursor_;
  std::vector<std::string> remarks_;
};

}  // namespace

Result<Poll> read_exec_lines(std::string_view output,
                             const SourceSettings& settings,
                             const PollRequest& request,
                             bool is_greeted) {
  return Answer(settings, request, is_greeted).read(output);
}

}  // namespace kpi
