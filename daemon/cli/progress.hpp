#pragma once
// What a verb that takes long is doing, on the last line of a terminal; nothing where nobody looks. One thread.

#include "daemon/cli/command.hpp"

#include <string>
#include <string_view>

namespace kpi {

class Progress {
 public:
  /// `verb`: stands before what it is doing.
  Progress(Io& io, std::string_view verb);
  Progress(const Progress&) = delete;
  Progress(Progress&&) = delete;
  Progress& operator=(const Progress&) = delete;
  Progress& operator=(Progress&&) = delete;
  /// Leaves no trace.
  ~Progress();

  /// Instead of what was shown before; empty: the line is given back to others.
  void show(std::string_view doing);

 private:
  Io& io_;
  std::string verb_;
  std::string shown_;
};

}  // namespace kpi
