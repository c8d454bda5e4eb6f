#include "plugins/http/pages.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <functional>

namespace kpi {
namespace {

using Kind = PagePlan::Kind;

/// A filter of the other side may leave some pages empty; so many in a row are a circle.
constexpr std::size_t kMostEmptyPages = 20;
constexpr std::size_t kShownCursor = 80;

bool says_more(const Json* flag) {
  return flag != nullptr && !flag->is_null() && !(flag->is_boolean() && !flag->get<bool>()) &&
         !(flag->is_string() && (flag->get_ref<const std::string&>().empty() || *flag == "false"));
}

std::optional<std::int64_t> whole_at(const std::optional<JsonSelect>& path, const Json& document) {
  const Json* value = path ? path->first(document) : nullptr;
  const auto number = value == nullptr ? std::nullopt : parse_number(json_text_of(*value));
  return number ? std::optional(static_cast<std::int64_t>(*number)) : std::nullopt;
}

std::size_t print_of(const std::vector<const Json*>& rows) {
  std::size_t print = rows.size();
  for (const Json* row : rows) {
    print = print * 1'000'003U + std::hash<Json>{}(*row);
  }
  return print;
}

}  // namespace

std::string next_link(std::string_view header) {
  for (std::string_view part : split(header, ',')) {
    part = trim(part);
    const std::size_t end = part.find('>');
    if (part.starts_with('<') && end != std::string_view::npos) {
      const std::string rest = to_lower_ascii(part.substr(end));
      if (rest.find("rel=\"next\"") != std::string::npos || rest.find("rel=next") != std::string::npos) {
        return std::string(part.substr(1, end - 1));
      }
    }
  }
  return "";
}

std::string resolved_url(std::string_view asked, std::string_view given) {
  if (given.find("://") != std::string_view::npos && given.find("://") < given.find_first_of("/?#")) {
    return std::string(given);
  }
  const std::size_t scheme = asked.find("://");
  const std::size_t path =
      scheme == std::string_view::npos ? std::string_view::npos : asked.find_first_of("/?#", scheme + 3);
  const std::string origin(asked.substr(0, path));
  if (given.starts_with("//")) {
    return std::string(asked.substr(0, scheme + 1)) + std::string(given);
  }
  if (given.starts_with('/')) {
    return origin + std::string(given);
  }
  const std::string_view before = asked.substr(0, asked.find_first_of("?#"));
  if (given.starts_with('?')) {
    return std::string(before) + std::string(given);
  }
  const std::size_t slash = before.rfind('/');
  return (path == std::string_view::npos || slash < path ? origin + '/' : std::string(before.substr(0, slash + 1))) +
         std::string(given);
}

void Pages::put(const PagePlan::Place& place, const Json& value, Conversation::Change& change) {
  switch (place.in) {
    case PagePlan::Place::In::kQuery:
      change.query.emplace_back(place.name, json_text_of(value));
      break;
    case PagePlan::Place::In::kForm:
      change.form.emplace_back(place.name, json_text_of(value));
      break;
    case PagePlan::Place::In::kBody:
      change.body.emplace_back(place.name, value);
      break;
    case PagePlan::Place::In::kNowhere:
      break;
  }
}

Conversation::Change Pages::first() const {
  Conversation::Change change;
  if (plan_.size > 0) {
    put(plan_.size_at, plan_.size, change);
  }
  if (plan_.kind == Kind::kOffset || plan_.kind == Kind::kPage) {
    put(plan_.at, plan_.start, change);
  }
  return change;
}

Pages::Next Pages::next_at(const Json& value) const {
  Next next;
  if (plan_.size > 0) {
    put(plan_.size_at, plan_.size, next.change);
  }
  put(plan_.at, value, next.change);
  next.page = json_text_of(value);
  return next;
}

Result<std::optional<Pages::Next>> Pages::after(const Exchange& exchange,
                                                const Json& document,
                                                const std::vector<const Json*>& rows) {
  seen_ += static_cast<std::int64_t>(rows.size());
  KPI_TRY(check_repetition(rows));
  std::optional<Next> next;
  switch (plan_.kind) {
    case Kind::kNone:
      return next;
    case Kind::kOffset:
    case Kind::kPage:
      next = KPI_TRY(by_position(document, rows.size()));
      break;
    case Kind::kCursor:
    case Kind::kNextUrl:
    case Kind::kLinkHeader:
      next = KPI_TRY(by_value(exchange, document));
      break;
    case Kind::kLastId:
      next = KPI_TRY(by_id(document, rows));
      break;
    case Kind::kPartition:
      next = KPI_TRY(by_partition(document));
      break;
  }
  if (next) {
    KPI_TRY(check_emptiness(rows.size()));
  }
  if (next && ++pages_ > plan_.max_pages) {
    return fail(ErrorKind::kInvalid,
                origin_ + ": the answer goes on after " + counted(static_cast<std::uint64_t>(plan_.max_pages), "page") +
                    ": ask for less at once (window.max_span), or raise paginate.max_pages");
  }
  return next;
}

bool Pages::repeats(const std::vector<const Json*>& rows) const {
  return !rows.empty() && print_ == print_of(rows);
}

Result<void> Pages::check_repetition(const std::vector<const Json*>& rows) {
  if (plan_.kind == Kind::kNone || plan_.kind == Kind::kPartition || rows.empty()) {
    return {};
  }
  if (repeats(rows)) {
    return fail(ErrorKind::kInvalid,
                origin_ +
                    ": a page came that is the one before it once more: the other side did not take what asks "
                    "for the next one; correct paginate.at");
  }
  print_ = print_of(rows);
  return {};
}

Result<void> Pages::check_emptiness(std::size_t count) {
  empty_ = count == 0 && plan_.kind != Kind::kPartition ? empty_ + 1 : 0;
  if (empty_ < kMostEmptyPages) {
    return {};
  }
  return fail(ErrorKind::kInvalid,
              origin_ + ": " + counted(empty_, "page") +
                  " in a row had no rows, and the other side says that there are more: correct paginate, or rows.path");
}

Result<void> Pages::use(const std::string& value) {
  const auto [known, is_new] = used_.try_emplace(value, static_cast<std::size_t>(pages_) + 1);
  if (is_new) {
    return {};
  }
  return fail(ErrorKind::kUnavailable,
              origin_ + ": page " + std::to_string(pages_) + " leads to \"" + printable(value, kShownCursor) +
                  "\", which page " + std::to_string(known->second) +
                  " was asked for with: the pages go round in a circle; correct paginate.at and paginate.from");
}

Result<std::optional<Pages::Next>> Pages::by_position(const Json& document, std::size_t count) {
  const auto total = whole_at(plan_.total, document);
  if (total && seen_ > *total) {
    return fail(ErrorKind::kInvalid,
                origin_ + ": the answers hold " + counted(static_cast<std::uint64_t>(seen_), "row") + " where " +
                    plan_.total->text() + " says " + std::to_string(*total) + ": correct paginate");
  }
  if (total && seen_ >= *total) {
    return std::optional<Next>();
  }
  if (total && count == 0) {
    return fail(ErrorKind::kUnavailable,
                origin_ + ": the answers hold " + std::to_string(seen_) + " of " + std::to_string(*total) +
                    " rows: the rest did not come");
  }
  const bool is_said = plan_.more.has_value();
  if (is_said ? !says_more(plan_.more->first(document)) : !total && count == 0) {
    return std::optional<Next>();
  }
  position_ += plan_.kind == Kind::kPage ? 1 : static_cast<std::int64_t>(count);
  Next next = next_at(position_);
  // A short page ends the list, or it is as long as a server with a cap of its own lets it be: only asking tells.
  next.is_probe = !is_said && !total && plan_.size > 0 && static_cast<std::int64_t>(count) < plan_.size;
  return std::optional(std::move(next));
}

Result<std::optional<Pages::Next>> Pages::by_value(const Exchange& exchange, const Json& document) {
  if (plan_.more && !says_more(plan_.more->first(document))) {
    return std::optional<Next>();
  }
  std::string value;
  if (plan_.kind == Kind::kLinkHeader) {
    for (const auto& [name, header] : exchange.response.headers) {
      value = name == "link" && value.empty() ? next_link(header) : value;
    }
  } else if (const Json* found = plan_.from->first(document); says_more(found)) {
    value = json_text_of(*found);
  }
  if (value.empty()) {
    if (plan_.more) {
      return fail(ErrorKind::kUnavailable, origin_ + ": there is said to be another page, but not where");
    }
    return std::optional<Next>();
  }
  KPI_TRY(use(value));
  if (plan_.kind == Kind::kCursor) {
    return std::optional(next_at(value));
  }
  Next next;
  next.change.url = resolved_url(exchange.url, value);
  next.page = value;
  return std::optional(std::move(next));
}

Result<std::optional<Pages::Next>> Pages::by_id(const Json& document, const std::vector<const Json*>& rows) {
  const bool has_more = plan_.more ? says_more(plan_.more->first(document))
                                   : plan_.size > 0 && static_cast<std::int64_t>(rows.size()) >= plan_.size;
  if (!has_more) {
    return std::optional<Next>();
  }
  const Json* id = rows.empty() ? nullptr : plan_.id.first(*rows.back());
  if (id == nullptr || id->is_structured()) {
    return fail(ErrorKind::kUnavailable, origin_ + ": there is said to be another page, but the last row has no id");
  }
  KPI_TRY(use(json_text_of(*id)));
  return std::optional(next_at(*id));
}

Result<std::optional<Pages::Next>> Pages::by_partition(const Json& document) {
  if (!partitions_) {
    const Json* list = plan_.from->first(document);
    partitions_ = list == nullptr    ? 1
                  : list->is_array() ? static_cast<std::int64_t>(list->size())
                                     : whole_at(plan_.from, document).value_or(1);
    position_ = 0;
  }
  if (++position_ >= *partitions_) {
    return std::optional<Next>();
  }
  return std::optional(next_at(position_));
}

}  // namespace kpi
