#pragma once
// A digest as rows of a mail's table: each KPI with its value, what it was before and a year ago, its state and its
// target; then what fired. Pure; every text is escaped.

#include "rules/routing/message.hpp"

#include <string>

namespace kpi {

/// <tr>…</tr>. REQUIRES that the message has a digest.
std::string digest_rows(const Message& message);

}  // namespace kpi
