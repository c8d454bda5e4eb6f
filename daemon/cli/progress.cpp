#include "daemon/cli/progress.hpp"

#include <ostream>

namespace kpi {

Progress::Progress(Io& io, std::string_view verb) : io_(io), verb_(verb) {}

Progress::~Progress() {
  show("");
}

void Progress::show(std::string_view doing) {
  if (!io_.shows_progress || doing == shown_) {
    return;
  }
  shown_ = doing;
  io_.err << "\r\x1b[K";
  if (!shown_.empty()) {
    io_.err << verb_ << ": " << shown_;
  }
  io_.err << std::flush;
}

}  // namespace kpi
