#include "plugins/json.hpp"

#include "plugins/file_set.hpp"
#include "plugins/json_path.hpp"
#include "plugins/json_text.hpp"
#include "plugins/look.hpp"
#include "plugins/row_reader.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace kpi {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 3> kDateFields{"date", "Date", "day"};
constexpr std::size_t kRowsBetweenStops = 4096;

struct Layout {
  SourceSettings settings;
  FileSet files;
  bool is_lines = false;
  JsonPath records;
  DateFormat dates;
  std::optional<JsonPath> date;  ///< None: date, Date or day.
  std::vector<JsonPath> metrics;
  std::vector<JsonPath> labels;
};

std::string text_of(const OptionValues& options, std::string_view key) {
  const auto found = options.find(key);
  return found == options.end() ? "" : found->second.text;
}

/// A scalar as text; kept in `storage` where it is not one already.
std::string_view scalar_text(const Json* value, std::string& storage) {
  if (value == nullptr || value->is_null()) {
    return "";
  }
  if (value->is_string()) {
    return value->get_ref<const std::string&>();
  }
  storage = value->is_primitive() ? value->dump() : "";
  return storage;
}

RowCell cell_of(const Json* value, std::string& storage) {
  if (value == nullptr || value->is_null()) {
    return {};
  }
  if (value->is_number()) {
    return RowCell::of(value->get<double>());
  }
  if (value->is_string()) {
    return RowCell::of(std::string_view(value->get_ref<const std::string&>()));
  }
  storage = json_kind(*value);
  return RowCell::unusable(storage);
}

/// One reading of the texts of a source's files.
class JsonImport {
 public:
  JsonImport(const Layout& layout, const PollRequest& request)
      : layout_(layout),
        rows_(layout.settings,
              {.dates = layout.dates, .numbers = kDataNumbers},
              request.from,
              [this](std::uint64_t row, RowReader::Place place) { return where(row, place); }),
        labels_(layout.labels.size()),
        label_texts_(layout.labels.size()),
        values_(layout.metrics.size()),
        value_texts_(layout.metrics.size()),
        was_seen_(layout.metrics.size()),
        label_was_seen_(layout.labels.size()) {}

  Result<void> read(const FileTexts::Text& file, const std::stop_token& stop) {
    file_ = &file.name;
    if (!layout_.is_lines) {
      const Json root = KPI_TRY(parse_json(file.name.path, file.text));
      return take_document(root, file.name.path + '#', stop);
    }
    std::size_t line_number = 0;
    for (std::size_t begin = 0; begin < file.text.size();) {
      const std::size_t end = std::min(file.text.find('\n', begin), file.text.size());
      const std::string_view line = trim(std::string_view(file.text).substr(begin, end - begin));
      const std::string name = file.name.path + ':' + std::to_string(++line_number);
      if (!line.empty()) {
        const auto root = parse_json(name, line);
        if (!root && end == file.text.size()) {
          rows_.lose(places_.size(), [&] {
            return RowProblem{name, "is no whole JSON and has no line end: it is being written, or was cut off"};
          });
          return {};
        }
        if (!root) {
          return tl::unexpected(root.error());
        }
        KPI_TRY(take_document(*root, name + '#', stop));
      }
      begin = end + 1;
    }
    return {};
  }

  /// Warns of each path that no record has, where the configuration names it; whether there is one.
  bool tell_missing(Diagnostics& out) const {
    bool is_any = false;
    const auto tell = [&](const JsonPath& path, const std::string& purpose, const Position& position) {
      is_any = true;
      const std::string near = did_you_mean(path.pointer().substr(1), first_names_);
      out.warning(position,
                  "no record of " + file_->path + " has " + path.pointer() + " for " + purpose,
                  near.empty() ? "the first one has " + first_fields_ : near);
    };
    const SourceSettings& settings = layout_.settings;
    for (std::size_t i = 0; i < was_seen_.size() && !first_fields_.empty(); ++i) {
      const OptionValue& column = settings.metrics[i].options.at("column");
      if (!was_seen_[i]) {
        tell(layout_.metrics[i],
             "metric " + settings.metrics[i].name,
             column.given ? column.position : settings.metrics[i].position);
      }
    }
    for (std::size_t i = 0; i < label_was_seen_.size() && !first_fields_.empty(); ++i) {
      if (!label_was_seen_[i]) {
        tell(layout_.labels[i], "label " + settings.labels[i].name, settings.labels[i].position);
      }
    }
    if (layout_.date && !date_was_seen_ && !first_fields_.empty()) {
      tell(*layout_.date, "the date", settings.options.at("date.column").position);
    }
    return is_any;
  }

