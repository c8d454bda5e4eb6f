#pragma once
// Secrets that stand in the file where no key says that it holds one: in an address, a query, a header. Private to the
// reading of the configuration.

#include "rules/load/yaml.hpp"

#include <string>

namespace kpi {

/// Warns of each below a source or a channel, at its place.
void warn_of_literal_secrets(const YamlNode& node, Diagnostics& diagnostics);

/// Warns of one that is a value of its own, with the remedy. The line is not shown: what is printed goes into journals
/// and chats.
void warn_of_literal_secret(const Position& position, std::string remedy, Diagnostics& diagnostics);

/// Whether it is one of these warnings: its place is that of the secret.
bool is_of_literal_secret(const Diagnostic& diagnostic);

/// Whether the file says how sources and channels are reached: anything on a line of it may be a secret.
bool holds_settings(const SourceText& source);

/// After a load: no other finding shows a line that holds one, nor a word of it, either.
void hide_lines_of_secrets(Diagnostics& diagnostics);

/// The same of a file that could not be parsed: of no line that has an address, or the name of a secret, in it.
void hide_lines_like_secrets(Diagnostics& diagnostics);

}  // namespace kpi
