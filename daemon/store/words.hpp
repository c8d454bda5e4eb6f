#pragma once
// The words of enumerations, interned: a row of the ledger holds a small number, the table `word` says what it means.
// The numbers are given when a word is first stored and have nothing to do with the enumeration's own order. Private
// to daemon/store; of the thread that owns the connection.

#include "daemon/store/sqlite_query.hpp"
#include "rules/model/verdict.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace kpi::sqlite {

inline std::optional<Severity> parse_word(std::string_view text, Severity /*kind*/) {
  return parse_severity(text);
}

inline std::optional<Verdict> parse_word(std::string_view text, Verdict /*kind*/) {
  return parse_verdict(text);
}

inline std::optional<AlertPhase> parse_word(std::string_view text, AlertPhase /*kind*/) {
  return parse_alert_phase(text);
}

inline std::optional<KpiState> parse_word(std::string_view text, KpiState /*kind*/) {
  return parse_kpi_state(text);
}

inline std::optional<TargetStatus> parse_word(std::string_view text, TargetStatus /*kind*/) {
  return parse_target_status(text);
}

inline std::optional<Reason> parse_word(std::string_view text, Reason /*kind*/) {
  return parse_reason(text);
}

/// The enumerator a text names; throws BadRow.
template <class Enum>
Enum word_value(std::string_view text) {
  const std::optional<Enum> value = parse_word(text, Enum{});
  if (!value) {
    throw BadRow(fmt::format("it holds the word \"{}\", which this kpid does not know", text));
  }
  return *value;
}

class Words {
 public:
  explicit Words(const SQLite::Database& db)
      : text_(db, "SELECT text FROM word WHERE id = ?"),
        add_(db, "INSERT INTO word(text) VALUES(?) ON CONFLICT DO NOTHING"),
        find_(db, "SELECT id FROM word WHERE text = ?") {}

  /// The number of an enumerator; REQUIRES a transaction that may write, and forget() when that is rolled back.
  template <class Enum>
  std::int64_t number(Enum value) {
    std::int64_t& known = std::get<Numbers<Enum>>(numbers_).of.at(static_cast<std::size_t>(value));
    if (known == 0) {
      known = intern(name_of(value));
    }
    return known;
  }

  /// The enumerator a number stands for; throws BadRow, LostRow when the list has no such number.
  template <class Enum>
  Enum value(std::int64_t number) {
    std::vector<std::optional<Enum>>& known = std::get<Values<Enum>>(values_).of;
    const auto index = static_cast<std::size_t>(number);
    if (index >= known.size() || !known[index]) {
      const Enum found = word_value<Enum>(text(number));
      if (index >= known.size()) {
        known.resize(index + 1);
      }
      known[index] = found;
    }
    return *known[index];
  }

  /// Drops what was learnt in a transaction that is no more.
  void forget() {
    numbers_ = {};
    values_ = {};
  }

 private:
  template <class Enum>
  struct Numbers {
    std::array<std::int64_t, 64> of{};
  };

  template <class Enum>
  struct Values {
    std::vector<std::optional<Enum>> of;
  };

  std::int64_t intern(std::string_view word) {
    const std::string text(word);
    std::int64_t number = 0;
    add_.run(text);
    find_.each([&](const Row& row) { number = row.integer(0); }, text);
    return number;
  }

  std::string text(std::int64_t number) {
    std::optional<std::string> word;
    if (number >= 0 && number < kMaxNumber) {
      text_.each([&](const Row& row) { word = row.text(0); }, number);
    }
    if (!word) {
      throw LostRow(fmt::format("it holds the word number {}, which is in no list", number));
    }
    return *std::move(word);
  }

  static constexpr std::int64_t kMaxNumber = 10'000;  // Of a damaged file: no list grows to whatever stands there.

  Query text_;
  Query add_;
  Query find_;
  std::tuple<Numbers<Severity>, Numbers<Verdict>, Numbers<KpiState>, Numbers<Reason>, Numbers<TargetStatus>> numbers_;
  std::tuple<Values<Severity>, Values<Verdict>, Values<KpiState>, Values<Reason>, Values<TargetStatus>> values_;
};

}  // namespace kpi::sqlite
