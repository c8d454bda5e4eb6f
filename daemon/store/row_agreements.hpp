#pragma once
// What the rows of a history must agree on, besides the kinds of their cells and what they refer to. Private to
// daemon/store.

#include <span>

namespace kpi::sqlite {

struct Agreement {
  const char* table;
  const char* broken_by;       ///< Which rows break it: a condition.
  const char* sentence;        ///< What is said of such a row: an expression.
  const char* mend = nullptr;  ///< What makes such a row right, an assignment; null: it means nothing without.
};

std::span<const Agreement> row_agreements();

}  // namespace kpi::sqlite
