#include "daemon/web/request_parts.hpp"

#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace kpi {
namespace {

using nlohmann::ordered_json;

std::string dumped(const ordered_json& document) {
  return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string header_of(const WebRequest& request, const std::string& name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? "" : found->second;
}

std::string parameter_of(const WebRequest& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? "" : found->second;
}

std::size_t number_of(const WebRequest& request, const std::string& name, std::size_t fallback) {
  const auto found = request.query.find(name);
  const auto number = found == request.query.end() ? std::nullopt : parse_number(found->second);
  return number ? static_cast<std::size_t>(*number) : fallback;
}

WebReply json_reply(const ordered_json& document) {
  return {200, "application/json", dumped(document), {}, false};
}

WebReply problem(int status, std::string_view title) {
  return {status,
          "application/problem+json",
          dumped({{"type", "about:blank"}, {"title", title}, {"status", status}}),
          {},
          false};
}

}  // namespace kpi
