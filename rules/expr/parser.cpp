#include "rules/expr/parser.hpp"

#include "rules/base/text.hpp"
#include "rules/base/units.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace kpi {
namespace {

using Tree = tl::expected<std::unique_ptr<Expr>, ExprError>;

constexpr int kMostDepth = 64;

/// A token as an error shows it.
std::string shown(const Token& token) {
  return token.kind == Token::Kind::kEnd ? "the end" : "\"" + printable(token.text, 60) + "\"";
}

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Tree run() {
    Tree tree = disjunction();
    if (tree && current().kind != Token::Kind::kEnd) {
      return error("expected an operator or the end, got " + shown(current()), after_hint());
    }
    return tree;
  }

 private:
  using Rule = Tree (Parser::*)();

  [[nodiscard]] const Token& current() const { return tokens_[pos_]; }

  [[nodiscard]] bool at_symbol(std::string_view text) const {
    return current().kind == Token::Kind::kSymbol && current().text == text;
  }

  [[nodiscard]] bool at_word(std::string_view text) const {
    return current().kind == Token::Kind::kName && current().text == text;
  }

  [[nodiscard]] tl::unexpected<ExprError> error(std::string message, std::string remedy = "") const {
    return tl::unexpected(ExprError{current().range, std::move(message), std::move(remedy)});
  }

  /// `2,5` is two numbers.
  [[nodiscard]] std::string comma_hint() const {
    const bool parts_a_number = at_symbol(",") && pos_ > 0 && tokens_[pos_ - 1].kind == Token::Kind::kNumber &&
                                tokens_[pos_ + 1].kind == Token::Kind::kNumber;
    return parts_a_number ? "write " + std::string(tokens_[pos_ - 1].text) + "." + std::string(tokens_[pos_ + 1].text)
                          : "";
  }

  [[nodiscard]] std::string after_hint() const {
    if (const std::string meant = comma_hint(); !meant.empty()) {
      return meant;
    }
    if (at_symbol("=")) {
      return "write == to compare";
    }
    if (const std::string meant = unit_hint(); !meant.empty()) {
      return meant;
    }
    if (current().kind == Token::Kind::kNumber || current().kind == Token::Kind::kName) {
      return "is an operator missing before it?";
    }
    return "";
  }

  /// After a number: `12 hours` is written 12h, and the unit of `100 SEK` is that of the KPI.
  [[nodiscard]] std::string unit_hint() const {
    const bool is_after_number =
        pos_ > 0 && tokens_[pos_ - 1].kind == Token::Kind::kNumber && current().kind == Token::Kind::kName;
    if (!is_after_number) {
      return "";
    }
    const std::string number(tokens_[pos_ - 1].text);
    static constexpr std::array<std::pair<std::string_view, char>, 4> kTimes{
        {{"hour", 'h'}, {"hr", 'h'}, {"min", 'm'}, {"sec", 's'}}};
    for (const auto& [word, letter] : kTimes) {
      if (current().text.starts_with(word)) {
        return "write " + number + letter;
      }
    }
    if (current().text.starts_with("percent") || current().text == "procent" || current().text == "pct") {
      return "write " + number + "%";
    }
    const auto unit = Unit::parse(current().text);
    const bool is_currency =
        !unit || (unit->factors().size() == 1 && unit->factors()[0].dimension == Unit::Dimension::kCurrency);
    return is_currency ? "write " + number + ": numbers have no unit, the KPI's key unit says what they are in" : "";
  }

  /// The operator at the current token, if it is one of `ops`.
  std::optional<Operator> take_operator(std::initializer_list<Operator> ops) {
    for (const Operator op : ops) {
      const std::string_view name = name_of(op);
      if (at_symbol(name) || at_word(name)) {
        ++pos_;
        return op;
      }
    }
    return std::nullopt;
  }

  static std::unique_ptr<Expr> node(Operator op, std::unique_ptr<Expr> left, std::unique_ptr<Expr> right) {
    assert(left != nullptr);
    auto result = std::make_unique<Expr>();
    result->kind = Expr::Kind::kOperator;
    result->op = op;
    result->range = {left->range.begin, right ? right->range.end : left->range.end};
    result->children.push_back(std::move(left));
    if (right) {
      result->children.push_back(std::move(right));
    }
    return result;
  }

