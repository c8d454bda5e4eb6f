// The shapes that rows come in: each becomes rows of fields.

#include "plugins/http/row_builder.hpp"
#include "plugins/http/tree_reader.hpp"
#include "plugins/json_text.hpp"
#include "rules/base/text.hpp"

#include <algorithm>

namespace kpi {
namespace {

using Kind = RowPlan::Kind;

/// As a cell of a sheet in which nothing stands.
bool is_blank(const Json* value) {
  return value->is_null() || (value->is_string() && trim(json_text_of(*value)).empty());
}

}  // namespace

const Json* AnswerRow::field(const JsonSelect& path) const {
  if (const auto own = extra.find(path.text()); own != extra.end()) {
    return own->second;
  }
  if (names != nullptr) {
    const auto name = std::ranges::find(*names, path.text());
    const auto index = static_cast<std::size_t>(name - names->begin());
    return index < values.size() ? values[index] : nullptr;
  }
  return object == nullptr ? nullptr : path.first(*object);
}

std::vector<const Json*> elements_at(const Json& document, const JsonSelect& path) {
  std::vector<const Json*> rows;
  for (const Json* place : path.all(document)) {
    if (place->is_array()) {
      for (const Json& row : *place) {
        rows.push_back(&row);
      }
    } else {
      rows.push_back(place);
    }
  }
  return rows;
}

Result<std::vector<AnswerRow>> RowBuilder::rows_of(const Json& document,
                                                   const HttpResponse& response,
                                                   const RenderScope& scope) {
  std::vector<AnswerRow> rows;
  if (plan_.rows.header) {
    const std::string_view header = response.header(*plan_.rows.header);
    if (header.empty()) {
      return fail(ErrorKind::kInvalid, name_ + ": the answer has no header " + *plan_.rows.header);
    }
    AnswerRow row;
    row.extra["value"] = &owned_.emplace_back(std::string(header));
    row.place = "header " + *plan_.rows.header;
    rows.push_back(std::move(row));
    return rows;
  }
  if (const std::string trouble = plan_.rows.path.incomplete_element(document); !trouble.empty()) {
    return fail(ErrorKind::kInvalid,
                name_ + ": " + trouble + ", though rows.path is " + plan_.rows.path.text() +
                    ": without its rows the sums would be too small; correct the path, or choose the elements that "
                    "have rows, as in [?kind=='day']");
  }
  if (plan_.rows.kind == Kind::kZip) {
    return zipped(document, scope);
  }
  if (plan_.rows.kind == Kind::kEntries) {
    return entries(document);
  }
  if (plan_.rows.kind == Kind::kPairs) {
    return pairs(document);
  }
  const bool is_scalar = plan_.rows.kind == Kind::kScalar;
  const std::vector<const Json*> places =
      is_scalar ? plan_.rows.path.all(document) : elements_at(document, plan_.rows.path);
  if (places.empty() && plan_.rows.path.all(document).empty() &&
      (is_scalar || !plan_.rows.path.ends_in_empty(document))) {
    return fail(ErrorKind::kInvalid, name_ + nothing_at_path());
  }
  if (!is_scalar && places.size() == 1 && places.front()->is_null()) {
    return fail(ErrorKind::kInvalid, name_ + not_wanted(*places.front(), "a list of rows"));
  }
  for (const Json* place : places) {
    AnswerRow row;
    row.object = place;
    row.place = plan_.rows.path.text() + (is_scalar ? "" : '/' + std::to_string(rows.size()));
    if (place->is_primitive()) {
      row.extra["value"] = place;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string RowBuilder::not_wanted(const Json& found, std::string_view wanted) const {
  return ": " + json_kind(found) + " stands at " + (plan_.rows.path.is_root() ? "the root" : plan_.rows.path.text()) +
         ", where " + std::string(wanted) + " is wanted";
}

std::string RowBuilder::nothing_at_path() const {
  return ": nothing stands at " + (plan_.rows.path.is_root() ? "the root" : plan_.rows.path.text()) +
         " of the answer: correct rows.path";
}

Result<std::vector<std::string>> RowBuilder::zip_names(const Json& document, const RenderScope& scope) {
  std::vector<std::string> names;
  const auto add = [&](const Json& found) -> Result<void> {
    // A path may lead to the list of the names, or to each of them.
    for (const Json& name : found.is_array() ? found : Json::array({found})) {
      if (name.is_structured()) {
        return fail(ErrorKind::kInvalid, name_ + ": a column's name is " + json_kind(name));
      }
      names.push_back(json_text_of(name));
    }
    return {};
  };
  if (plan_.rows.names_in_first_row) {
    const auto rows = elements_at(document, plan_.rows.path);
    if (!rows.empty() && !rows.front()->is_array()) {
      return fail(ErrorKind::kInvalid, name_ + not_wanted(*rows.front(), "a list of rows"));
    }
    for (const Json& name : rows.empty() ? Json::array() : *rows.front()) {
      KPI_TRY(add(name));
    }
    return names;
  }
  for (const OptionTree* item : items_of(*plan_.rows.names)) {
    if (item->text.starts_with('/')) {
      for (const Json* name : KPI_TRY(JsonSelect::parse(item->text)).all(document)) {
        KPI_TRY(add(*name));
      }
      continue;
    }
    const auto add_rendered = [&](const RenderScope& inner) -> Result<void> {
      const auto name = KPI_TRY(render_json(*item, inner));
      for (const Json& one : !name ? Json::array() : name->is_array() ? *name : Json::array({*name})) {
        KPI_TRY(add(one));
      }
      return {};
    };
    KPI_TRY(for_each_named(*item, scope, add_rendered));
  }
  return names;
}

Result<void> RowBuilder::check_names() const {
  std::vector<std::string> read = field_names_;
  for (const SourceLabel& label : plan_.settings.labels) {
    read.push_back(label.column);
  }
  read.push_back(plan_.rows.date.field.text());
  for (const std::string& name : read) {
    if (std::ranges::count(names_, name) > 1) {
      return fail(ErrorKind::kInvalid,
                  name_ + ": two columns of the answer are named " + printable(name, 60) +
                      ": ask for one of them only, or give them other names");
    }
  }
  return {};
}

Result<std::vector<AnswerRow>> RowBuilder::zipped(const Json& document, const RenderScope& scope) {
  if (std::vector<std::string> names = KPI_TRY(zip_names(document, scope)); !names.empty()) {
    names_ = std::move(names);  // further partitions come without them
    KPI_TRY(check_names());
  }
  std::vector<AnswerRow> rows;
  std::size_t index = 0;
  for (const Json* list : elements_at(document, plan_.rows.path)) {
    AnswerRow row;
    row.place = plan_.rows.path.text() + '/' + std::to_string(index++);
    if (plan_.rows.names_in_first_row && index == 1) {
      continue;
    }
    if (list->is_primitive()) {
      return fail(ErrorKind::kInvalid,
                  name_ + row.place + ": " + json_kind(*list) +
                      " stands where a row is wanted: rows leads to the list of the rows, without /* behind it");
    }
    row.names = &names_;
    for (const JsonSelect& cell : plan_.rows.cells) {
      for (const Json* value : cell.all(*list)) {
        if (value->is_array()) {
          for (const Json& element : *value) {
            row.values.push_back(&element);
          }
        } else {
          row.values.push_back(value);
        }
      }
    }
    if (plan_.rows.cells.empty() && list->is_array()) {
      for (const Json& value : *list) {
        row.values.push_back(&value);
      }
    }
    if (plan_.rows.names_in_first_row && std::ranges::all_of(row.values, is_blank)) {
      continue;
    }
    const bool is_cut = row.values.size() < names_.size() && !plan_.rows.names_in_first_row;
    if (row.values.size() > names_.size() || is_cut) {
      return fail(
          ErrorKind::kInvalid,
          name_ + row.place + ": " + counted(row.values.size(), "value") + " under " + counted(names_.size(), "name"));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<void> RowBuilder::check_series(const std::string& name, const Json& dates) const {
  if (dates.is_object() || (dates.is_array() && dates.empty())) {  // PHP writes an object without members as a list
    return {};
  }
  return fail(ErrorKind::kInvalid,
              name_ + plan_.rows.path.text() + '/' + printable(name, 60) + ": " + json_kind(dates) +
                  " stands where an object with dates is wanted: correct rows.path or rows.levels");
}

/// {series: {date: value}} where series are metrics: a row for each date, with a field for each series.
Result<std::vector<AnswerRow>> RowBuilder::pivoted(const Json& series) {
  std::map<std::string, AnswerRow> by_date;
  for (const auto& [name, dates] : series.items()) {
    KPI_TRY(check_series(name, dates));
    for (const auto& [date, value] : dates.items()) {
      AnswerRow& row = by_date[date];
      row.extra[name] = &value;
      row.place = plan_.rows.path.text() + "/*/" + date;
    }
  }
  std::vector<AnswerRow> rows;
  for (auto& [date, row] : by_date) {
    row.extra["date"] = &owned_.emplace_back(date);
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<std::vector<AnswerRow>> RowBuilder::entries(const Json& document) {
  std::vector<AnswerRow> rows;
  const auto add =
      [&](const std::string& date, const Json& value, const std::string& series, const std::string& place) {
        if (value.is_array() && value.empty()) {
          return;  // a period without anything
        }
        AnswerRow row;
        row.object = value.is_object() ? &value : nullptr;
        row.extra["date"] = &owned_.emplace_back(date);
        row.extra["series"] = &owned_.emplace_back(series);
        if (!value.is_object()) {
          row.extra["value"] = &value;
        }
        row.place = place + '/' + date;
        rows.push_back(std::move(row));
      };
  const bool has_series_label =
      std::ranges::any_of(plan_.settings.labels, [](const SourceLabel& label) { return label.column == "series"; });
  const std::vector<const Json*> places = plan_.rows.path.all(document);
  if (places.empty() && !plan_.rows.path.ends_in_empty(document)) {
    return fail(ErrorKind::kInvalid, name_ + nothing_at_path());
  }
  for (const Json* place : places) {
    if (place->is_array() && place->empty() && !plan_.rows.path.is_root()) {
      continue;  // PHP writes an object without members so
    }
    if (!place->is_object()) {
      return fail(ErrorKind::kInvalid, name_ + not_wanted(*place, "an object with dates"));
    }
    if (plan_.rows.levels == 2 && !has_series_label) {
      for (AnswerRow& row : KPI_TRY(pivoted(*place))) {
        rows.push_back(std::move(row));
      }
      continue;
    }
    for (const auto& [key, value] : place->items()) {
      if (plan_.rows.levels == 1) {
        add(key, value, "", plan_.rows.path.text());
        continue;
      }
      KPI_TRY(check_series(key, value));
      for (const auto& [date, inner] : value.items()) {
        add(date, inner, key, plan_.rows.path.text() + '/' + key);
      }
    }
  }
  return rows;
}

Result<std::vector<AnswerRow>> RowBuilder::pairs(const Json& document) {
  std::vector<AnswerRow> rows;
  if (plan_.rows.path.all(document).empty() && !plan_.rows.path.ends_in_empty(document)) {
    return fail(ErrorKind::kInvalid, name_ + nothing_at_path());
  }
  std::size_t index = 0;
  for (const Json* series : elements_at(document, plan_.rows.path)) {
    if (!series->is_structured()) {
      return fail(ErrorKind::kInvalid, name_ + not_wanted(*series, "a list of series"));
    }
    const std::string place = plan_.rows.path.text() + '/' + std::to_string(index++);
    const Json* list = plan_.rows.list.first(*series);
    const Json* labels = plan_.rows.labels ? plan_.rows.labels->first(*series) : series;
    const auto wrong = [&](const std::string& trouble) { return fail(ErrorKind::kInvalid, name_ + place + trouble); };
    // Of Prometheus: whatever else the series has, these samples would be missing in its sums.
    if (series->is_object() && series->contains("histograms")) {
      return wrong(
          ": has histograms, which are no numbers: ask for one of each, as with histogram_sum(…) or "
          "histogram_count(…)");
    }
    if (list == nullptr || !list->is_array()) {
      return wrong((list == nullptr ? ": has no " + plan_.rows.list.text()
                                    : '/' + plan_.rows.list.text() + ": " + json_kind(*list) + " stands") +
                   (list == nullptr ? ", where " : " where ") +
                   "a list of [time, value] is wanted: correct rows.values");
    }
    if (list->empty()) {
      continue;
    }
    const bool is_list_of_pairs = list->front().is_array();
    const std::size_t count = is_list_of_pairs ? list->size() : 1;
    for (std::size_t i = 0; i < count; ++i) {
      const Json& pair = is_list_of_pairs ? (*list)[i] : *list;
      if (!pair.is_array() || pair.size() < 2) {
        return wrong(": " + printable(pair.dump(-1, ' ', false, Json::error_handler_t::replace), 60) +
                     " is no pair [time, value]");
      }
      AnswerRow row;
      row.object = labels;
      row.extra["date"] = &pair[0];
      row.extra["value"] = &pair[1];
      row.place = place;
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace kpi