  Result<Poll> finish() {
    for (std::size_t i = 0; i < was_seen_.size() && !first_fields_.empty(); ++i) {
      if (!was_seen_[i]) {
        return fail(ErrorKind::kInvalid,
                    layout_.files.path() + ": no record has " + layout_.metrics[i].pointer() + " for metric " +
                        layout_.settings.metrics[i].name + ": the first one has " + first_fields_);
      }
    }
    return rows_.finish(layout_.files.path());
  }

 private:
  Result<void> take_document(const Json& root, const std::string& name, const std::stop_token& stop) {
    std::vector<JsonPlace> found = layout_.records.find(root);
    if (found.empty()) {
      return fail(ErrorKind::kInvalid,
                  name + layout_.records.pointer() + ": nothing stands there; write records: the path of the list");
    }
    if (const std::string trouble = layout_.records.incomplete_element(root); !trouble.empty()) {
      return fail(ErrorKind::kInvalid,
                  name + trouble + ", though records is " + layout_.records.pointer() +
                      ": without its rows the sums would be too small; correct the path or the file");
    }
    for (const JsonPlace& place : found) {
      if (!place.value->is_array()) {
        KPI_TRY(take_record(*place.value, name + place.pointer, stop));
        continue;
      }
      for (std::size_t i = 0; i < place.value->size(); ++i) {
        KPI_TRY(take_record((*place.value)[i], name + place.pointer + '/' + std::to_string(i), stop));
      }
    }
    return {};
  }

