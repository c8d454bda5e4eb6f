#include "plugins/http/decode.hpp"

#include "plugins/csv_reader.hpp"
#include "plugins/json_text.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace kpi {
namespace {

constexpr std::size_t kMostRows = 1'000'000;

/// Without a byte order mark.
std::string_view without_mark(std::string_view text) {
  return text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
}

tl::unexpected<Error> too_many(std::string_view name) {
  return fail(ErrorKind::kInvalid,
              std::string(name) + ": the answer has more than " + std::to_string(kMostRows) +
                  " rows: ask for sums by day instead of single rows");
}

Result<Json> decode_json(std::string_view name, std::string_view text) {
  auto json = parse_json(name, text);
  if (!json) {
    // A text that ends too early was cut off on its way.
    const bool is_cut = json.error().message.ends_with("the text ends before its JSON does");
    return fail(is_cut ? ErrorKind::kUnavailable : json.error().kind, json.error().message);
  }
  // Taken for an answer without rows, it would make zeros of days that nobody has counted.
  if (!json->is_structured()) {
    return fail(ErrorKind::kUnavailable,
                std::string(name) + ": is " +
                    printable(json_text_of(*json).empty() ? "null" : json_text_of(*json), 40) +
                    " as a whole, where an object or a list is wanted; decode: text reads a bare number");
  }
  return *std::move(json);
}

Result<Json> decode_chunks(const DecodePlan& plan, std::string_view name, std::string_view text) {
  const Json root = KPI_TRY(decode_json(name, text));
  Json all = Json::array();
  const auto add = [&](const Json& row) {
    const bool has_room = all.size() < kMostRows;
    if (has_room) {
      all.push_back(row);
    }
    return has_room;
  };
  const auto add_chunk = [&](const Json& chunk) {
    const std::vector<const Json*> lists = plan.chunk ? plan.chunk->all(chunk) : std::vector<const Json*>{&chunk};
    return std::ranges::all_of(
        lists, [&](const Json* list) { return list->is_array() ? std::ranges::all_of(*list, add) : add(*list); });
  };
  const bool has_room = root.is_array() ? std::ranges::all_of(root, add_chunk) : add_chunk(root);
  return has_room ? Result<Json>(std::move(all)) : too_many(name);
}

Result<Json> decode_lines(std::string_view name, std::string_view text) {
  Json all = Json::array();
  std::size_t number = 0;
  for (const std::string_view raw : split(text, '\n')) {
    ++number;
    const std::string_view line = trim(raw);
    if (line.empty()) {
      continue;
    }
    if (all.size() == kMostRows) {
      return too_many(name);
    }
    all.push_back(KPI_TRY(decode_json(std::string(name) + " line " + std::to_string(number), line)));
  }
  return all;
}

std::string without_comments(const DecodePlan& plan, std::string_view text) {
  std::string kept;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.starts_with(plan.comment)) {
      kept.append(line).push_back('\n');
    }
  }
  return kept;
}

/// One table of CSV, with a header of its own.
Result<void> decode_table(const DecodePlan& plan, std::string_view name, std::string_view text, Json& rows) {
  KPI_TRY(require_utf8(name, text));
  CsvReader reader(text, plan.delimiter);
  std::vector<std::string> header;
  while (true) {
    const CsvReader::Next next = reader.next();
    if (next == CsvReader::Next::kEnd) {
      return {};
    }
    if (next != CsvReader::Next::kRow) {
      return fail(ErrorKind::kUnavailable, std::string(name) + ": " + reader.trouble());
    }
    if (plan.has_header && header.empty()) {
      for (std::size_t i = 0; i < reader.size(); ++i) {
        header.emplace_back(reader.cell(i));
      }
      continue;
    }
    if (rows.size() == kMostRows) {
      return too_many(name);
    }
    if (plan.has_header && reader.size() != header.size()) {
      return fail(ErrorKind::kUnavailable,
                  std::string(name) + ": a row has " + counted(reader.size(), "cell") + " under " +
                      counted(header.size(), "column") + ": the answer was cut off");
    }
    Json row = plan.has_header ? Json::object() : Json::array();
    for (std::size_t i = 0; i < reader.size(); ++i) {
      const std::string cell(reader.cell(i));
      if (plan.has_header && row.contains(header[i])) {
        row[header[i]] = Json::array({row[header[i]], cell});  // of two columns of one name neither is the value
      } else if (plan.has_header) {
        row[header[i]] = cell;
      } else {
        row.push_back(cell);
      }
    }
    rows.push_back(std::move(row));
  }
}

