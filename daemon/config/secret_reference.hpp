#pragma once
// `${env:NAME}`, `${file:path}`, `${credential:name}`: where a secret is, instead of the secret.

#include "rules/base/result.hpp"
#include "rules/base/secret.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi {

/// What is said where a verb can do without a secret that is not there. `kpid check` makes an error of it.
inline constexpr std::string_view kMissingSecret = "set it here too: without it `kpid run` does not start";

/// Whether the text is a reference (or tries to be one).
bool is_secret_reference(std::string_view text);

/// Looks the secret up. `file` is the file that holds the reference, for relative paths. kInvalid: not a reference;
/// kNotFound: it names nothing. Messages name the reference, never the value. Call at load only (reads the
/// environment).
Result<Secret> read_secret(const std::string& file, std::string_view reference);

/// Keeps programs from the files that references in the text name, also where nobody reads them. `file` is that of
/// read_secret().
void keep_secret_files(const std::string& file, std::string_view text);

/// Whether such a reference stands anywhere in the text, as in "Bearer ${env:TOKEN}".
bool holds_secret_reference(std::string_view text);

/// A text with what its references stand for in their places.
struct ExpandedText {
  Secret text;
  std::vector<std::pair<std::size_t, std::size_t>> parts;  ///< From where to where each of them stands.
};

/// Errors as of read_secret().
Result<ExpandedText> expand_secrets(const std::string& file, std::string_view text);

}  // namespace kpi
