#include "plugins/http/pages.hpp"

#include "rules/base/text.hpp"

#include <algorithm>
#include <functional>
#include <utility>

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

/// The flag paginate.more, where the answer has it.
std::optional<bool> said(const std::optional<JsonSelect>& more, const Json& document) {
  const Json* flag = more ? more->first(document) : nullptr;
  if (flag == nullptr) {
    return std::nullopt;
  }
  return says_more(flag) && !(flag->is_number() && flag->get<double>() == 0);
}

/// The names of an answer, those within as PATH/NAME; lists are one name.
void names_of(const Json& value, const std::string& path, std::vector<std::string>& names) {
  constexpr std::size_t most = 20;
  if (!value.is_object() || std::ranges::count(path, '/') > 3) {
    return;
  }
  for (const auto& [name, inner] : value.items()) {
    if (names.size() >= most) {
      return;
    }
    const std::string whole = path + '/' + printable(name, 60);
    if (inner.is_object() && !inner.empty()) {
      names_of(inner, whole, names);
    } else {
      names.push_back(whole);
    }
  }
}

/// Whether a name is another one with something before or behind it: next_cursor, nextPageToken of next.
bool is_longer_or_shorter(std::string_view name, std::string_view wanted) {
  constexpr std::size_t least = 4;  // of letters that say something
  const auto letters = [](std::string_view text) {
    std::string kept = to_lower_ascii(text);
    std::erase_if(kept, [](char c) { return c == '_' || c == '-' || c == '@' || c == '$'; });
    return kept;
  };
  const std::string a = letters(name);
  const std::string b = letters(wanted);
  return std::min(a.size(), b.size()) >= least && (a.find(b) != std::string::npos || b.find(a) != std::string::npos);
}

/// The path of a text whose name has something of `wanted`; empty: there is none.
std::string path_like(const Json& value, const std::string& path, std::string_view wanted) {
  if (!value.is_object() || std::ranges::count(path, '/') > 3) {
    return "";
  }
  for (const auto& [name, inner] : value.items()) {
    const std::string whole = path + '/' + printable(name, 60);
    if (inner.is_string() && says_more(&inner) && is_longer_or_shorter(name, wanted)) {
      return whole;
    }
    if (std::string found = path_like(inner, whole, wanted); !found.empty()) {
      return found;
    }
  }
  return "";
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

/// The links of a Link header, one behind the other (RFC 8288, section 3). Commas and semicolons in an address or in
/// quotes are part of them. What is not written as there is no link that may be left out: it may be the next page.
class LinkReader {
 public:
  struct Link {
    std::string target;
    bool is_next = false;
  };

  explicit LinkReader(std::string_view header) : header_(header), rest_(header) {}

  /// Nothing: there are no more.
  Result<std::optional<Link>> read() {
    while (rest_ = trim(rest_), rest_.starts_with(',')) {
      rest_.remove_prefix(1);  // an element of the list may be empty
    }
    if (rest_.empty()) {
      return std::optional<Link>();
    }
    const std::size_t end = rest_.find('>');
    if (!rest_.starts_with('<') || end == std::string_view::npos || rest_.find('<', 1) < end) {
      return unreadable("has no <address>");
    }
    Link link{.target = std::string(trim(rest_.substr(1, end - 1)))};
    rest_ = trim(rest_.substr(end + 1));
    bool has_rel = false;
    while (rest_.starts_with(';')) {
      rest_ = trim(rest_.substr(1));
      const std::string_view name = KPI_TRY(cut("=;,"));
      std::string value;
      if (rest_.starts_with('=')) {
        rest_ = trim(rest_.substr(1));
        value = KPI_TRY(read_value());
      }
      if (to_lower_ascii(name) == "rel" && !std::exchange(has_rel, true)) {  // of several the first one counts
        link.is_next = names_next(value);
      }
      rest_ = trim(rest_);
    }
    if (!rest_.empty() && !rest_.starts_with(',')) {
      return unreadable("goes on with what is neither a parameter nor another link");
    }
    return std::optional(std::move(link));
  }

  [[nodiscard]] std::string text_of_header() const { return "the header Link (" + printable(header_, 200) + ')'; }

 private:
  /// What stands before the first of `ends`. An address or quotes in it are those of a link that lacks its comma.
  Result<std::string_view> cut(std::string_view ends) {
    const std::string_view before = rest_.substr(0, rest_.find_first_of(ends));
    if (before.find_first_of("<>\"") != std::string_view::npos) {
      return unreadable("goes on with what is neither a parameter nor another link");
    }
    rest_.remove_prefix(before.size());
    return trim(before);
  }

  /// In quotes, or as far as the parameter goes. Some write single quotes, which the RFC does not know.
  Result<std::string> read_value() {
    if (!rest_.starts_with('"') && !rest_.starts_with('\'')) {
      return std::string(KPI_TRY(cut(";,")));
    }
    const char quote = rest_.front();
    std::string value;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == quote) {
        rest_.remove_prefix(i + 1);
        return value;
      }
      i += rest_[i] == '\\' && i + 1 < rest_.size() ? 1 : 0;
      value += rest_[i];
    }
    return unreadable("has quotes that do not end");
  }

  static bool names_next(std::string_view relations) {
    for (const std::string_view relation : split(relations, ' ')) {
      if (to_lower_ascii(trim(relation)) == "next") {
        return true;
      }
    }
    return false;
  }

  [[nodiscard]] tl::unexpected<Error> unreadable(std::string_view why) const {
    return fail(ErrorKind::kUnavailable,
                text_of_header() + ' ' + std::string(why) + ", so that nothing says whether there is another page");
  }

  std::string_view header_;
  std::string_view rest_;
};

}  // namespace