  Result<void> take_record(const Json& record, std::string place, const std::stop_token& stop) {
    if (places_.size() % kRowsBetweenStops == 0 && stop.stop_requested()) {
      return fail(ErrorKind::kStopped, "reading " + file_->path + " was stopped");
    }
    const std::uint64_t row = places_.size();
    places_.push_back(std::move(place));
    if (!record.is_object() && !record.is_array()) {
      rows_.lose(row, [&] {
        return RowProblem{places_.back(),
                          "is " + json_kind(record) + " where a record, an object or a list, is wanted"};
      });
      return {};
    }
    if (first_fields_.empty()) {
      remember_fields(record);
    }
    std::optional<RowProblem> trouble;
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      const Json* label = layout_.labels[i].first(record);
      label_was_seen_[i] = label_was_seen_[i] || label != nullptr;
      const RowReader::Place place{.part = RowReader::Place::Part::kLabel, .index = i};
      if (label != nullptr && label->is_structured()) {
        trouble = not_a_text(row, place, *label);
      } else if (leads_to_several(layout_.labels[i], record)) {
        trouble = RowProblem{where(row, place), "is several values, not a text: write the pointer to one of them"};
      }
      labels_[i] = scalar_text(label, label_texts_[i]);
    }
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const Json* value = layout_.metrics[i].first(record);
      was_seen_[i] = was_seen_[i] || value != nullptr;
      values_[i] = leads_to_several(layout_.metrics[i], record) ? RowCell::unusable("several values")
                                                                : cell_of(value, value_texts_[i]);
    }
    const Json* date = date_of(record);
    date_was_seen_ = date_was_seen_ || date != nullptr;
    if (date != nullptr && date->is_structured()) {
      trouble = not_a_text(row, {.part = RowReader::Place::Part::kDate, .index = 0}, *date);
    }
    if (trouble) {
      lose(row, date, *trouble);
      return {};
    }
    if (date == nullptr && file_->slot) {
      rows_.read_at(row, *file_->slot, labels_, values_);
    } else {
      rows_.read(row, scalar_text(date, date_text_), labels_, values_);
    }
    return {};
  }

  /// Which of them counts nobody knows.
  static bool leads_to_several(const JsonPath& path, const Json& record) {
    return path.may_be_several() && path.find(record).size() > 1;
  }

  void lose(std::uint64_t row, const Json* date, const RowProblem& trouble) {
    if (date == nullptr && file_->slot) {
      rows_.lose_at(row, *file_->slot, values_, [&] { return trouble; });
    } else {
      rows_.lose_at(row, scalar_text(date, date_text_), values_, [&] { return trouble; });
    }
  }

  [[nodiscard]] RowProblem not_a_text(std::uint64_t row, RowReader::Place place, const Json& found) const {
    return {where(row, place), "is " + json_kind(found) + ", not a text: write the pointer to a part of it"};
  }

  const Json* date_of(const Json& record) const {
    if (layout_.date) {
      return layout_.date->first(record);
    }
    for (const std::string_view name : kDateFields) {
      if (const auto found = record.find(name); found != record.end()) {
        return &*found;
      }
    }
    return nullptr;
  }

  void remember_fields(const Json& record) {
    std::vector<std::string> names;
    if (record.is_array()) {
      names.push_back(counted(record.size(), "element"));
    }
    for (auto field = record.begin(); record.is_object() && field != record.end(); ++field) {
      names.push_back(names.size() < 40 ? printable(field.key(), 60) : "…");
      first_names_.push_back(names.back());
      if (names.size() > 40) {
        break;
      }
    }
    first_fields_ = names.empty() ? "nothing" : join(names, ", ");
  }

  [[nodiscard]] std::string where(std::uint64_t row, RowReader::Place place) const {
    switch (place.part) {
      case RowReader::Place::Part::kDate:
        return places_[row] + (layout_.date ? layout_.date->pointer() : "/date");
      case RowReader::Place::Part::kLabel:
        return places_[row] + layout_.labels[place.index].pointer();
      case RowReader::Place::Part::kMetric:
        return places_[row] + layout_.metrics[place.index].pointer();
    }
    return places_[row];
  }

  const Layout& layout_;
  RowReader rows_;
  const FileSet::Name* file_ = nullptr;
  std::vector<std::string> places_;  // of each row
  std::vector<std::string_view> labels_;
  std::vector<std::string> label_texts_;
  std::vector<RowCell> values_;
  std::vector<std::string> value_texts_;
  std::vector<bool> was_seen_;        // by metric
  std::vector<bool> label_was_seen_;  // by label
  bool date_was_seen_ = false;
  std::string date_text_;
  std::vector<std::string> first_names_;
  std::string first_fields_;  // of the first record; empty: there was none
};

class JsonSource final : public Source {
 public:
  explicit JsonSource(Layout layout) : layout_(std::move(layout)) {}

  Result<Poll> poll(const PollRequest& request, Host& host, const std::stop_token& stop) override {
    return poll_files<JsonImport>(layout_, request, host, kMaxJsonBytes, stop);
  }

 private:
  Layout layout_;
};

/// Reports what is wrong with a path that an option gives.
JsonPath path_of(const OptionValues& options, std::string_view key, const std::string& fallback, Diagnostics& out) {
  const auto found = options.find(key);
  const bool is_given = found != options.end() && !found->second.text.empty();
  auto path = JsonPath::parse(is_given ? found->second.text : fallback);
  if (!path) {
    out.error(is_given ? found->second.position : Position{}, path.error().message);
    return {};
  }
  return *std::move(path);
}

void read_files_option(Layout& layout, Diagnostics& diagnostics) {
  const auto option = layout.settings.options.find("path");
  auto files = FileSet::parse(text_of(layout.settings.options, "path"), layout.settings);
  if (files) {
    layout.files = *std::move(files);
  } else {
    diagnostics.error(option->second.position, files.error().message);
  }
}

