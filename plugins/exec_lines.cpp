#include "plugins/exec.hpp"
#include "plugins/json_text.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

namespace kpi {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;

std::string text_of(const Json& line, const char* key) {
  const auto found = line.find(key);
  return found != line.end() && found->is_string() ? found->get<std::string>() : "";
}

/// One answer, line by line.
class Answer {
 public:
  Answer(const SourceSettings& settings, const PollRequest& request)
      : settings_(settings),
        rows_(settings,
              {},
              request.from,
              [this](std::uint64_t row, RowReader::Place place) { return where(row, place); }),
        labels_(settings.labels.size()),
        values_(settings.metrics.size()),
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
    if (is_unchanged_) {
      Poll poll;
      poll.unchanged = true;
      poll.cursor = cursor_;
      return poll;
    }
    Poll poll = KPI_TRY(rows_.finish("its output"));
    poll.cursor = cursor_;
    poll.remarks = std::move(remarks_);
    return poll;
  }

 private:
  Result<void> take(std::string_view text) {
    const Json line = KPI_TRY(parse_json("line " + std::to_string(line_), text));
    if (!line.is_object()) {
      return fail(ErrorKind::kInvalid, at() + ": is " + json_kind(line) + " where an object is wanted");
    }
    if (!has_greeted_) {
      return greet(line);
    }
    if (const std::string error = text_of(line, "error"); !error.empty()) {
      const bool is_final = line.contains("retry") && line["retry"] == false;
      return fail(is_final ? ErrorKind::kInvalid : ErrorKind::kUnavailable, printable(error, 500));
    }
    if (const std::string problem = text_of(line, "problem"); !problem.empty()) {
      rows_.lose(line_, [&] { return RowProblem{at(), printable(problem, 500)}; });
      return {};
    }
    if (const std::string remark = text_of(line, "remark"); !remark.empty()) {
      if (remarks_.size() < 20) {
        remarks_.push_back(printable(remark, 200));
      }
      return {};
    }
    if (const std::string cursor = text_of(line, "cursor"); !cursor.empty()) {
      if (cursor.size() > 4096) {
        return fail(ErrorKind::kInvalid, at() + ": a cursor has at most 4096 bytes");
      }
      cursor_ = cursor;
      return {};
    }
    if (line.contains("unchanged")) {
      is_unchanged_ = line["unchanged"] == true;
      return {};
    }
    return take_row(line);
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
                      ": is no row, error, problem, remark, cursor or unchanged: a row is "
                      "{\"date\": \"2026-03-31\", \"values\": {\"visits\": 12}}");
    }
    static const Json kNothing = Json::object();
    const auto labels = line.find("labels");
    const Json& label_map = labels != line.end() && labels->is_object() ? *labels : kNothing;
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      labels_[i] = scalar(label_map, settings_.labels[i].column, texts_[i]);
    }
    for (std::size_t i = 0; i < values_.size(); ++i) {
      values_[i] = cell(*values, column_of(settings_.metrics[i]), texts_[labels_.size() + i]);
    }
    rows_.read(line_, text_of(line, "date"), labels_, values_);
    return {};
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
    if (found == map.end() || found->is_null()) {
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
  RowReader rows_;
  std::vector<std::string_view> labels_;
  std::vector<RowCell> values_;
  std::vector<std::string> texts_;
  std::size_t line_ = 0;
  bool has_greeted_ = false;
  bool is_unchanged_ = false;
  std::string cursor_;
  std::vector<std::string> remarks_;
};

}  // namespace

Result<Poll> read_exec_lines(std::string_view output, const SourceSettings& settings, const PollRequest& request) {
  return Answer(settings, request).read(output);
}

}  // namespace kpi
