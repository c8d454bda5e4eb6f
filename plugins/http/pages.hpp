#pragma once
// From one page of an answer to the next, until there is none. A page that should be there and is not is an error: part
// of a day is not the day. One window; one thread.

#include "plugins/http/exchange.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>

namespace kpi {

/// What the answers of a whole poll had of the path that leads from one page to the next (paginate.from). A last page
/// may lack it; where none had it, a page that looks as if another one followed was not the last.
struct PageTrail {
  bool is_found = false;
  bool is_missed = false;  ///< Some answer did not have it.
  std::string lost{};      ///< Of the first page that looks so: what is wrong.
};

class Pages {
 public:
  /// `trail` is of the poll, and must outlive it.
  Pages(const PagePlan& plan, std::string origin, PageTrail& trail)
      : plan_(plan), origin_(std::move(origin)), trail_(trail), position_(plan.start) {}

  /// How the first request is to be altered: its size and offset.
  [[nodiscard]] Conversation::Change first() const;

  struct Next {
    Conversation::Change change{};
    std::string page{};  ///< {{page}}
    /// Nothing says whether the page before ends the list, and it may: a refusal, or the same page, does then.
    bool is_probe = false;
  };

  /// Whether these rows are those of the page before.
  [[nodiscard]] bool repeats(const std::vector<const Json*>& rows) const;

  /// What asks for the page behind `exchange`, whose rows are `rows` (`document` is its body); nothing: it was the
  /// last.
  Result<std::optional<Next>> after(const Exchange& exchange,
                                    const Json& document,
                                    const std::vector<const Json*>& rows);

 private:
  /// The same rows twice are those of a server that gives the same page whatever is asked: they must not be added up.
  Result<void> check_repetition(const std::vector<const Json*>& rows);
  /// Pages without rows do not go on for ever either.
  Result<void> check_emptiness(std::size_t count);
  /// What asks for a page is asked for once: `value` was not used before.
  Result<void> use(const std::string& value);
  Result<std::optional<Next>> by_position(const Json& document, std::size_t count);
  Result<std::optional<Next>> by_value(const Exchange& exchange, const Json& document, std::size_t count);
  /// Nothing leads on from a page of `count` rows: whether it is the last one, or the path is wrong, is noted.
  void note_end(const Json& document, std::size_t count);
  [[nodiscard]] bool is_full(std::size_t count) const;
  Result<std::optional<Next>> by_id(const Json& document, const std::vector<const Json*>& rows);
  Result<std::optional<Next>> by_partition(const Json& document);
  static void put(const PagePlan::Place& place, const Json& value, Conversation::Change& change);
  [[nodiscard]] Next next_at(const Json& value) const;

  const PagePlan& plan_;
  std::string origin_;
  PageTrail& trail_;
  std::int64_t position_;
  std::int64_t pages_ = 1;
  std::int64_t seen_ = 0;
  std::size_t longest_ = 0;  ///< Page so far.
  std::optional<std::int64_t> partitions_;
  std::optional<std::size_t> print_;         ///< Of the rows of the page before.
  std::size_t empty_ = 0;                    ///< Pages without rows, one behind the other.
  std::map<std::string, std::size_t> used_;  ///< Cursors, addresses and identifiers, with the page they were asked for.
};

/// The address of rel="next" in a Link header; empty: there is none. kUnavailable: it cannot be read, and the next page
/// may stand there.
Result<std::string> next_link(std::string_view header);
/// An address as it stands in an answer: absolute, or relative to the one that was asked.
std::string resolved_url(std::string_view asked, std::string_view given);

}  // namespace kpi