void read_dates(Layout& layout, Diagnostics& diagnostics) {
  const OptionValues& options = layout.settings.options;
  if (!text_of(options, "date.column").empty()) {
    layout.date = path_of(options, "date.column", "", diagnostics);
  }
  const auto option = options.find("date.format");
  if (option == options.end() || !option->second.given) {
    return;
  }
  auto format = DateFormat::parse(option->second.text);
  if (!format) {
    diagnostics.error(option->second.position, format.error().message);
    return;
  }
  if (format->precision() && !tells(*format->precision(), layout.settings.grain)) {
    diagnostics.error(option->second.position,
                      "this date format does not tell the period of grain " + layout.settings.grain.text(),
                      "write the format of a finer date, or a coarser grain");
  }
  layout.dates = *std::move(format);
}

std::optional<Layout> read_layout(const SourceSettings& settings, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.items().size();
  Layout layout;
  layout.settings = settings;
  layout.is_lines = text_of(settings.options, "format") == "lines";
  read_files_option(layout, diagnostics);
  layout.records = path_of(settings.options, "records", "", diagnostics);
  read_dates(layout, diagnostics);
  for (const SourceMetric& metric : settings.metrics) {
    layout.metrics.push_back(path_of(metric.options, "column", metric.name, diagnostics));
  }
  for (const SourceLabel& label : settings.labels) {
    auto path = JsonPath::parse(label.column);
    if (!path) {
      diagnostics.error(label.position, path.error().message);
    } else {
      layout.labels.push_back(*std::move(path));
    }
  }
  return diagnostics.items().size() == before ? std::optional(std::move(layout)) : std::nullopt;
}

std::unique_ptr<Source> create_json(const SourceSettings& settings, Diagnostics& diagnostics) {
  auto layout = read_layout(settings, diagnostics);
  return layout ? std::make_unique<JsonSource>(*std::move(layout)) : nullptr;
}

/// The newest file: paths that no record has, and rows that cannot be read.
void look_at_json(const SourceSettings& settings, Host& host, Diagnostics& diagnostics) {
  Diagnostics known;
  const auto layout = read_layout(settings, known);
  if (!layout) {
    return;
  }
  const Position& position = settings.options.at("path").position;
  const auto file = newest_file(layout->files, position, host, diagnostics);
  if (!file) {
    return;
  }
  JsonImport import(*layout, PollRequest{});
  const auto read = import.read(*file, {});
  if (!read || !import.tell_missing(diagnostics)) {
    tell_look(position, read ? import.finish() : tl::unexpected(read.error()), diagnostics);
  }
}

std::vector<OptionSpec> options() {
  using Type = OptionSpec::Type;
  return {
      {.key = "path",
       .type = Type::kPath,
       .required = true,
       .fallback = "",
       .choices = {},
       .help = "The file: UTF-8, at most 64 MiB. " + std::string(FileSet::kHelp)},
      {.key = "format",
       .type = Type::kChoice,
       .required = false,
       .fallback = "json",
       .choices = {"json", "lines"},
       .help = "One document, or one on each line."},
      {.key = "records",
       .type = Type::kText,
       .required = false,
       .fallback = "",
       .choices = {},
       .help = "Where the list of records stands: a JSON pointer such as /data/days, in which * is every element; "
               "without it, the whole document."},
      {.key = "date.column",
       .type = Type::kText,
       .required = false,
       .fallback = "",
       .choices = {},
       .help = "The field of a record with its date or time, or a pointer in it such as /day/start; without it, date, "
               "Date or day."},
      {.key = "date.format",
       .type = Type::kText,
       .required = false,
       .fallback = "%Y-%m-%d",
       .choices = {},
       .help = "How dates are written, as for strptime: %d %b %Y, %s for seconds and %Q for milliseconds since 1970; "
               "without it, ISO 8601 with or without time and offset."},
  };
}

}  // namespace

Plugin json_plugin() {
  return {.name = "json",
          .help = "JSON files with a list of records, each with a date and a field per metric and label.",
          .options = options(),
          .metric_options = {{.key = "column",
                              .type = OptionSpec::Type::kText,
                              .required = false,
                              .fallback = "",
                              .choices = {},
                              .help = "The field with the values, or a pointer in the record such as /total/orders; "
                                      "without it, the one named like the metric."}},
          .is_whole = true,
          .create = create_json,
          .defaults = {},
          .look = look_at_json};
}

}  // namespace kpi
