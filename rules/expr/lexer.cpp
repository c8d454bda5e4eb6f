#include "rules/expr/lexer.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace kpi {
namespace {

constexpr std::size_t kMostBytes = 4096;
constexpr double kMostYears = 100;  // as parse_span; longer ones are slips and could leave the calendar

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_name_char(char c) {
  return is_name_start(c) || is_digit(c);
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// A length of calendar time as a word: "days" -> 1 day.
std::optional<Span> calendar_word(std::string_view word) {
  struct Word {
    std::string_view one;
    std::string_view many;
    Span span;
  };

  static constexpr std::array<Word, 5> kWords{{{"day", "days", {0, 1, 0}},
                                               {"week", "weeks", {0, 7, 0}},
                                               {"month", "months", {1, 0, 0}},
                                               {"quarter", "quarters", {3, 0, 0}},
                                               {"year", "years", {12, 0, 0}}}};
  for (const Word& known : kWords) {
    if (word == known.one || word == known.many) {
      return known.span;
    }
  }
  return std::nullopt;
}

/// What to write for a character that word processors and other languages put there.
std::string meant_by(std::string_view strange) {
  struct Look {
    std::string_view strange;
    std::string_view remedy;
  };

  static constexpr std::array<Look, 22> kLooks{
      {{"\u00f7", "write /"},
       {"\u00d7", "write *"},
       {"\u00b7", "write *"},
       {"\u2212", "write -"},
       {"\u2013", "write -"},
       {"\u2264", "write <="},
       {"\u2265", "write >="},
       {"\u2260", "write !="},
       {"\u00a0", "write an ordinary space"},
       {"\u202f", "write an ordinary space"},
       {"\u201c", "write straight quotes: \"SE\""},
       {"\u201d", "write straight quotes: \"SE\""},
       {"\u201e", "write straight quotes: \"SE\""},
       {"\u2018", "write straight quotes: 'SE'"},
       {"\u2019", "write straight quotes: 'SE'"},
       {"%", "a percentage is written without a space: 5%"},
       {"$", "numbers have no unit, the KPI's key unit says what they are in"},
       {"\u20ac", "numbers have no unit, the KPI's key unit says what they are in"},
       {"\u00a3", "numbers have no unit, the KPI's key unit says what they are in"},
       {";", "arguments are parted by a comma"},
       {"?", "write if(condition, a, b)"},
       {":", "write if(condition, a, b), or a / b for a ratio"}}};
  const auto* const found = std::ranges::find(kLooks, strange, &Look::strange);
  return found == kLooks.end() ? "" : std::string(found->remedy);
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  tl::expected<std::vector<Token>, ExprError> run() {
    if (text_.size() > kMostBytes) {
      return tl::unexpected(ExprError{{0, 1}, "an expression may be at most 4096 bytes long", "split it into `parts`"});
    }
    std::vector<Token> tokens;
    while (true) {
      while (pos_ < text_.size() && is_space(text_[pos_])) {
        ++pos_;
      }
      start_ = pos_;
      if (pos_ == text_.size()) {
        tokens.push_back(token(Token::Kind::kEnd));
        return tokens;
      }
      auto next = lex_one();
      if (!next) {
        return tl::unexpected(next.error());
      }
      tokens.push_back(std::move(*next));
    }
  }

 private:
  using OneToken = tl::expected<Token, ExprError>;

  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return pos_ + ahead < text_.size() ? text_[pos_ + ahead] : '\0';
  }

  [[nodiscard]] TextRange range() const {
    return {static_cast<std::uint32_t>(start_), static_cast<std::uint32_t>(pos_)};
  }

  [[nodiscard]] Token token(Token::Kind kind) const {
    Token result;
    result.kind = kind;
    result.range = range();
    result.text = std::string(text_.substr(start_, pos_ - start_));
    return result;
  }

  [[nodiscard]] tl::unexpected<ExprError> error(std::string message, std::string remedy = "") const {
    return tl::unexpected(ExprError{range(), std::move(message), std::move(remedy)});
  }

  OneToken lex_one() {
    const char c = peek();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
      return lex_number();
    }
    if (is_name_start(c)) {
      return lex_name();
    }
    if (c == '"' || c == '\'') {
      return lex_text(c);
    }
    return lex_symbol();
  }

  OneToken lex_symbol() {
    static constexpr std::array<std::string_view, 4> kTwo{"<=", ">=", "==", "!="};
    for (const std::string_view two : kTwo) {
      if (text_.substr(pos_, 2) == two) {
        pos_ += 2;
        return token(Token::Kind::kSymbol);
      }
    }
    const char c = peek();
    ++pos_;
    if (std::string_view("+-*/^<>(){},=").find(c) != std::string_view::npos) {
      return token(Token::Kind::kSymbol);
    }
    if (c == '&' || c == '|' || c == '!') {
      return error("\"" + std::string(1, c) + "\" is no operator here", "write `and`, `or`, `not`, `!=`");
    }
    // A whole UTF-8 character, so that the message shows what the author sees.
    while (pos_ < text_.size() && (static_cast<unsigned char>(text_[pos_]) & 0xC0U) == 0x80U) {
      ++pos_;
    }
    const std::string_view strange = text_.substr(start_, pos_ - start_);
    const std::string shown =
        strange == "\u00a0" || strange == "\u202f" ? "this no-break space" : "\"" + printable(strange) + "\"";
    return error(shown + " is not part of the language", meant_by(strange));
  }

