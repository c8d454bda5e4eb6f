#pragma once
// Fills the variables of a request: each value is escaped for the place it stands in. Values that cannot be there are
// errors, never guessed. Pure; one thread per RenderScope.

#include "plugins/http/json_select.hpp"
#include "plugins/http/text_template.hpp"
#include "plugins/http/window.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// What variables stand for while one request is made.
struct RenderScope {
  const SourceSettings* settings = nullptr;
  const WindowPlan* window_plan = nullptr;
  PollWindow window;
  const SourceMetric* metric = nullptr;  ///< Of a list's element or of the call.
  const SourceLabel* label = nullptr;
  /// Parameters, captured values, exports of a login ("auth.instance_url"), the page ("page").
  std::map<std::string, Json, std::less<>> values;

  /// Nothing: it has no value. kInvalid: there is no such variable.
  [[nodiscard]] Result<std::optional<Json>> value(const TextTemplate::Part& part) const;
};

/// Where a value stands.
enum class Escape : std::uint8_t {
  kNone,  ///< As it is; control characters are refused in headers by the client.
  kPath,  ///< A segment of a path, and values of a query: everything but A-Z a-z 0-9 - . _ ~ is %XX.
  kHost,  ///< Part of a host name: nothing but letters, digits, - and . is let in.
};

std::string percent_encoded(std::string_view text);
std::string base64_of(std::string_view bytes, bool for_urls);

/// A variable without a value is an error that names it.
Result<std::string> render_text(const OptionTree& node, const RenderScope& scope, Escape escape);
/// The same; nothing when it is one variable that has no value.
Result<std::optional<std::string>> render_optional(const OptionTree& node, const RenderScope& scope, Escape escape);
/// A URL: its host, path and query are escaped each in its way; a variable at its begin is a whole address.
Result<std::string> render_url(const OptionTree& node, const RenderScope& scope);
/// A tree: a text that is one variable keeps its type and is left out when it has no value; elements of a list that
/// name {{metric.…}} or {{label.…}} stand once for each of them.
Result<std::optional<Json>> render_json(const OptionTree& node, const RenderScope& scope);
/// A map as pairs: `key: [a, b]` is two, `key: {json: …}` compact JSON, `key: {raw: …}` text whose variables only are
/// escaped. Everything is escaped for a query or a form; without `escape`, nothing is.
Result<std::vector<std::pair<std::string, std::string>>> render_pairs(const OptionTree& node,
                                                                      const RenderScope& scope,
                                                                      bool escape);
/// Calls `use` once, or once for each metric or label where the node names {{metric.…}} or {{label.…}} and none is
/// chosen yet.
Result<void> for_each_named(const OptionTree& node,
                            const RenderScope& scope,
                            const std::function<Result<void>(const RenderScope&)>& use);

/// Every variable of a tree, with the place it stands at; reports templates that cannot be read.
void each_variable(const OptionTree& node,
                   Diagnostics& diagnostics,
                   const std::function<void(const TextTemplate::Part&, Position)>& use);
bool names_variable(const OptionTree& node, std::string_view prefix);

}  // namespace kpi