Result<std::string> next_link(std::string_view header) {
  LinkReader reader(header);
  std::string next;
  while (const auto link = KPI_TRY(reader.read())) {
    if (!link->is_next) {
      continue;
    }
    if (link->target.empty() || (!next.empty() && next != link->target)) {
      return fail(
          ErrorKind::kUnavailable,
          reader.text_of_header() + (next.empty() ? " names a next page without its address"
                                                  : " names two next pages, and which one leads on nobody knows"));
    }
    next = link->target;
  }
  return next;
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
      next = KPI_TRY(by_value(exchange, document, rows.size()));
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

bool Pages::is_full(std::size_t count) const {
  return plan_.size > 0 && static_cast<std::int64_t>(count) >= plan_.size;
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
  const std::optional<bool> more = said(plan_.more, document);
  if (more ? !*more : !total && count == 0) {
    return std::optional<Next>();
  }
  longest_ = std::max(longest_, count);
  const bool is_short = plan_.size > 0 ? !is_full(count) : count < longest_;
  position_ += plan_.kind == Kind::kPage ? 1 : static_cast<std::int64_t>(count);
  Next next = next_at(position_);
  // A short page ends the list, or it is as long as a server with a cap of its own lets it be: only asking tells.
  next.is_probe = !more && !total && (plan_.more ? !is_full(count) : is_short);
  return std::optional(std::move(next));
}

Result<std::optional<Pages::Next>> Pages::by_value(const Exchange& exchange, const Json& document, std::size_t count) {
  const std::optional<bool> more = said(plan_.more, document);
  const Json* found = plan_.from ? plan_.from->first(document) : nullptr;
  trail_.is_found = trail_.is_found || found != nullptr;
  if (more && !*more) {
    return std::optional<Next>();
  }
  std::string value;
  if (plan_.kind == Kind::kLinkHeader) {
    std::string links;  // several headers of one name are one list
    for (const auto& [name, header] : exchange.response.headers) {
      links += name == "link" ? (links.empty() ? "" : ", ") + header : "";
    }
    auto next = next_link(links);
    if (!next) {
      return fail(next.error().kind, origin_ + ": " + next.error().message);
    }
    value = *std::move(next);
  } else if (says_more(found)) {
    value = json_text_of(*found);
  }
  if (value.empty()) {
    if (more) {
      return fail(ErrorKind::kUnavailable, origin_ + ": there is said to be another page, but not where");
    }
    note_end(document, count);
    return std::optional<Next>();
  }
  // A flag that is not there says nothing: where a cursor leads on, only asking tells.
  const bool is_probe = plan_.more && !more && !is_full(count);
  if (plan_.more && !more && count == 0) {
    return std::optional<Next>();
  }
  KPI_TRY(use(value));
  Next next;
  if (plan_.kind == Kind::kCursor) {
    next = next_at(value);
  } else {
    next.change.url = resolved_url(exchange.url, value);
    next.page = value;
  }
  next.is_probe = is_probe;
  return std::optional(std::move(next));
}

void Pages::note_end(const Json& document, std::size_t count) {
  trail_.is_missed = true;
  if (!plan_.from || trail_.is_found || !trail_.lost.empty()) {
    return;
  }
  const JsonSelect::NearMiss near = plan_.from->near_miss(document);
  const std::string_view wanted = plan_.from->text();
  const std::string like = says_more(near.value)
                               ? printable(near.name, 60)
                               : path_like(document, "", wanted.substr(wanted.find_last_of("/.") + 1));
  if (!is_full(count) && like.empty()) {
    return;
  }
  std::vector<std::string> names;
  names_of(document, "", names);
  trail_.lost = origin_ + ": no answer has " + printable(plan_.from->text(), 80) + ", which leads from a " +
                (is_full(count) ? "full page (" + counted(count, "row") + ")" : std::string("page")) + " to the next" +
                (like.empty() ? ": the" : "; did you mean \"" + like + "\"? The") + " answer has " +
                (names.empty() ? "no names" : join(names, ", ")) + "; correct paginate.from" +
                (is_full(count) ? ", or paginate.size where that page was the last" : "");
}

Result<std::optional<Pages::Next>> Pages::by_id(const Json& document, const std::vector<const Json*>& rows) {
  const std::optional<bool> more = said(plan_.more, document);
  if (more ? !*more : rows.empty()) {
    return std::optional<Next>();
  }
  const Json* id = rows.empty() ? nullptr : plan_.id.first(*rows.back());
  if (id == nullptr || id->is_structured()) {
    return fail(ErrorKind::kUnavailable,
                origin_ + ": the last row of a page has no " + printable(plan_.id.text(), 80) +
                    " to ask for the next page with: correct paginate.id");
  }
  KPI_TRY(use(json_text_of(*id)));
  Next next = next_at(*id);
  next.is_probe = !more && !is_full(rows.size());
  return std::optional(std::move(next));
}

Result<std::optional<Pages::Next>> Pages::by_partition(const Json& document) {
  if (!partitions_) {
    const Json* list = plan_.from->first(document);
    partitions_ =
        list != nullptr && list->is_array() ? static_cast<std::int64_t>(list->size()) : whole_at(plan_.from, document);
    if (!partitions_) {
      return fail(ErrorKind::kUnavailable,
                  origin_ + ": the answer does not say at " + printable(plan_.from->text(), 80) +
                      " how many parts there are: correct paginate.from");
    }
    position_ = 0;
  }
  if (++position_ >= *partitions_) {
    return std::optional<Next>();
  }
  return std::optional(next_at(position_));
}

}  // namespace kpi
