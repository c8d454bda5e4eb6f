#pragma once
// The history file as a whole: a copy of it while a daemon writes, whether it is sound, and what can be saved of a
// damaged one. Any thread; each call opens connections of its own.

#include "rules/base/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace kpi {

/// Writes a whole, compact copy to `to` (mode 0600), as the history stands at one moment. `to` is there whole or not at
/// all; kInvalid when it exists already, kNotFound when there is no history.
Result<void> back_up_history(const std::string& path, const std::string& to);

/// The same in place of the copy that is there, at once, so that a reader finds a whole one at any time.
Result<void> replace_history_copy(const std::string& path, const std::string& to);

struct HistoryFindings {
  struct Count {
    std::string table;
    std::int64_t rows = 0;
  };

  std::vector<Count> counts;
  std::vector<std::string> problems;  ///< In words, at most 100 or so; none: it is sound.
  bool is_foreign = false;            ///< It is another program's database.
};

/// Reads all of it, of an older schema too: SQLite's integrity check, whether every table and view is there,
/// references, and what rows must agree on. A file that is damaged beyond reading is a finding; kNotFound when there is
/// none, kStorage when it cannot be read for another reason.
Result<HistoryFindings> verify_history(const std::string& path);

/// What was made of a damaged history.
struct Salvage {
  std::string moved_to;  ///< Where the damaged file is now.
  std::vector<HistoryFindings::Count> saved;
  std::vector<std::string> broken;  ///< Tables of which a part could not be read.
};

/// What became of the history at `path`, in a sentence or two.
std::string text_of(const Salvage& salvage, const std::string& path);

/// The next name for a damaged history or for what was last written to one: "history.db.damaged-2". Of one number all
/// files belong to one history.
std::string name_of_damaged(const std::string& path);

/// Moves the damaged file at `path` aside and makes a new one of what can still be read of it. What sources had
/// answered is forgotten, so that they bring again what is lost. REQUIRES the history's lock. kStorage when that cannot
/// be done; the damaged file is then where it was.
Result<Salvage> salvage_history(const std::string& path);

/// The same of a history that no kpid owns now; it takes the lock itself. kNotFound when there is none.
Result<Salvage> salvage_unused_history(const std::string& path);

}  // namespace kpi
