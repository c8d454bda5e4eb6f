#pragma once
// Why a source cannot be read, and which KPIs wait for it, in the reader's language. Pure; for describe.cpp.

#include "rules/routing/describe.hpp"

#include <string>

namespace kpi {

/// "it has a fault of its own (https://shop.example.com: status 503); without new data: Visits, Orders and 3 more".
/// Of the machine kpid runs on: the error alone.
std::string source_reason(const SourceSubject& subject, Language language);

}  // namespace kpi
