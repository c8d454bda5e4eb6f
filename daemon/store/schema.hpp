#pragma once
// The tables and views of the history, as numbered steps of SQL text. docs/history.md explains them to people.
// Constants only: any thread.

#include <cstdint>
#include <span>

namespace kpi {

/// "kpid" in ASCII: in the header of every history file.
inline constexpr std::int32_t kHistoryApplicationId = 0x6b706964;

/// One step from the schema before it (`version` - 1) to `version`. A step that has shipped is never edited.
struct Migration {
  int version = 0;
  const char* sql = nullptr;
};

/// All steps, from version 1, without gaps.
std::span<const Migration> history_migrations();

/// The version the newest step leads to; the file's `user_version`.
int history_schema_version();

}  // namespace kpi
