#include "daemon/store/damaged_rows.hpp"

#include "daemon/store/sqlite_query.hpp"
#include "rules/base/text.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace kpi::sqlite {
namespace {

/// A value of a table's key, and a whole key: compared as SQLite compares them.
using KeyPart = std::variant<std::int64_t, std::string>;
using Key = std::vector<KeyPart>;

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

/// So many keys are looked for behind damage, a table: some tenths of a second.
constexpr int kMostSeeks = 20'000;
/// A text that stands behind all that kpid writes.
constexpr const char* kLastText = "\xff";

struct Column {
  std::string name;  ///< Quoted.
  bool is_text = false;
};

std::vector<Column> columns_of(const SQLite::Database& db, const std::string& table, const char* which) {
  std::vector<Column> columns;
  Query names(db, fmt::format("SELECT name, type FROM pragma_table_info({}) {}", quoted(table), which));
  names.each([&](const Row& row) { columns.push_back({quoted(row.text(0)), row.text(1) == "TEXT"}); });
  return columns;
}

std::string list_of(const std::vector<Column>& columns, const std::string& before, const std::string& after) {
  std::vector<std::string> texts;
  for (const Column& column : columns) {
    texts.push_back(before + column.name + after);
  }
  return join(texts, ", ");
}

/// What both tables have: an older history knows less.
std::vector<Column> shared_columns(const SQLite::Database& from, const SQLite::Database& to, const std::string& table) {
  std::vector<Column> columns = columns_of(to, table, "");
  const std::vector<Column> known = columns_of(from, table, "");
  std::erase_if(columns, [&](const Column& column) {
    return std::ranges::find(known, column.name, &Column::name) == known.end();
  });
  return columns;
}

std::int64_t sum_within_range(std::int64_t a, std::int64_t b) {
  if (b >= 0) {
    return a > kMost - b ? kMost : a + b;
  }
  return a < kLeast - b ? kLeast : a + b;
}

std::optional<std::string> text_between(const std::string& low, const std::string& high) {
  constexpr std::size_t kDigits = 6;
  const auto differ = std::ranges::mismatch(low, high);
  const auto same = static_cast<std::size_t>(differ.in1 - low.begin());
  const auto number_of = [same](const std::string& text) {
    std::uint64_t number = 0;
    for (std::size_t i = same; i < same + kDigits; ++i) {
      number = (number << 8U) | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0U);
    }
    return number;
  };
  const std::uint64_t first = number_of(low);
  const std::uint64_t middle = first + ((number_of(high) - first) / 2);
  if (middle == first) {
    return std::nullopt;
  }
  std::string text = low.substr(0, same);
  for (std::size_t i = kDigits; i > 0; --i) {
    text += static_cast<char>((middle >> (8 * (i - 1))) & 0xffU);
  }
  return text;
}

/// The key that follows at once.
Key next_key(Key key) {
  if (auto* number = std::get_if<std::int64_t>(&key.back())) {
    *number = sum_within_range(*number, 1);
  } else {
    std::get<std::string>(key.back()) += '\0';
  }
  return key;
}

/// Saves one table. Where its pages follow each other its keys do, and a page that cannot be read hides those from one
/// key to another. Which, SQLite does not say: a seek to a key tells whether the page that it belongs to can be read.
class RowSaver {
 public:
  RowSaver(SQLite::Database& from, SQLite::Database& to, std::string table)
      : from_(from), to_(to), table_(std::move(table)) {}

  SavedRows run() {
    if (prepare()) {
      const Reading first = read(*ahead_, Way::kAhead, nullptr);
      if (!first.is_done && !is_found_in_an_index()) {
        saved_.is_whole = false;
        look_behind(first);
      }
    }
    saved_.is_whole = saved_.is_whole && !has_refused_;
    return saved_;
  }

 private:
  enum class Way { kAhead, kBack };

  /// What one reading came to: the last key that it read, and whether it came to where it was to end.
  struct Reading {
    std::optional<Key> last;
    bool is_done = false;
  };

