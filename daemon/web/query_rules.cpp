#include "daemon/web/query_rules.hpp"

#include "daemon/web/api.hpp"
#include "rules/base/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace kpi {
namespace {

/// A parameter that not every text will do for.
struct QueryRule {
  std::string name;
  std::vector<std::string> words;  ///< One of them.
  std::int64_t least = 0;          ///< Where there are none: a whole number of these.
  std::int64_t most = 0;
};

struct QueryRules {
  std::vector<std::string> path;  ///< After /api/v1; "{id}" is anything.
  std::string methods{};
  std::vector<std::string> names{};
  std::vector<QueryRule> rules{};
};

std::vector<std::string> names_of(const nlohmann::json& parameters) {
  std::vector<std::string> names;
  for (const auto& parameter : parameters) {
    if (parameter.at("in") == "query") {
      names.push_back(parameter.at("name"));
    }
  }
  return names;
}

std::vector<QueryRule> rules_of(const nlohmann::json& parameters) {
  std::vector<QueryRule> rules;
  for (const auto& parameter : parameters) {
    const auto& schema = parameter.at("schema");
    if (schema.contains("enum")) {
      rules.push_back({parameter.at("name"), schema.at("enum").get<std::vector<std::string>>()});
    } else if (schema.contains("maximum")) {
      rules.push_back({parameter.at("name"), {}, schema.at("minimum"), schema.at("maximum")});
    }
  }
  return rules;
}

std::vector<QueryRules> described() {
  constexpr std::string_view kPrefix = "/api/v1/";
  std::vector<QueryRules> all;
  const nlohmann::json description = nlohmann::json::parse(openapi_json());
  for (const auto& [address, item] : description.at("paths").items()) {
    if (!address.starts_with(kPrefix)) {
      continue;
    }
    QueryRules& made = all.emplace_back();
    for (const std::string_view part : split(std::string_view(address).substr(kPrefix.size()), '/')) {
      made.path.emplace_back(part);
    }
    made.methods = item.contains("get") ? "GET, HEAD" : "";
    made.methods += item.contains("post") ? (made.methods.empty() ? "POST" : ", POST") : "";
    if (!item.contains("get")) {
      continue;
    }
    const nlohmann::json parameters = item.at("get").value("parameters", nlohmann::json::array());
    made.names = names_of(parameters);
    made.rules = rules_of(parameters);
  }
  return all;
}

bool is_allowed(const QueryRule& rule, const std::string& value) {
  if (!rule.words.empty()) {
    return std::ranges::find(rule.words, value) != rule.words.end();
  }
  std::int64_t number = 0;
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  return error == std::errc() && stop == end && number >= rule.least && number <= rule.most;
}

std::string wanted_by(const QueryRule& rule) {
  return rule.words.empty() ? fmt::format("a whole number from {} to {}", rule.least, rule.most)
                            : "one of " + join(rule.words, ", ");
}

/// Null: such an address is not described.
const QueryRules* rules_for(const std::vector<std::string>& path) {
  static const std::vector<QueryRules> all = described();
  const auto found = std::ranges::find_if(all, [&](const QueryRules& rules) {
    return std::ranges::equal(rules.path, path, [](const std::string& pattern, const std::string& part) {
      return pattern == "{id}" || pattern == part;
    });
  });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

std::string methods_of(const std::vector<std::string>& path) {
  const QueryRules* found = rules_for(path);
  return found == nullptr ? "" : found->methods;
}

std::string query_problem(const std::vector<std::string>& path, const std::map<std::string, std::string>& query) {
  const QueryRules* found = rules_for(path);
  if (found == nullptr) {
    return "";
  }
  for (const auto& [name, value] : query) {
    if (std::ranges::find(found->names, name) == found->names.end()) {
      return fmt::format("there is no parameter \"{}\"; there {}",
                         printable(name, 40),
                         found->names.empty() ? "are none here" : "are " + join(found->names, ", "));
    }
  }
  for (const QueryRule& rule : found->rules) {
    const auto value = query.find(rule.name);
    if (value != query.end() && !value->second.empty() && !is_allowed(rule, value->second)) {
      return fmt::format("{} wants {}, got \"{}\"", rule.name, wanted_by(rule), printable(value->second, 40));
    }
  }
  return "";
}

}  // namespace kpi
