#pragma once
// The sql source: the rows of a query to SQLite, PostgreSQL, MySQL or MariaDB. The registry's.

#include "plugins/source.hpp"

namespace kpi {

/// The row of the registry.
Plugin sql_plugin();

}  // namespace kpi