  /// Keys from `begin` to before `end` that were not read. Where the table may go on beyond one of them, it is open.
  struct Gap {
    Key begin;
    Key end;
    bool is_open_below = false;
    bool is_open_above = false;
  };

  /// False: there is nothing to be read.
  bool prepare() {
    std::vector<Column> columns;
    try {
      columns = shared_columns(from_, to_, table_);
      key_ = columns_of(to_, table_, "WHERE pk > 0 ORDER BY pk");
      if (columns.empty()) {
        return false;  // a newer table
      }
      columns_ = list_of(columns, "", "");
      const std::string keys = list_of(key_, "", "");
      const std::string all = fmt::format("SELECT {}, {} FROM {} NOT INDEXED", columns_, keys, sqlite::quoted(table_));
      const std::string marks = list_of(std::vector<Column>(key_.size(), Column{"?"}), "", "");
      const std::string back = list_of(key_, "", " DESC");
      ahead_ = prepared(fmt::format("{} ORDER BY {}", all, keys));
      back_ = prepared(fmt::format("{} ORDER BY {}", all, back));
      ahead_from_ = prepared(fmt::format("{} WHERE ({}) >= ({}) ORDER BY {}", all, keys, marks, keys));
      back_from_ = prepared(fmt::format("{} WHERE ({}) < ({}) ORDER BY {}", all, keys, marks, back));
    } catch (const SQLite::Exception&) {
      saved_.is_whole = false;
      return false;
    }
    width_ = static_cast<int>(columns.size());
    const std::string marks = list_of(std::vector<Column>(columns.size(), Column{"?"}), "", "");
    insert_ = std::make_unique<SQLite::Statement>(
        to_, fmt::format("INSERT OR IGNORE INTO {}({}) VALUES({})", sqlite::quoted(table_), columns_, marks));
    bytes_of_file_ = from_.execAndGet("PRAGMA page_count").getInt64() * from_.execAndGet("PRAGMA page_size").getInt64();
    room_ = bytes_of_file_;
    least_.assign(key_.size(), kMost);
    most_.assign(key_.size(), kLeast);
    return true;
  }

  std::unique_ptr<SQLite::Statement> prepared(const std::string& sql) {
    return std::make_unique<SQLite::Statement>(from_, sql);
  }

  /// One row on; nothing: it cannot be read.
  static std::optional<bool> step(SQLite::Statement& rows) {
    try {
      return rows.executeStep();
    } catch (const SQLite::Exception&) {
      return std::nullopt;
    }
  }

  Reading read_from(SQLite::Statement& rows, const Key& key, Way way, const Key* until) {
    for (std::size_t i = 0; i < key.size(); ++i) {
      const int mark = static_cast<int>(i) + 1;
      std::visit([&](const auto& part) { rows.bind(mark, part); }, key[i]);
    }
    return read(rows, way, until);
  }

  /// Reads on until damage, or a key that lies beyond `until`. Rows out of order are damage too, and so are more than
  /// the file has room for: pages that lead back to each other end.
  Reading read(SQLite::Statement& rows, Way way, const Key* until) {
    Reading reading;
    std::optional<bool> is_row;
    for (is_row = step(rows); is_row && *is_row; is_row = step(rows)) {
      std::optional<Key> key = key_of(rows);
      const bool is_in_order =
          key && (!reading.last || (way == Way::kAhead ? *reading.last < *key : *key < *reading.last));
      if (!is_in_order || room_ <= 0) {
        break;
      }
      if (until != nullptr && (way == Way::kAhead ? !(*key < *until) : *key < *until)) {
        reading.is_done = true;
        break;
      }
      has_refused_ = !keep(rows) || has_refused_;
      note(*key);
      reading.last = std::move(key);
    }
    reading.is_done = reading.is_done || is_row == false;
    rows.tryReset();
    return reading;
  }