Result<Json> decode_csv(const DecodePlan& plan, std::string_view name, std::string_view text) {
  const std::string kept = plan.comment.empty() ? std::string(text) : without_comments(plan, text);
  Json rows = Json::array();
  if (plan.comment.empty()) {
    KPI_TRY(decode_table(plan, name, kept, rows));
    return rows;
  }
  // Annotated CSV: tables follow each other with blank lines between them, each with its own header.
  std::string table;
  for (const std::string_view line : split(kept, '\n')) {
    if (!trim(line).empty()) {
      table.append(line).push_back('\n');
    } else if (!table.empty()) {
      KPI_TRY(decode_table(plan, name, table, rows));
      table.clear();
    }
  }
  if (!table.empty()) {
    KPI_TRY(decode_table(plan, name, table, rows));
  }
  return rows;
}

/// Whether the other side says where its answer ends. Else the end of the connection does, which may come too early.
bool tells_its_end(const HttpResponse& response) {
  return std::ranges::any_of(response.headers, [](const auto& header) {
    return header.first == "content-length" || header.first == "transfer-encoding";
  });
}

/// Whether a table without rows is no table: words that say what is wrong, and that would be taken for its header.
bool is_one_cell(const DecodePlan& plan, std::string_view text) {
  CsvReader reader(text, plan.delimiter);
  return plan.has_header && plan.comment.empty() && reader.next() == CsvReader::Next::kRow && reader.size() == 1;
}

Result<Json> whole_csv(const DecodePlan& plan, std::string_view name, const HttpResponse& response) {
  const std::string_view text = without_mark(response.body);
  Json rows = KPI_TRY(decode_csv(plan, name, text));
  if (!rows.empty() && !text.ends_with('\n') && !text.ends_with('"') && !tells_its_end(response)) {
    return fail(ErrorKind::kUnavailable,
                std::string(name) +
                    ": does not say how long it is, and its last line has no end: what stands there may be cut off");
  }
  if (rows.empty() && is_one_cell(plan, text)) {
    return fail(ErrorKind::kUnavailable,
                std::string(name) + ": " + printable(trim(text), 80) +
                    ": that is no table; where it means that there is no row, say so by an outcome rule");
  }
  if (rows.empty() && !text.ends_with('\n')) {
    return fail(ErrorKind::kUnavailable, std::string(name) + ": ends within its first line: the answer was cut off");
  }
  return rows;
}

bool is_page(std::string_view body, const HttpResponse& response) {
  const std::string type = to_lower_ascii(response.header("content-type"));
  const std::string begin = to_lower_ascii(body.substr(0, 32));
  return begin.starts_with("<!doctype html") || begin.starts_with("<html") ||
         (type.starts_with("text/html") && body.starts_with('<'));
}

}  // namespace

Result<Json> decode(const DecodePlan& plan, const HttpResponse& response, std::string_view name) {
  const std::string_view text = without_mark(response.body);
  const std::string_view body = trim(text);
  if (is_page(body, response)) {
    return fail(ErrorKind::kUnavailable,
                std::string(name) + ": an HTML page came where data is wanted: a login page, or a proxy in between");
  }
  if (!is_valid_utf8(text)) {
    const std::string_view type = response.header("content-type");
    return fail(
        ErrorKind::kUnavailable,
        std::string(name) + ": is not UTF-8" + (type.empty() ? "" : " (" + printable(type, 80) + ')') +
            ": ask for that, for instance with request.headers: {accept-charset: utf-8}, or have a program fetch "
            "and convert it (plugin: exec)");
  }
  switch (plan.kind) {
    case DecodePlan::Kind::kJson:
      return decode_json(name, text);
    case DecodePlan::Kind::kChunks:
      return decode_chunks(plan, name, text);
    case DecodePlan::Kind::kLines:
      return decode_lines(name, text);
    case DecodePlan::Kind::kCsv:
      if (body.empty()) {
        return fail(ErrorKind::kUnavailable, std::string(name) + ": is empty where CSV is wanted");
      }
      return whole_csv(plan, name, response);
    case DecodePlan::Kind::kText:
      if (body.empty() || body.size() > 64) {
        return fail(ErrorKind::kUnavailable, std::string(name) + ": is no number");
      }
      if (!text.ends_with('\n') && !tells_its_end(response)) {
        return fail(
            ErrorKind::kUnavailable,
            std::string(name) + ": does not say how long it is, and the number has no line end: it may be cut off");
      }
      return Json(std::string(body));
  }
  return Json();
}

bool says_error(const Json& answer) {
  return std::ranges::any_of(std::array{"error", "errors"}, [&](const char* key) {
    const auto said = answer.is_object() ? answer.find(key) : answer.end();
    return said != answer.end() &&
           (*said == true || (said->is_string() && *said != "") || (said->is_structured() && !said->empty()));
  });
}

}  // namespace kpi
