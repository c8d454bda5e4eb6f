// The tokens of a credential on disk: what the next poll, the next process and the next start of this one go on with.

#include "plugins/http/exchange.hpp"
#include "plugins/http/tree_reader.hpp"
#include "plugins/json_text.hpp"
#include "rules/base/text.hpp"

namespace kpi {

/// By what a refresh token hangs on alone: another scope, another host or a corrected client_secret does not end it.
/// Another one in the configuration is another grant, and counts at once.
void Conversation::name_grant() {
  if (plan_.auth.type != AuthPlan::Type::kRefresh) {
    return;
  }
  std::string name;
  for (const std::string_view part : {"token_url", "client_id", "refresh_token"}) {
    name += '\n' + text_of(part).value_or("");
  }
  const auto digest = host_.hmac_sha256(Secret("kpid grant"), name);
  grant_name_ = (digest ? base64_of(*digest, true).substr(0, 22) : fingerprint(name)) + ".grant";
}

Result<void> Conversation::load_token(Credential::Token& token) {
  if (plan_.settings.state_folder.empty()) {
    return {};
  }
  KPI_TRY(load_refresh(token));
  const std::string text = KPI_TRY(host_.kept(plan_.settings.state_folder, credential_name_));
  const auto json = parse_json("kept", text);
  if (text.empty() || !json || !json->is_object()) {
    return {};
  }
  token.value = Secret(json_member(*json, "token"));
  token.renew_at.reset();
  if (token.value.reveal() == token.refused.reveal()) {
    token.value = Secret();
  }
  if (const auto renew = json->find("renew_at"); renew != json->end() && renew->is_number_integer()) {
    token.renew_at = Instant{Duration{renew->get<std::int64_t>()}};
  }
  if (const auto exports = json->find("exports"); exports != json->end() && exports->is_object()) {
    for (const auto& [name, value] : exports->items()) {
      token.exports[name] = value;
    }
  }
  return {};
}

Result<void> Conversation::load_refresh(Credential::Token& token) {
  if (grant_name_.empty()) {
    return {};
  }
  const std::string text = KPI_TRY(host_.kept(plan_.settings.state_folder, grant_name_));
  const auto json = parse_json("kept", text);
  const std::string kept = json && json->is_object() ? json_member(*json, "refresh") : "";
  if (kept != token.kept_refresh.reveal()) {  // else what is here is as new, or newer: it could not be written down
    token.refresh = Secret(kept);
    token.kept_refresh = token.refresh;
  }
  return {};
}

Result<void> Conversation::keep_refresh(Credential::Token& token) {
  if (plan_.settings.state_folder.empty() || token.refresh.reveal() == token.kept_refresh.reveal()) {
    return {};
  }
  const Json json{{"refresh", token.refresh.reveal()}};
  KPI_TRY(host_.keep(plan_.settings.state_folder, grant_name_, json.dump()));
  token.kept_refresh = token.refresh;
  return {};
}

Result<void> Conversation::keep_token(const Credential::Token& token) {
  if (plan_.settings.state_folder.empty()) {
    return {};
  }
  Json json{{"token", token.value.reveal()}};
  if (token.renew_at) {
    json["renew_at"] = token.renew_at->time_since_epoch().count();
  }
  json["exports"] = Json::object();
  for (const auto& [name, value] : token.exports) {
    json["exports"][name] = value;
  }
  return host_.keep(plan_.settings.state_folder, credential_name_, json.dump());
}

}  // namespace kpi