  OneToken lex_text(char quote) {
    ++pos_;
    const std::size_t from = pos_;
    while (pos_ < text_.size() && text_[pos_] != quote) {
      ++pos_;
    }
    if (pos_ == text_.size()) {
      return error("the quoted text does not end", std::string("close it with ") + quote);
    }
    ++pos_;
    Token result = token(Token::Kind::kText);
    result.text = std::string(text_.substr(from, pos_ - 1 - from));
    return result;
  }

  void skip_name() {
    while (is_name_char(peek())) {
      ++pos_;
    }
  }

  OneToken lex_name() {
    skip_name();
    if (peek() == '.' && is_name_start(peek(1))) {
      ++pos_;
      skip_name();
    }
    return token(Token::Kind::kName);
  }

  /// `2026-12-31`; the text from pos_ on.
  [[nodiscard]] std::optional<Date> date_here() const {
    const std::string_view rest = text_.substr(pos_, 10);
    if (rest.size() < 10 || rest[4] != '-' || rest[7] != '-' || is_digit(peek(10))) {
      return std::nullopt;
    }
    for (const std::size_t i : {0U, 1U, 2U, 3U, 5U, 6U, 8U, 9U}) {
      if (!is_digit(rest[i])) {
        return std::nullopt;
      }
    }
    return Date{
        std::chrono::year{(rest[0] - '0') * 1000 + (rest[1] - '0') * 100 + (rest[2] - '0') * 10 + rest[3] - '0'},
        std::chrono::month{static_cast<unsigned>((rest[5] - '0') * 10 + rest[6] - '0')},
        std::chrono::day{static_cast<unsigned>((rest[8] - '0') * 10 + rest[9] - '0')}};
  }

  OneToken lex_number() {
    if (const std::optional<Date> date = date_here()) {
      pos_ += 10;
      if (!date->ok()) {
        return error("there is no date " + std::string(text_.substr(start_, 10)));
      }
      Token result = token(Token::Kind::kDate);
      result.date = *date;
      return result;
    }
    const std::optional<double> number = digits();
    if (!number) {
      return error("the number is too large");
    }
    return suffix(*number);
  }

  std::optional<double> digits() {
    const std::size_t from = pos_;
    while (is_digit(peek())) {
      ++pos_;
    }
    if (peek() == '.' && is_digit(peek(1))) {
      ++pos_;
      while (is_digit(peek())) {
        ++pos_;
      }
    }
    return parse_number(text_.substr(from, pos_ - from));
  }

  [[nodiscard]] OneToken number(double value) const {
    if (!std::isfinite(value)) {
      return error("the number is too large");
    }
    Token result = token(Token::Kind::kNumber);
    result.number = value;
    return result;
  }

  /// What follows the digits: `%`, `:1`, `k`, `M`, `s`, `m`, `h`, or a word for a length of time.
  OneToken suffix(double value) {
    if (peek() == '%') {
      ++pos_;
      return number(times_power_of_ten(value, -2));
    }
    if (peek() == ':' && is_digit(peek(1))) {
      ++pos_;
      const std::optional<double> to = digits();
      if (!to || *to == 0) {
        return error("a ratio is written 10:1");
      }
      return number(value / *to);
    }
    if (is_name_start(peek())) {
      return letter(value);
    }
    return words(value);
  }

  OneToken letter(double value) {
    const std::size_t from = pos_;
    skip_name();
    const std::string_view word = text_.substr(from, pos_ - from);
    if (word == "k") {
      return number(times_power_of_ten(value, 3));
    }
    if (word == "M") {
      return number(times_power_of_ten(value, 6));
    }
    if (word == "s" || word == "m" || word == "h") {
      const std::int64_t unit = word == "s" ? 1000 : word == "m" ? 60'000 : 3'600'000;
      return duration(value, Span{0, 0, unit});
    }
    return error("\"" + std::string(word) + "\" cannot follow a number",
                 "numbers: 12 1.5k 2M 2% 10:1; durations: 30s 5m 2h, 3 days, 2 weeks, 1 month, 1 quarter, 1 year");
  }

  OneToken words(double value) {
    std::size_t at = pos_;
    while (at < text_.size() && is_space(text_[at])) {
      ++at;
    }
    std::size_t end = at;
    while (end < text_.size() && is_name_char(text_[end])) {
      ++end;
    }
    const std::optional<Span> unit = calendar_word(text_.substr(at, end - at));
    if (!unit || (end < text_.size() && text_[end] == '(')) {
      return number(value);
    }
    pos_ = end;
    return duration(value, *unit);
  }

  [[nodiscard]] OneToken duration(double count, Span unit) const {
    if (count != std::floor(count)) {
      return error("a duration is a whole number of units", "write 90m rather than 1.5h");
    }
    if (count > kMostYears * 366 * static_cast<double>(kDayMs) / static_cast<double>(unit.approximate_ms())) {
      return error("a duration is at most 100 years");
    }
    const auto times = static_cast<std::int64_t>(count);
    Token result = token(Token::Kind::kDuration);
    result.span = Span{
        static_cast<std::int32_t>(unit.months * times), static_cast<std::int32_t>(unit.days * times), unit.ms * times};
    return result;
  }

  std::string_view text_;
  std::size_t pos_ = 0;
  std::size_t start_ = 0;
};

}  // namespace

tl::expected<std::vector<Token>, ExprError> tokenize(std::string_view text) {
  return Lexer(text).run();
}

}  // namespace kpi