  std::optional<Key> key_of(const SQLite::Statement& rows) const {
    Key key;
    for (std::size_t i = 0; i < key_.size(); ++i) {
      const SQLite::Column cell = rows.getColumn(width_ + static_cast<int>(i));
      if (!key_[i].is_text && cell.isInteger()) {
        key.emplace_back(cell.getInt64());
      } else if (key_[i].is_text && cell.isText()) {
        key.emplace_back(cell.getString());
      } else {
        return std::nullopt;
      }
    }
    return key;
  }

  /// False: the row is there already, or is none that the table may hold.
  bool keep(const SQLite::Statement& rows) {
    constexpr std::int64_t kLeastBytes = 4;
    room_ -= kLeastBytes;
    for (int i = 0; i < width_; ++i) {
      const SQLite::Column cell = rows.getColumn(i);
      if (cell.isInteger()) {
        insert_->bind(i + 1, cell.getInt64());
      } else if (cell.isFloat()) {
        insert_->bind(i + 1, cell.getDouble());
      } else if (cell.isNull()) {
        insert_->bind(i + 1);
      } else {
        room_ -= cell.getBytes();
        insert_->bind(i + 1, cell.getString());
      }
    }
    try {
      const int kept = insert_->exec();
      insert_->reset();
      saved_.rows += kept;
      return kept > 0;
    } catch (const SQLite::Exception& exception) {
      if ((exception.getErrorCode() & 0xff) != SQLITE_CONSTRAINT) {
        throw;
      }
      insert_->tryReset();  // a cell of another kind than its column
      return false;
    }
  }

  void note(const Key& key) {
    for (std::size_t i = 0; i < key.size(); ++i) {
      if (const auto* number = std::get_if<std::int64_t>(&key[i])) {
        least_[i] = std::min(least_[i], *number);
        most_[i] = std::max(most_[i], *number);
      }
    }
    if (const auto* text = std::get_if<std::string>(&key.front())) {
      const auto differ = std::ranges::mismatch(*text, shared_text_);
      shared_text_ = saved_.rows > 1 ? std::string(text->begin(), differ.in1) : *text;
    }
  }

  /// Of names and words an index holds everything. True: one of them was whole.
  bool is_found_in_an_index() {
    std::vector<std::string> indexes;
    try {
      Query names(from_,
                  fmt::format("SELECT name FROM pragma_index_list({}) WHERE NOT partial", sqlite::quoted(table_)));
      names.each([&](const Row& row) { indexes.push_back(sqlite::quoted(row.text(0))); });
    } catch (const SQLite::Exception&) {
      return false;
    }
    return std::ranges::any_of(indexes, [&](const std::string& index) { return is_read_through(index); });
  }

  bool is_read_through(const std::string& index) {
    std::unique_ptr<SQLite::Statement> rows;
    try {
      rows = prepared(fmt::format("SELECT {} FROM {} INDEXED BY {}", columns_, sqlite::quoted(table_), index));
    } catch (const SQLite::Exception&) {
      return false;
    }
    std::optional<bool> is_row;
    for (room_ = bytes_of_file_; room_ > 0 && (is_row = step(*rows)) && *is_row;) {
      keep(*rows);
    }
    return is_row == false;
  }

