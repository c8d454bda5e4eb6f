#pragma once
// Positions in the files people write, and what is wrong there: `file:line:column: error: message`, the source line,
// a caret, and the remedy. Loaders collect all diagnostics of all files in one pass.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// One file as read. Its address is its identity; a SourceSet owns it.
struct SourceText {
  std::string name;  ///< The path as the user would write it.
  std::string text;

  /// Line `line` (from 1) without its line end; empty when there is no such line.
  [[nodiscard]] std::string_view line(std::uint32_t number) const;
};

/// Owns the texts that positions point into. Addresses stay valid for the life of the set.
class SourceSet {
 public:
  const SourceText& add(std::string name, std::string text);

  [[nodiscard]] const std::deque<SourceText>& texts() const { return texts_; }

 private:
  std::deque<SourceText> texts_;
};

/// A place in a file; line and column count from 1, columns in bytes. No source: the whole input.
struct Position {
  const SourceText* source = nullptr;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 1;

  bool operator==(const Position&) const = default;
  /// "file:line:column", or as much of it as is known.
  [[nodiscard]] std::string text() const;
};

struct Diagnostic {
  enum class Severity : std::uint8_t { kError, kWarning };

  Severity severity = Severity::kError;
  Position position;
  std::string message;
  std::string remedy;  ///< What to do about it; may be empty.
  Position related;    ///< A second place ("first defined here"); no source: none.
  std::string related_message;

  bool operator==(const Diagnostic&) const = default;
  /// The text for people, over several lines, ending in a newline.
  [[nodiscard]] std::string text() const;
};

/// Collects diagnostics of one load. Not thread-safe.
class Diagnostics {
 public:
  void error(Position position, std::string message, std::string remedy = "");
  void warning(Position position, std::string message, std::string remedy = "");

  void add(Diagnostic diagnostic) { items_.push_back(std::move(diagnostic)); }

  [[nodiscard]] const std::vector<Diagnostic>& items() const { return items_; }

  [[nodiscard]] bool has_errors() const;
  [[nodiscard]] std::size_t count(Diagnostic::Severity severity) const;
  /// By file (in order of first appearance), line and column; errors found twice at one place are kept once.
  void sort();
  [[nodiscard]] std::string text() const;

 private:
  std::vector<Diagnostic> items_;
};

}  // namespace kpi
