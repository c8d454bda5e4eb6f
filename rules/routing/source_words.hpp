#pragma once
// Why a source cannot be read, and which KPIs wait for it, in the reader's language. Pure; for describe.cpp.

#include "rules/routing/describe.hpp"

#include <string>

namespace kpi {

/// "den har ett eget fel (https://shop.example.com: status 503); utan nya data: Visits, Orders och 3 till"; in English
/// the detail alone, with the KPIs. Of the machine kpid runs on: the error alone.
std::string source_reason(const SourceSubject& subject, Language language);

}  // namespace kpi
