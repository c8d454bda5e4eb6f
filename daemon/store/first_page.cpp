#include "daemon/store/first_page.hpp"

#include "daemon/store/schema.hpp"
#include "daemon/store/sqlite_file.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

namespace kpi::sqlite {
namespace {

constexpr std::size_t kPage = 4096;  // what every history is made with
using Page = std::array<unsigned char, kPage>;

/// A row of the table that names the others.
struct Named {
  std::string type;
  std::string name;
  std::string table;
  std::int64_t root = 0;
  std::optional<std::string> sql{};  ///< None: an index that a table's own text asks for.
};

/// Reads a record of SQLite's file format from one page, never beyond it.
class Bytes {
 public:
  Bytes(const Page& page, std::size_t at) : page_(page), at_(at) {}

  [[nodiscard]] bool is_good() const { return is_good_; }

  [[nodiscard]] std::size_t at() const { return at_; }

  std::uint64_t varint() {
    std::uint64_t number = 0;
    for (int i = 0; i < 9; ++i) {
      const unsigned char byte = next();
      if (i == 8) {
        return (number << 8U) | byte;
      }
      number = (number << 7U) | (byte & 0x7fU);
      if ((byte & 0x80U) == 0) {
        break;
      }
    }
    return number;
  }

  std::int64_t integer(std::size_t size) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < size; ++i) {
      number = (number << 8U) | next();
    }
    return static_cast<std::int64_t>(number);
  }

  std::string text(std::size_t size) {
    if (size > kPage - at_) {
      is_good_ = false;
      return "";
    }
    std::string found(size, '\0');
    for (char& c : found) {
      c = static_cast<char>(next());
    }
    return found;
  }

 private:
  unsigned char next() {
    if (at_ >= kPage) {
      is_good_ = false;
      return 0;
    }
    return page_.at(at_++);
  }

  const Page& page_;
  std::size_t at_;
  bool is_good_ = true;
};

bool is_text(std::uint64_t type) {
  return type >= 13 && type % 2 == 1;
}

std::size_t text_size(std::uint64_t type) {
  return static_cast<std::size_t>((type - 13) / 2);
}

/// The row of a cell, where it is one that names a table or an index.
std::optional<Named> named_at(const Page& page, std::size_t at) {
  Bytes bytes(page, at);
  bytes.varint();  // how long it is
  bytes.varint();  // its row id
  const std::size_t header = bytes.at();
  const std::uint64_t header_size = bytes.varint();
  std::array<std::uint64_t, 5> types{};
  for (std::uint64_t& type : types) {
    type = bytes.varint();
  }
  const bool is_shaped = bytes.is_good() && bytes.at() == header + header_size && is_text(types[0]) &&
                         is_text(types[1]) && is_text(types[2]) && types[3] >= 1 && types[3] <= 4 &&
                         (is_text(types[4]) || types[4] == 0);
  if (!is_shaped) {
    return std::nullopt;
  }
  Named row;
  row.type = bytes.text(text_size(types[0]));
  row.name = bytes.text(text_size(types[1]));
  row.table = bytes.text(text_size(types[2]));
  row.root = bytes.integer(static_cast<std::size_t>(types[3]));
  if (types[4] != 0) {
    row.sql = bytes.text(text_size(types[4]));
  }
  const bool is_named = row.type == "table" || row.type == "index";
  return bytes.is_good() && is_named ? std::optional(row) : std::nullopt;
}

void add_named(const Page& page, std::int64_t pages, std::set<std::string>& known, std::vector<Named>& found) {
  constexpr unsigned char kLeafOfTable = 0x0d;
  constexpr std::size_t kCells = 8;
  if (page[0] != kLeafOfTable) {
    return;
  }
  const std::size_t count = static_cast<std::size_t>(page[3]) << 8U | page[4];
  for (std::size_t i = 0; i < count && kCells + 2 * i + 1 < kPage; ++i) {
    const std::size_t cell = static_cast<std::size_t>(page.at(kCells + 2 * i)) << 8U | page.at(kCells + 2 * i + 1);
    if (const auto row = named_at(page, cell);
        row && row->root >= 2 && row->root <= pages && known.insert(row->name).second) {
      found.push_back(*row);
    }
  }
}

