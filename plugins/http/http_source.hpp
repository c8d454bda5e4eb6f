#pragma once
// A source that asks over HTTP, by a plan. Each poll asks for the windows since the last one and again for those that
// may have been restated; a window counts only when all of its pages came.

#include "plugins/http/plan.hpp"
#include "plugins/source.hpp"

#include <memory>

namespace kpi {

std::unique_ptr<Source> make_http_source(HttpPlan plan);

}  // namespace kpi