  /// From the other end, then between what could be read. `first`: what was read from the begin on.
  void look_behind(const Reading& first) {
    room_ = bytes_of_file_;
    const Reading last = read(*back_, Way::kBack, first.last ? &*first.last : nullptr);
    if (key_.front().is_text || (first.last && last.last)) {
      Key begin = first.last ? next_key(*first.last) : corner(kLeast, "");
      // What is missing at an end is likely to begin like the rest.
      for (const std::string& text : {shared_text_, shared_text_ + kLastText}) {
        Key stone = corner(kLeast, "");
        stone.front() = text;
        if (key_.front().is_text && begin < stone && (!last.last || stone < *last.last)) {
          gaps_.push_back({begin, stone, false, false});
          begin = std::move(stone);
        }
      }
      gaps_.push_back({begin, last.last ? *last.last : corner(kMost, kLastText), false, false});
    } else if (first.last) {
      gaps_.push_back({next_key(*first.last), above(*first.last), false, true});
    } else if (last.last) {
      gaps_.push_back({below(*last.last), *last.last, true, false});
    } else {
      look_for_any();
    }
    for (int seeks = 0; seeks < kMostSeeks && !gaps_.empty(); ++seeks) {
      const Gap gap = std::move(gaps_.front());
      gaps_.pop_front();
      if (is_split_by_part(gap)) {
        continue;
      }
      if (const std::optional<Key> middle = between(gap.begin, gap.end)) {
        look_around(gap, *middle);
      } else {
        read_from(*ahead_from_, gap.begin, Way::kAhead, &gap.end);
      }
    }
  }

  /// Neither the first page can be read nor the last, and where the others are is not known.
  void look_for_any() {
    constexpr std::int64_t kFineness = 256;
    const Gap all{corner(kLeast, ""), corner(kMost, kLastText), true, true};
    Key middle = all.begin;
    for (std::int64_t key = 1; key < kMost / 2; key += (key / kFineness) + 1) {
      middle.front() = key;
      const std::int64_t before = saved_.rows;
      look_around(all, middle);
      if (saved_.rows > before) {
        break;
      }
      gaps_.clear();
    }
    for (Gap& gap : gaps_) {
      gap.begin = gap.begin == all.begin ? below(gap.end) : gap.begin;
      gap.end = gap.end == all.end ? above(gap.begin) : gap.end;
    }
  }

  /// Reads from `middle` both ways; what lies beyond damage there is looked for later.
  void look_around(const Gap& gap, const Key& middle) {
    const Reading ahead = read_from(*ahead_from_, middle, Way::kAhead, gap.is_open_above ? nullptr : &gap.end);
    const Reading back = read_from(*back_from_, middle, Way::kBack, gap.is_open_below ? nullptr : &gap.begin);
    if (!back.is_done) {
      Gap lower{gap.begin, back.last.value_or(middle), gap.is_open_below, false};
      if (gap.is_open_below && back.last) {
        lower.begin = below(*back.last);
      }
      gaps_.push_back(std::move(lower));
    }
    if (!ahead.is_done) {
      Gap upper{ahead.last ? next_key(*ahead.last) : middle, gap.end, false, gap.is_open_above};
      if (gap.is_open_above && ahead.last) {
        upper.end = above(*ahead.last);
      }
      gaps_.push_back(std::move(upper));
    }
  }

  /// How far beyond what was read the table may go.
  [[nodiscard]] std::int64_t reach() const {
    constexpr std::int64_t kLeastReach = 1'000;
    const std::int64_t half = (most_.front() / 2) - (least_.front() / 2);
    return half > kMost / 8 ? kMost / 2 : (4 * half) + kLeastReach;
  }

  [[nodiscard]] Key below(const Key& key) const {
    Key found = corner(kLeast, "");
    found.front() = sum_within_range(std::get<std::int64_t>(key.front()), -reach());
    return found;
  }

  [[nodiscard]] Key above(const Key& key) const {
    Key found = corner(kMost, kLastText);
    found.front() = sum_within_range(std::get<std::int64_t>(key.front()), reach());
    return found;
  }

  /// A key of the same part everywhere.
  [[nodiscard]] Key corner(std::int64_t number, const char* text) const {
    Key key;
    for (const Column& column : key_) {
      key.push_back(column.is_text ? KeyPart(std::string(text)) : KeyPart(number));
    }
    return key;
  }

  /// Of each part the least that was read.
  [[nodiscard]] Key least_key() const {
    Key key = corner(0, "");
    for (std::size_t i = 0; i < key.size(); ++i) {
      key[i] = key_[i].is_text ? key[i] : KeyPart(least_[i]);
    }
    return key;
  }