  /// A chain of operators that bind to the left; chains deepen the tree, so their length counts as depth.
  Tree chain(Rule part, std::initializer_list<Operator> ops) {
    Tree left = (this->*part)();
    int length = 0;
    while (left) {
      const std::optional<Operator> op = take_operator(ops);
      if (!op) {
        return left;
      }
      if (++length > kMostDepth * 4) {
        return error("the expression has too many parts", "split it into `parts`");
      }
      Tree right = (this->*part)();
      if (!right) {
        return right;
      }
      left = node(*op, std::move(*left), std::move(*right));
    }
    return left;
  }

  Tree disjunction() {
    if (++depth_ > kMostDepth) {
      return error("the expression is nested too deeply", "split it into `parts`");
    }
    Tree result = chain(&Parser::conjunction, {Operator::kOr});
    --depth_;
    return result;
  }

  Tree conjunction() { return chain(&Parser::negation, {Operator::kAnd}); }

  Tree negation() {
    if (!at_word("not")) {
      return comparison();
    }
    const std::uint32_t begin = current().range.begin;
    if (++depth_ > kMostDepth) {
      return error("the expression is nested too deeply", "split it into `parts`");
    }
    ++pos_;
    Tree inner = negation();
    --depth_;
    if (!inner) {
      return inner;
    }
    auto result = node(Operator::kNot, std::move(*inner), nullptr);
    result->range.begin = begin;
    return result;
  }

  Tree comparison() {
    static constexpr std::initializer_list<Operator> kOps{Operator::kLess,
                                                          Operator::kLessEqual,
                                                          Operator::kGreater,
                                                          Operator::kGreaterEqual,
                                                          Operator::kEqual,
                                                          Operator::kNotEqual};
    Tree left = sum();
    if (!left) {
      return left;
    }
    const std::optional<Operator> op = take_operator(kOps);
    if (!op) {
      return left;
    }
    Tree right = sum();
    if (!right) {
      return right;
    }
    auto result = node(*op, std::move(*left), std::move(*right));
    if (take_operator(kOps)) {
      --pos_;
      return error("two comparisons in a row", "join them with `and`: a < b and b < c");
    }
    return result;
  }

  Tree sum() { return chain(&Parser::product, {Operator::kAdd, Operator::kSubtract}); }

  Tree product() { return chain(&Parser::sign, {Operator::kMultiply, Operator::kDivide}); }

  Tree sign() {
    if (!at_symbol("-")) {
      return power();
    }
    const std::uint32_t begin = current().range.begin;
    if (++depth_ > kMostDepth) {
      return error("the expression is nested too deeply", "split it into `parts`");
    }
    ++pos_;
    Tree inner = sign();
    --depth_;
    if (!inner) {
      return inner;
    }
    auto result = node(Operator::kNegate, std::move(*inner), nullptr);
    result->range.begin = begin;
    return result;
  }

  Tree power() {
    Tree base = primary();
    if (!base || !at_symbol("^")) {
      return base;
    }
    ++pos_;
    if (++depth_ > kMostDepth) {
      return error("the expression is nested too deeply", "split it into `parts`");
    }
    Tree exponent = sign();
    --depth_;
    if (!exponent) {
      return exponent;
    }
    return node(Operator::kPower, std::move(*base), std::move(*exponent));
  }

  Tree primary() {
    const Token& token = current();
    switch (token.kind) {
      case Token::Kind::kNumber:
      case Token::Kind::kText:
      case Token::Kind::kDuration:
      case Token::Kind::kDate:
        return literal();
      case Token::Kind::kName:
        return name();
      case Token::Kind::kSymbol:
        if (token.text == "(") {
          return parenthesis();
        }
        break;
      case Token::Kind::kEnd:
        break;
    }
    static constexpr std::array<std::string_view, 6> kComparisons{"<", "<=", ">", ">=", "==", "!="};
    const bool compares = std::ranges::find(kComparisons, token.text) != kComparisons.end();
    const bool is_power = token.text == "*" && pos_ > 0 && tokens_[pos_ - 1].text == "*";
    return error("expected a value, got " + shown(token),
                 token.kind == Token::Kind::kEnd ? "the expression is not complete"
                 : is_power                      ? "write ^ for a power"
                 : compares ? "a condition has a value on both sides: value < 3; a limit is the value alone"
                            : "");
  }

