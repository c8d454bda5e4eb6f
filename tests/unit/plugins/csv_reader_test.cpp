#include "plugins/csv_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace kpi {
namespace {

using Next = CsvReader::Next;

std::string shown(CsvPlace place) {
  return std::to_string(place.line) + ':' + std::to_string(place.column);
}

/// "2:1 a|b" for a row.
std::string row_text(const CsvReader& reader) {
  std::string line = shown(reader.place(reader.row(), 0)) + ' ';
  for (std::size_t i = 0; i < reader.size(); ++i) {
    line.append(i == 0 ? "" : "|").append(reader.cell(i));
  }
  return line + (reader.unfinished() ? " (unfinished)" : "");
}

/// Each row; "2:5 ! trouble" where one is bad, "2:5 !! trouble" where the text is malformed.
std::vector<std::string> rows(std::string_view text, char delimiter = ',') {
  CsvReader reader(text, delimiter);
  std::vector<std::string> lines;
  for (Next next = reader.next(); next != Next::kEnd; next = reader.next()) {
    if (next == Next::kRow) {
      lines.push_back(row_text(reader));
      continue;
    }
    lines.push_back(shown(reader.trouble_place()) + (next == Next::kBadRow ? " ! " : " !! ") + reader.trouble());
    if (next == Next::kMalformed) {
      break;
    }
  }
  return lines;
}

using Lines = std::vector<std::string>;

TEST(CsvReader, ReadsRowsWithTheirLines) {
  EXPECT_EQ(rows("a,b\n1,2\n"), (Lines{"1:1 a|b", "2:1 1|2"}));
  EXPECT_EQ(rows("a,b\r\n1,2\r\n"), (Lines{"1:1 a|b", "2:1 1|2"}));
  EXPECT_EQ(rows("a,b\r1,2\r"), (Lines{"1:1 a|b", "2:1 1|2"}));
  EXPECT_EQ(rows("a;b\n1;2\n", ';'), (Lines{"1:1 a|b", "2:1 1|2"}));
  EXPECT_EQ(rows("a\tb\n\t2\n", '\t'), (Lines{"1:1 a|b", "2:1 |2"}));
  EXPECT_EQ(rows(""), Lines{});
}

TEST(CsvReader, SkipsBlankLinesButCountsThem) {
  EXPECT_EQ(rows("\n  \na\n\r\n\nb\n"), (Lines{"3:1 a", "6:1 b"}));
}

TEST(CsvReader, ReadsQuotedCells) {
  EXPECT_EQ(rows("\"a,b\",\"say \"\"hi\"\"\"\n\"two\nlines\",x\n\"\",\" y \"\n"),
            (Lines{"1:1 a,b|say \"hi\"", "2:1 two\nlines|x", "4:1 | y "}));
}

TEST(CsvReader, MarksALastRowWithoutItsLineEnd) {
  EXPECT_EQ(rows("a\nb"), (Lines{"1:1 a", "2:1 b (unfinished)"}));
  EXPECT_EQ(rows("a\n\"b\""), (Lines{"1:1 a", "2:1 b (unfinished)"}));
}

TEST(CsvReader, PassesOverALastLineThatEndsWithinAQuotedCell) {
  EXPECT_EQ(rows("a,b\n1,\"2,1"), (Lines{"1:1 a|b", "2:3 ! the quote that opens here is not closed: close it"}));
}

TEST(CsvReader, NamesTheQuoteThatIsNotClosed) {
  const std::string trouble = " !! the quote that opens here is not closed: close it";
  EXPECT_EQ(rows("a,b\n1,\"2\n"), (Lines{"1:1 a|b", "2:3" + trouble}));
  EXPECT_EQ(rows("a,b\n1,\"2\n3,4\n5,6"), (Lines{"1:1 a|b", "2:3" + trouble}));
  EXPECT_EQ(rows("a,b\n1,\"2,146\n3,\"4,146\"\n5,6\n"), (Lines{"1:1 a|b", "2:3" + trouble}));
  EXPECT_EQ(rows("a,b\n\"x\ny\",\"2\n3,4\n"), (Lines{"1:1 a|b", "3:4" + trouble}));
}

TEST(CsvReader, GivesUpOnAQuoteThatStaysOpenForAMebibyte) {
  std::string text = "a,b\n1,\"2\n";
  while (text.size() < (1U << 20U) + 100) {
    text += "3,4\n";
  }
  EXPECT_EQ(rows(text), (Lines{"1:1 a|b", "2:3 !! the quote that opens here is not closed within 1 MiB"}));
}

TEST(CsvReader, GivesUpOnALineOfMoreThanAMebibyte) {
  EXPECT_EQ(rows("a\n" + std::string((1U << 20U) + 1, 'x') + "\n"),
            (Lines{"1:1 a", "2:1 !! the line is longer than 1 MiB"}));
}

TEST(CsvReader, PassesOverARowWithAStrayQuote) {
  EXPECT_EQ(rows("a,b\nå,5\" pipe\n\"x\"y,1\n3,4\n"),
            (Lines{"1:1 a|b",
                   "2:4 ! a quote within a cell: put the whole cell in quotes and write \"\" for each quote in it",
                   "3:4 ! text behind a closing quote: write \"\" for each quote within a cell",
                   "4:1 3|4"}));
}

TEST(CsvReader, HasTheCellsBeforeASlip) {
  CsvReader reader("1,2,\"3\"x,4\n5,6,7,8\n", ',');
  ASSERT_EQ(reader.next(), Next::kBadRow);
  ASSERT_EQ(reader.size(), 2U);
  EXPECT_EQ(reader.cell(1), "2");
  ASSERT_EQ(reader.next(), Next::kRow);
  EXPECT_EQ(reader.size(), 4U);
}

TEST(CsvReader, RefusesALoneCarriageReturnAmongLineFeeds) {
  EXPECT_EQ(
      rows("a\n1\r2\n3\n"),
      (Lines{"1:1 a",
             "2:1 !! a lone carriage return ends a row within this line: end every line alike, with LF or CR LF"}));
}

TEST(CsvReader, FindsThePlaceOfACellInCharacters) {
  CsvReader reader("a,b,c\n\"å,ä\",\"two\nlines\",  3\r\nx,y,z\n", ',');
  ASSERT_EQ(reader.next(), Next::kRow);
  ASSERT_EQ(reader.next(), Next::kRow);
  const std::uint64_t row = reader.row();
  ASSERT_EQ(reader.next(), Next::kRow);
  EXPECT_EQ(reader.place(row, 0), (CsvPlace{.line = 2, .column = 1}));
  EXPECT_EQ(reader.place(row, 1), (CsvPlace{.line = 2, .column = 7}));
  EXPECT_EQ(reader.place(row, 2), (CsvPlace{.line = 3, .column = 8}));
  EXPECT_EQ(reader.place(row, 3), (CsvPlace{.line = 3, .column = 11}));
  EXPECT_EQ(reader.place(reader.row(), 2), (CsvPlace{.line = 4, .column = 5}));
}

std::string utf8_error(std::string_view text) {
  const auto checked = require_utf8("x.csv", text);
  return checked ? "fine: " + std::string(text) : checked.error().message;
}

TEST(RequireUtf8, DropsAByteOrderMark) {
  EXPECT_EQ(utf8_error("\xEF\xBB\xBF"
                       "Å"),
            "fine: Å");
}

TEST(RequireUtf8, NamesTheFirstLineThatIsNot) {
  EXPECT_EQ(
      utf8_error("a\n\xC3\xA5\n\xE5\n\xE5\n"),
      "x.csv:3: the text is not UTF-8: save the file as UTF-8, or convert it with `iconv -f WINDOWS-1252 -t UTF-8`");
}

TEST(RequireUtf8, NamesUtf16) {
  EXPECT_EQ(utf8_error("\xFF\xFE"
                       "a"),
            "x.csv:1: the text is UTF-16: save the file as UTF-8, or convert it with `iconv -f UTF-16 -t UTF-8`");
  EXPECT_EQ(
      utf8_error(std::string_view("ab\na\0", 5)),
      "x.csv:2: a NUL byte, as in UTF-16: save the file as UTF-8, or convert it with `iconv -f UTF-16LE -t UTF-8`");
}

}  // namespace
}  // namespace kpi
