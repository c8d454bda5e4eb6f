#pragma once
// What another side was told in secret it may say back. Pure; any thread.

#include "plugins/source.hpp"

#include <string>
#include <vector>

namespace kpi {

/// The poll with *** where its messages held one of the secrets. kInvalid: it would store one, in a label or as its
/// cursor, where history, page and messages would tell it (secrets below six bytes are parts of words, and are not
/// looked for there). Labels cannot hold ***: two of them would become one series.
Result<Poll> without_secrets(Result<Poll> poll, const std::vector<std::string>& secrets);

}  // namespace kpi
