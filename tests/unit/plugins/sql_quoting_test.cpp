// What each engine takes for a text, a name or a comment: parameters are found in code only. The same queries are asked
// of the engines themselves in sql_test.cpp and tests/e2e/sql_test.py.

#include "plugins/sql_quoting.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kpi {
namespace {

std::string bound(std::string_view text, const SqlQuoting& quoting) {
  const auto result = with_parameters(text, quoting, {"$1", "$2"});
  return result ? result->text : result.error().message;
}

std::string in_sqlite(std::string_view text) {
  return bound(text, kSqliteQuoting);
}

std::string in_postgresql(std::string_view text) {
  return bound(text, kPostgresqlQuoting);
}

std::string in_mysql(std::string_view text) {
  return bound(text, kMysqlQuoting);
}

/// What stands before "a < :from AND b > :to" is no code, or opens nothing.
std::string behind(std::string_view text) {
  return std::string(text) + " a < :from AND b > :to";
}

std::string bound_behind(std::string_view text) {
  return std::string(text) + " a < $1 AND b > $2";
}

TEST(SqlParameters, AreFoundInCodeOnly) {
  for (const SqlQuoting& quoting : {kSqliteQuoting, kPostgresqlQuoting, kMysqlQuoting}) {
    EXPECT_EQ(bound("a >= :from AND a < :to", quoting), "a >= $1 AND a < $2");
    EXPECT_EQ(bound("a::date >= :from::date AND a < :to", quoting), "a::date >= $1::date AND a < $2");
    for (const char* text :
         {"':from'", "\":to\"", "-- :to\n", "/* :x */", "'it''s :to'", "\"a\"\":x\"", "''", "'' ':from'"}) {
      EXPECT_EQ(bound(behind(text), quoting), bound_behind(text));
    }
    EXPECT_EQ(bound("x = :day", quoting), "the query has a parameter :day; there are :from and :to");
    EXPECT_EQ(bound("x >= :from", quoting), "the query uses one of :from and :to: write both, or neither");
    EXPECT_EQ(bound("x < :to", quoting), "the query uses one of :from and :to: write both, or neither");
    EXPECT_EQ(bound("x = 'it's :from'", quoting), "the query has a quote or comment that is never closed: '");
    EXPECT_EQ(bound("x /* y", quoting), "the query has a quote or comment that is never closed: /* y");
  }
}

TEST(SqlParameters, AreReadAsSqliteQuotes) {
  for (const char* text : {R"('\')", R"("\")", "[it's :from]", "`:to`", "'a' [b\\]", "x - -1"}) {
    EXPECT_EQ(in_sqlite(behind(text)), bound_behind(text));
  }
  EXPECT_EQ(in_sqlite("$$ :from :to $$"), "$$ $1 $2 $$");
}

TEST(SqlParameters, AreReadAsPostgresqlQuotes) {
  for (const char* text : {R"('\')",
                           R"(E'it\'s :from')",
                           R"(e'\\')",
                           R"(E'it\'s'' \' :from')",
                           "E'a'\n  'it\\'s :from'",
                           "date'2026-01-01\\'",
                           "$$ it's :from $$",
                           "$q1$ $$ :to $q$ $q1$",
                           "a$b",
                           "a[1] `",
                           "/* /* */ :from */",
                           "--:from\n"}) {
    EXPECT_EQ(in_postgresql(behind(text)), bound_behind(text));
  }
  EXPECT_EQ(in_postgresql("$1$ :from :to $1$"), "$1$ $1 $2 $1$") << "a digit opens no text";
  EXPECT_EQ(in_postgresql("$a$ :from $b$"), "the query has a quote or comment that is never closed: $a$ :from $b$");
}

TEST(SqlParameters, AreReadAsMysqlQuotes) {
  for (const char* text : {R"('it\'s :from')",
                           R"("5\" :to")",
                           R"('\\')",
                           "`a\\`",
                           "`it's :from`",
                           "# it's :from\n",
                           "-- it's\n",
                           "/* /* */",
                           "1--1",
                           "a[1]"}) {
    EXPECT_EQ(in_mysql(behind(text)), bound_behind(text));
  }
  EXPECT_EQ(in_mysql("--:from :to"), "--$1 $2") << "twice minus";
  EXPECT_EQ(in_mysql("/*!50000 :from */ /*M! :to */"), "/*!50000 $1 */ /*M! $2 */") << "code for some servers";
  SqlQuoting ansi = kMysqlQuoting;
  ansi.escapes_double = false;
  EXPECT_EQ(bound(behind(R"("a\" 'it\'s')"), ansi), bound_behind(R"("a\" 'it\'s')"));
}

TEST(SqlQueries, BeginWithWhatReads) {
  EXPECT_TRUE(begins_reading("-- of the shop\n/* x */ ( SELECT 1)", kPostgresqlQuoting));
  EXPECT_TRUE(begins_reading("# of the shop\nWITH x AS (SELECT 1) SELECT 1", kMysqlQuoting));
  EXPECT_TRUE(begins_reading("/*!50000 SELECT 1 */", kMysqlQuoting));
  for (const char* text : {"", "-- SELECT", "/* SELECT", "DELETE FROM lead", "'SELECT'", "# x\nSELECT 1"}) {
    EXPECT_FALSE(begins_reading(text, kSqliteQuoting)) << text;
  }
}

}  // namespace
}  // namespace kpi