  /// Keys that begin alike may fill many pages: what is left of those of its begin and of its end are gaps of their
  /// own. False: there is nothing left of them.
  bool is_split_by_part(const Gap& gap) {
    const auto differ = std::ranges::mismatch(gap.begin, gap.end);
    const auto next = static_cast<std::size_t>(differ.in1 - gap.begin.begin()) + 1;
    if (next >= key_.size() || !(gap.begin < gap.end)) {
      return false;
    }
    const Key least = least_key();
    Key behind = gap.begin;  // the last that begins like its begin
    std::copy(least.begin() + static_cast<std::ptrdiff_t>(next),
              least.end(),
              behind.begin() + static_cast<std::ptrdiff_t>(next));
    behind[next] = key_[next].is_text ? KeyPart(std::string(kLastText)) : KeyPart(sum_within_range(most_[next], 1));
    Key before = gap.end;  // the first that begins like its end
    std::copy(least.begin() + static_cast<std::ptrdiff_t>(next),
              least.end(),
              before.begin() + static_cast<std::ptrdiff_t>(next));
    const bool has_more_behind = !gap.is_open_below && gap.begin < behind;
    const bool has_more_before = !gap.is_open_above && before < gap.end;
    if (!has_more_behind && !has_more_before) {
      return false;
    }
    if (has_more_behind) {
      gaps_.push_back({gap.begin, behind, false, false});
    }
    if (has_more_before) {
      gaps_.push_back({before, gap.end, false, false});
    }
    gaps_.push_back({has_more_behind ? behind : gap.begin,
                     has_more_before ? before : gap.end,
                     gap.is_open_below,
                     gap.is_open_above});
    return true;
  }

  /// A key about in the middle, after `begin` and before `end`; nothing: there is none.
  [[nodiscard]] std::optional<Key> between(const Key& begin, const Key& end) const {
    const auto differ = std::ranges::mismatch(begin, end);
    if (differ.in1 == begin.end() || !(begin < end)) {
      return std::nullopt;
    }
    const auto place = static_cast<std::size_t>(differ.in1 - begin.begin());
    Key middle = least_key();
    std::copy(begin.begin(), differ.in1, middle.begin());
    if (key_[place].is_text) {
      auto text = text_between(std::get<std::string>(*differ.in1), std::get<std::string>(*differ.in2));
      if (text) {
        middle[place] = *std::move(text);
      }
      return text ? std::optional(std::move(middle)) : std::nullopt;
    }
    const std::int64_t low = std::get<std::int64_t>(*differ.in1);
    const std::int64_t high = std::get<std::int64_t>(*differ.in2);
    const std::int64_t half = (high / 2) - (low / 2);
    middle[place] = half > 0 ? low + half : high;
    return begin < middle && middle < end ? std::optional(std::move(middle)) : std::nullopt;
  }

  SQLite::Database& from_;
  SQLite::Database& to_;
  std::string table_;
  std::string columns_;      // that both have
  std::vector<Column> key_;  // of the table
  int width_ = 0;            // how many columns; those of the key follow
  std::unique_ptr<SQLite::Statement> ahead_;
  std::unique_ptr<SQLite::Statement> back_;
  std::unique_ptr<SQLite::Statement> ahead_from_;
  std::unique_ptr<SQLite::Statement> back_from_;
  std::unique_ptr<SQLite::Statement> insert_;
  std::int64_t bytes_of_file_ = 0;
  std::int64_t room_ = 0;            // so many bytes of rows may still be read
  std::vector<std::int64_t> least_;  // of what was read, by part of the key
  std::vector<std::int64_t> most_;
  std::string shared_text_;  // with which all begin
  std::deque<Gap> gaps_;
  bool has_refused_ = false;  // some row was none that the table may hold
  SavedRows saved_;
};

}  // namespace

SavedRows save_rows(SQLite::Database& from, SQLite::Database& to, const std::string& table) {
  return RowSaver(from, to, table).run();
}

}  // namespace kpi::sqlite
