#include "plugins/http/condition.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <array>

namespace kpi {
namespace {

constexpr std::size_t kSniffed = std::size_t{64} << 10U;

std::string_view unquoted(std::string_view text) {
  text = trim(text);
  const bool is_quoted =
      text.size() >= 2 && (text.front() == '\'' || text.front() == '"') && text.back() == text.front();
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

/// What of a path stands outside of its brackets, where a filter has operators of its own; what stands inside is
/// blanks.
std::string outside_brackets(std::string_view path) {
  std::string text;
  int depth = 0;
  for (const char c : path) {
    depth += c == '[' ? 1 : 0;
    text += depth > 0 ? '_' : c;
    depth -= c == ']' && depth > 0 ? 1 : 0;
  }
  return text;
}

/// The operator that a mistyped one was meant to be; empty: nobody knows.
std::string_view meant_operator(std::string_view sign) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kMeant{{{"=", "=="},
                                                                                         {"==", "=="},
                                                                                         {"===", "=="},
                                                                                         {"!=", "!="},
                                                                                         {"!==", "!="},
                                                                                         {"<>", "!="},
                                                                                         {"=!", "!="},
                                                                                         {"<", "<"},
                                                                                         {"<=", "<="},
                                                                                         {"=<", "<="},
                                                                                         {">", ">"},
                                                                                         {">=", ">="},
                                                                                         {"=>", ">="},
                                                                                         {"~=", "=="}}};
  const auto* const found = std::ranges::find(kMeant, sign, &std::pair<std::string_view, std::string_view>::first);
  return found == kMeant.end() ? "" : found->second;
}

/// A question whose operator is mistyped would ask for a field of that whole name, which is never there.
Result<void> require_operator(std::string_view text) {
  const std::string outside = outside_brackets(text);
  const std::size_t at = outside.find_first_of("=<>! \t");
  if (at == std::string::npos) {
    return {};
  }
  const std::size_t sign = outside.find_first_not_of(" \t", at);
  const std::size_t end = std::min(outside.find_first_not_of("=<>!~", sign), text.size());
  const std::string_view meant = meant_operator(text.substr(sign, end - sign));
  const std::string_view wanted = trim(text.substr(end));
  const std::string remedy = meant.empty() || wanted.empty()
                                 ? "write a path, a blank, one of == != <= >= < > in, a blank and a value; or a path "
                                   "with exists or absent behind it"
                                 : "write \"" + printable(trim(text.substr(0, at)), 60) + ' ' + std::string(meant) +
                                       ' ' + printable(wanted, 60) + '"';
  return fail(ErrorKind::kInvalid, '"' + printable(text, 80) + "\" has no operator that is known: " + remedy);
}

bool less(const Json& value, std::string_view wanted, bool or_equal) {
  const auto a = parse_number(json_text_of(value));
  const auto b = parse_number(wanted);
  return a && b && (or_equal ? *a <= *b : *a < *b);
}

}  // namespace

Condition Condition::read(const OptionTree& node, const std::string& where, Diagnostics& diagnostics) {
  Condition condition;
  TreeReader map(node, where, diagnostics);
  if (const OptionTree* status = map.optional("status")) {
    for (const OptionTree* item : items_of(*status)) {
      condition.read_status(*item, diagnostics);
    }
  }
  for (const bool is_header : {true, false}) {
    const OptionTree* list = map.optional(is_header ? "header" : "json");
    for (const OptionTree* item : list == nullptr ? std::vector<const OptionTree*>{} : items_of(*list)) {
      auto test = parse_test(item->text, is_header);
      if (test) {
        (is_header ? condition.headers_ : condition.json_).push_back(*std::move(test));
      } else {
        diagnostics.error(item->position, test.error().message);
      }
    }
  }
  std::string text;
  if (map.text("text", text)) {
    condition.texts_.push_back(text);
  }
  if (map.text("text_regex", text)) {
    auto pattern = TextPattern::parse(text);
    if (pattern) {
      condition.patterns_.push_back(*std::move(pattern));
    } else {
      diagnostics.error(map.optional("text_regex")->position, pattern.error().message);
    }
  }
  map.finish();
  if (node.kind == OptionTree::Kind::kMap && node.entries.empty()) {
    diagnostics.error(node.position, where + " asks nothing", "write {status: 429} or {json: /done == true}");
  }
  return condition;
}

void Condition::read_status(const OptionTree& node, Diagnostics& diagnostics) {
  const std::string& text = node.text;
  const std::size_t dash = text.find('-');
  const auto first = parse_number(text.substr(0, dash));
  const auto last = dash == std::string::npos ? first : parse_number(text.substr(dash + 1));
  if (text.size() == 3 && text.ends_with("xx") && text[0] >= '1' && text[0] <= '5') {
    const int hundred = (text[0] - '0') * 100;
    statuses_.emplace_back(hundred, hundred + 99);
  } else if (first && last && *first >= 100 && *last <= 599 && *first <= *last) {
    statuses_.emplace_back(static_cast<int>(*first), static_cast<int>(*last));
  } else {
    diagnostics.error(node.position,
                      "\"" + printable(text, 30) + "\" is no HTTP status",
                      "write 429, 5xx, 400-499, or a list of them");
  }
}

Result<Condition::Test> Condition::parse_test(std::string_view text, bool is_header) {
  static constexpr std::array<std::pair<std::string_view, Operator>, 7> kOperators{{{" == ", Operator::kEqual},
                                                                                    {" != ", Operator::kUnequal},
                                                                                    {" <= ", Operator::kLessEqual},
                                                                                    {" >= ", Operator::kGreaterEqual},
                                                                                    {" < ", Operator::kLess},
                                                                                    {" > ", Operator::kGreater},
                                                                                    {" in ", Operator::kIn}}};
  Test test;
  std::string_view path = trim(text);
  for (const auto& [word, operation] : kOperators) {
    if (const std::size_t at = text.find(word); at != std::string_view::npos) {
      path = trim(text.substr(0, at));
      test.operation = operation;
      const std::string_view wanted = text.substr(at + word.size());
      for (const std::string_view one : operation == Operator::kIn ? split(wanted, ',') : std::vector{wanted}) {
        test.wanted.emplace_back(unquoted(one));
      }
      break;
    }
  }
  if (test.wanted.empty() && (path.ends_with(" exists") || path.ends_with(" absent"))) {
    test.operation = path.ends_with(" exists") ? Operator::kExists : Operator::kAbsent;
    path = trim(path.substr(0, path.size() - 7));
  } else if (test.wanted.empty()) {
    KPI_TRY(require_operator(path));
  }
  const bool is_order = test.operation == Operator::kLess || test.operation == Operator::kLessEqual ||
                        test.operation == Operator::kGreater || test.operation == Operator::kGreaterEqual;
  if (is_order && !parse_number(test.wanted.front())) {
    return fail(ErrorKind::kInvalid,
                '"' + printable(text, 80) + "\" compares with what is no number: write a number, or == or !=");
  }
  if (is_header) {
    test.name = to_lower_ascii(path);
  } else {
    test.path = KPI_TRY(JsonSelect::parse(path));
  }
  return test;
}

bool Condition::compare(const Test& test, const Json& value) {
  switch (test.operation) {
    case Operator::kEqual:
      return json_equals(value, test.wanted.front());
    case Operator::kUnequal:
      return !json_equals(value, test.wanted.front());
    case Operator::kLess:
    case Operator::kLessEqual:
      return less(value, test.wanted.front(), test.operation == Operator::kLessEqual);
    case Operator::kGreater:
    case Operator::kGreaterEqual:
      return parse_number(json_text_of(value)) && parse_number(test.wanted.front()) &&
             !less(value, test.wanted.front(), test.operation == Operator::kGreater);
    case Operator::kIn:
      return std::ranges::any_of(test.wanted, [&](const std::string& wanted) { return json_equals(value, wanted); });
    case Operator::kExists:
      return !value.is_null() && !(value.is_array() && value.empty());
    case Operator::kAbsent:
      break;
  }
  return false;
}

bool Condition::holds_json(const Answer& answer) const {
  return std::ranges::all_of(json_, [&](const Test& test) {
    const auto found = answer.json == nullptr ? std::vector<const Json*>{} : test.path.all(*answer.json);
    if (test.operation == Operator::kAbsent) {
      return answer.json != nullptr && std::ranges::all_of(found, [](const Json* value) { return value->is_null(); });
    }
    return std::ranges::any_of(found, [&](const Json* value) { return compare(test, *value); });
  });
}

bool Condition::holds_headers(const Answer& answer) const {
  return std::ranges::all_of(headers_, [&](const Test& test) {
    const std::string_view value = answer.response->header(test.name);
    if (test.operation == Operator::kExists || test.operation == Operator::kAbsent) {
      return value.empty() == (test.operation == Operator::kAbsent);
    }
    return !value.empty() && compare(test, Json(std::string(value)));
  });
}

bool Condition::holds(const Answer& answer) const {
  const int status = answer.response->status;
  const auto has_status = [&](const auto& range) { return status >= range.first && status <= range.second; };
  if (!statuses_.empty() && std::ranges::none_of(statuses_, has_status)) {
    return false;
  }
  const std::string_view body = std::string_view(answer.response->body).substr(0, kSniffed);
  return holds_headers(answer) && holds_json(answer) &&
         std::ranges::all_of(texts_,
                             [&](const std::string& text) { return body.find(text) != std::string_view::npos; }) &&
         std::ranges::all_of(patterns_, [&](const TextPattern& pattern) { return pattern.fits(body); });
}

}  // namespace kpi