std::vector<Named> find_named(const std::string& path, std::int64_t pages) {
  std::ifstream file(path, std::ios::binary);
  std::vector<Named> found;
  std::set<std::string> known;
  Page page{};
  while (
      file.read(reinterpret_cast<char*>(page.data()), kPage)) {  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
    add_named(page, pages, known, found);
  }
  // SQLite takes no index of a table that is not named.
  std::erase_if(found, [&](const Named& row) { return row.type == "index" && !known.contains(row.table); });
  return found;
}

/// The first page of a database that names nothing yet.
Page empty_first_page(std::int64_t pages) {
  Page page{};
  constexpr std::string_view kMagic = "SQLite format 3";
  std::ranges::copy(kMagic, page.begin());
  const auto put = [&](std::size_t at, std::int64_t number, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      page.at(at + i) = static_cast<unsigned char>(static_cast<std::uint64_t>(number) >> (8 * (size - 1 - i)));
    }
  };
  put(16, kPage, 2);
  put(18, 0x0202'0040'2020, 6);  // WAL; nothing reserved; the fractions, which are always these
  put(24, 1, 4);                 // counts changes
  put(28, pages, 4);
  put(40, 1, 4);  // the schema's own counter
  put(44, 4, 4);  // the schema's format
  put(56, 1, 4);  // UTF-8
  put(60, history_schema_version(), 4);
  put(68, kHistoryApplicationId, 4);
  put(92, 1, 4);  // the change that `pages` is of
  put(96, 3'040'000, 4);
  page[100] = 0x0d;  // a leaf of a table, without cells
  put(105, kPage, 2);
  return page;
}

void name_again(const std::string& path, const std::vector<Named>& found) {
  SQLite::Database db(path, SQLite::OPEN_READWRITE);
  db.exec("PRAGMA trusted_schema=OFF; PRAGMA writable_schema=ON");
  SQLite::Statement insert(db, "INSERT INTO sqlite_schema(type, name, tbl_name, rootpage, sql) VALUES(?, ?, ?, ?, ?)");
  for (const Named& row : found) {
    insert.bind(1, row.type);
    insert.bind(2, row.name);
    insert.bind(3, row.table);
    insert.bind(4, row.root);
    row.sql ? insert.bind(5, *row.sql) : insert.bind(5);
    insert.exec();
    insert.reset();
  }
}

}  // namespace

bool names_our_tables(const std::string& path) {
  std::error_code error;
  const auto pages = static_cast<std::int64_t>(std::filesystem::file_size(path, error) / kPage);
  const std::vector<Named> found = error ? std::vector<Named>{} : find_named(path, pages);
  const auto is_named = [&](const char* name) {
    return std::ranges::any_of(found, [&](const Named& row) { return row.type == "table" && row.name == name; });
  };
  return is_named("ledger") && is_named("line") && is_named("sample");
}

Result<void> copy_with_first_page(const std::string& damaged, const std::string& copy) {
  std::error_code error;
  const auto pages = static_cast<std::int64_t>(std::filesystem::file_size(damaged, error) / kPage);
  const std::vector<Named> found = error ? std::vector<Named>{} : find_named(damaged, pages);
  if (found.empty()) {
    return fail(ErrorKind::kStorage, fmt::format("\"{}\" names no table", damaged));
  }
  std::filesystem::copy_file(damaged, copy, std::filesystem::copy_options::overwrite_existing, error);
  if (!error && std::filesystem::exists(damaged + "-wal", error)) {
    std::filesystem::copy_file(
        damaged + "-wal", copy + "-wal", std::filesystem::copy_options::overwrite_existing, error);
  }
  if (error) {
    return fail(ErrorKind::kStorage, fmt::format("cannot copy \"{}\": {}", damaged, error.message()));
  }
  const Page first = empty_first_page(pages);
  std::fstream file(copy, std::ios::binary | std::ios::in | std::ios::out);
  file.write(reinterpret_cast<const char*>(first.data()),
             kPage);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
  file.close();
  return guarded("name the tables of", copy, [&]() -> Result<void> {
    name_again(copy, found);
    return {};
  });
}

}  // namespace kpi::sqlite