  Tree literal() {
    const Token& token = current();
    auto result = std::make_unique<Expr>();
    result->range = token.range;
    result->text = token.text;
    result->number = token.number;
    result->span = token.span;
    result->date = token.date;
    result->kind = token.kind == Token::Kind::kNumber     ? Expr::Kind::kNumber
                   : token.kind == Token::Kind::kText     ? Expr::Kind::kText
                   : token.kind == Token::Kind::kDuration ? Expr::Kind::kDuration
                                                          : Expr::Kind::kDate;
    ++pos_;
    return result;
  }

  Tree parenthesis() {
    const TextRange open = current().range;
    ++pos_;
    Tree inner = disjunction();
    if (!inner) {
      return inner;
    }
    if (!at_symbol(")")) {
      const std::string meant = comma_hint();
      return error("expected \")\", got " + shown(current()),
                   !meant.empty() ? meant
                                  : "the parenthesis opened at column " + std::to_string(open.begin + 1) +
                                        " of the expression is not closed");
    }
    if ((*inner)->kind == Expr::Kind::kOperator) {  // of all else the word itself is what an error points at
      (*inner)->range = {open.begin, current().range.end};
    }
    ++pos_;
    return inner;
  }

  Tree name() {
    const Token& token = current();
    if (token.text == "not") {
      return error("expected a value, got \"not\"", "`not` goes before a whole comparison: not a < b");
    }
    if (token.text == "and" || token.text == "or") {
      return error("expected a value, got " + shown(token));
    }
    auto result = std::make_unique<Expr>();
    result->range = token.range;
    result->text = token.text;
    ++pos_;
    if (at_symbol("(")) {
      return call(std::move(result));
    }
    result->kind = Expr::Kind::kName;
    if (at_symbol("{")) {
      return filters(std::move(result));
    }
    return result;
  }

  Tree call(std::unique_ptr<Expr> result) {
    result->kind = Expr::Kind::kCall;
    ++pos_;
    if (at_symbol(")")) {
      result->range.end = current().range.end;
      ++pos_;
      return result;
    }
    while (true) {
      Tree argument = disjunction();
      if (!argument) {
        return argument;
      }
      result->children.push_back(std::move(*argument));
      if (at_symbol(",")) {
        ++pos_;
        continue;
      }
      if (!at_symbol(")")) {
        return error("expected \",\" or \")\" in the arguments of " + result->text + ", got " + shown(current()),
                     after_hint());
      }
      result->range.end = current().range.end;
      ++pos_;
      return result;
    }
  }

  Tree filters(std::unique_ptr<Expr> result) {
    ++pos_;
    while (true) {
      if (current().kind != Token::Kind::kName) {
        return error("expected a label, got " + shown(current()), R"(write {country="SE", device!="bot"})");
      }
      LabelFilter filter;
      filter.label = current().text;
      ++pos_;
      if (at_symbol("=") || at_symbol("==") || at_symbol("!=")) {
        filter.negated = at_symbol("!=");
        ++pos_;
      } else {
        return error("expected = or != after the label " + filter.label + ", got " + shown(current()));
      }
      if (current().kind == Token::Kind::kEnd || current().kind == Token::Kind::kSymbol) {
        return error("expected a label value, got " + shown(current()));
      }
      filter.value = current().text;
      ++pos_;
      result->filters.push_back(std::move(filter));
      if (at_symbol(",")) {
        ++pos_;
        continue;
      }
      if (!at_symbol("}")) {
        return error(R"(expected "," or "}" in the filter, got )" + shown(current()));
      }
      result->range.end = current().range.end;
      ++pos_;
      return result;
    }
  }

  std::vector<Token> tokens_;
  std::size_t pos_ = 0;
  int depth_ = 0;
};

}  // namespace

tl::expected<std::unique_ptr<Expr>, ExprError> parse_expression(std::string_view text) {
  auto tokens = tokenize(text);
  if (!tokens) {
    return tl::unexpected(tokens.error());
  }
  return Parser(std::move(*tokens)).run();
}

}  // namespace kpi
