#include "plugins/sql_query.hpp"

namespace kpi {

Result<void> SqlBudget::add_row(std::size_t bytes) {
  bytes_ += bytes;
  if (++rows_ > query_.max_rows) {
    return fail(ErrorKind::kInvalid,
                "the query gives more than " + std::to_string(query_.max_rows) +
                    " rows: group by day in it, and use :from and :to");
  }
  if (bytes_ > query_.max_bytes) {
    return fail(ErrorKind::kInvalid,
                "the query gives more than " + std::to_string(query_.max_bytes >> 20U) +
                    " MiB: select only the columns that are read");
  }
  return {};
}

}  // namespace kpi
