#include "plugins/http/plan.hpp"
#include "plugins/http/tree_reader.hpp"
#include "rules/base/secret_words.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <array>

namespace kpi {
namespace {

const std::vector<std::string>& auth_types() {
  static const std::vector<std::string> kNames{"none",
                                               "header",
                                               "bearer",
                                               "query",
                                               "body",
                                               "basic",
                                               "aws_sigv4",
                                               "oauth2_refresh",
                                               "oauth2_client_credentials",
                                               "oauth2_jwt_bearer",
                                               "jwt_direct",
                                               "session"};
  return kNames;
}

/// The texts that each type needs, and those it may have.
struct AuthTexts {
  std::vector<std::string> required;
  std::vector<std::string> optional;
};

AuthTexts texts_of(AuthPlan::Type type) {
  using Type = AuthPlan::Type;
  switch (type) {
    case Type::kHeader:
      return {{"value"}, {}};
    case Type::kBearer:
      return {{"token"}, {}};
    case Type::kQuery:
    case Type::kBody:
      return {{"name", "value"}, {}};
    case Type::kBasic:
      return {{}, {"username", "password"}};
    case Type::kAwsSigv4:
      return {{"access_key", "secret_key", "region"}, {"session_token", "service"}};
    case Type::kRefresh:
      return {{"token_url", "client_id", "refresh_token"}, {"client_secret", "scope"}};
    case Type::kClientCredentials:
      return {{"token_url", "client_id", "client_secret"}, {"scope", "audience"}};
    case Type::kJwtBearer:
      return {{}, {"key_file", "key", "issuer", "subject", "audience", "token_url", "scope", "key_id"}};
    case Type::kJwtDirect:
      return {{"key", "issuer", "subject"}, {"audience"}};
    case Type::kNone:
    case Type::kSession:
      break;
  }
  return {};
}

void read_texts(AuthPlan& auth, TreeReader& map) {
  const AuthTexts texts = texts_of(auth.type);
  const auto take = [&](const std::string& key, const OptionTree* node) {
    if (node == nullptr) {
      return;
    }
    if (node->kind != OptionTree::Kind::kText) {
      map.diagnostics().error(node->position, "auth." + key + " wants a text");
      return;
    }
    if (is_secret_of_auth(key) && !node->secret && !node->text.empty() && node->text.find("{{") == std::string::npos) {
      map.diagnostics().warning(node->position, "a secret stands in the file", "write " + key + ": \"${env:NAME}\"");
    }
    auth.texts[key] = node;
  };
  for (const std::string& key : texts.required) {
    take(key, map.required(key, "write " + key + ": …"));
  }
  for (const std::string& key : texts.optional) {
    take(key, map.optional(key));
  }
}

void read_exports(AuthPlan& auth, TreeReader& map) {
  if (const OptionTree* exports = map.optional("export")) {
    TreeReader inner(*exports, "auth.export", map.diagnostics());
    for (const auto& [name, path] : inner.node().entries) {
      inner.path(name.text, auth.exports[name.text]);
    }
  }
}

/// `proof: {name: appsecret_proof, key: …}`: the token's HMAC under another secret, in the query.
void read_proof(AuthPlan& auth, TreeReader& map) {
  if (const OptionTree* proof = map.optional("proof")) {
    TreeReader inner(*proof, "auth.proof", map.diagnostics());
    if (const OptionTree* name = inner.required("name", "the parameter of the query")) {
      auth.texts["proof_name"] = name;
    }
    if (const OptionTree* key = inner.required("key", "the secret that the token is signed with")) {
      auth.texts["proof_key"] = key;
    }
    inner.finish();
  }
}

void read_session(AuthPlan& auth, TreeReader& map) {
  if (const OptionTree* login = map.required("login", "the request that answers with a token")) {
    auth.login = read_request(*login, "auth.login", map.diagnostics());
  }
  map.required("token", "the path to the token in the login's answer");
  map.path("token", auth.token);
  auth.prefix = "";
}

/// "query:after", "body:/offset", "graphql:cursor", "form:page".
void read_place(TreeReader& map, std::string_view key, PagePlan::Place& place) {
  using In = PagePlan::Place::In;
  std::string text;
  if (!map.text(key, text)) {
    return;
  }
  const std::size_t colon = text.find(':');
  const std::string in = text.substr(0, colon);
  place.name = colon == std::string::npos ? "" : text.substr(colon + 1);
  if (in == "graphql") {
    place.name = "/variables/" + place.name;
  } else if (in == "body" && !place.name.starts_with('/')) {
    place.name = '/' + place.name;
  }
  place.in = in == "query"                     ? In::kQuery
             : in == "body" || in == "graphql" ? In::kBody
             : in == "form"                    ? In::kForm
                                               : In::kNowhere;
  if (place.in == In::kNowhere || place.name.size() < (place.in == In::kBody ? 2U : 1U)) {
    map.diagnostics().error(
        map.node().find(key)->position,
        "paginate." + std::string(key) + " says where a value goes, got \"" + printable(text, 40) + '"',
        "write query:NAME, form:NAME, body:/POINTER or graphql:VARIABLE");
  }
}

void check_pages(const PagePlan& pages, const OptionTree& node, Diagnostics& diagnostics) {
  using Kind = PagePlan::Kind;
  const bool needs_place = (pages.kind == Kind::kOffset || pages.kind == Kind::kPage || pages.kind == Kind::kLastId ||
                            pages.kind == Kind::kCursor || pages.kind == Kind::kPartition) &&
                           !pages.next;
  if (needs_place && node.find("at") == nullptr) {
    diagnostics.error(
        node.position, "paginate does not say where the page goes", "write at: query:NAME or body:/POINTER");
  }
  const bool needs_source =
      pages.kind == Kind::kCursor || pages.kind == Kind::kNextUrl || pages.kind == Kind::kPartition;
  if (needs_source && node.find("from") == nullptr) {
    diagnostics.error(node.position, "paginate does not say what leads to the next page", "write from: /path/to/it");
  }
  if (pages.kind == Kind::kLastId && node.find("id") == nullptr) {
    diagnostics.error(node.position, "paginate does not say what the id of a row is", "write id: /path/in/a/row");
  }
}

/// What is written of an address before its first variable is one that can be asked for.
void check_url(const OptionTree& url, const std::string& where, Diagnostics& diagnostics) {
  const std::size_t variable = url.text.find("{{");
  const std::string_view literal = std::string_view(url.text).substr(0, variable);
  if (url.secret || (variable != std::string::npos && std::string_view("https://").starts_with(literal))) {
    return;
  }
  const bool is_web = literal.starts_with("http://") || literal.starts_with("https://");
  if (url.kind != OptionTree::Kind::kText || !is_web) {
    diagnostics.error(url.position,
                      where + ": \"" + printable(url.text, 80) + "\" is no http or https address",
                      "write it as https://host/path");
  } else if (literal.find_first_of(" \t\r\n") != std::string_view::npos) {
    diagnostics.error(url.position,
                      where + ": the address \"" + printable(url.text, 80) + "\" has a space or a line break",
                      "take it out, or write %20 where a space is meant");
  }
}

/// A header with a line break would be refused at each poll.
void check_line(const OptionTree& node, const std::string& what, Diagnostics& diagnostics) {
  const std::string& text = node.reveal();
  const bool has_control =
      std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (has_control) {
    diagnostics.error(node.position, what + " holds a line break or another control byte", "write it on one line");
  }
  for (const OptionTree& item : node.secret ? std::vector<OptionTree>{} : node.items) {
    check_line(item, what, diagnostics);
  }
}

}  // namespace

const OptionTree* AuthPlan::find(std::string_view name) const {
  const auto found = texts.find(name);
  return found == texts.end() ? nullptr : found->second;
}

RequestPlan read_request(const OptionTree& node, const std::string& where, Diagnostics& diagnostics) {
  RequestPlan request;
  if (node.kind == OptionTree::Kind::kText) {
    request.url = &node;  // `request: https://…` is the address alone
    check_url(node, where, diagnostics);
    return request;
  }
  TreeReader map(node, where, diagnostics);
  std::size_t method = 0;
  std::vector<std::string> methods{"GET", "POST", "PUT"};
  if (where.ends_with(".cancel")) {
    methods.emplace_back("DELETE");
  }
  const bool has_method = map.choice("method", methods, method);
  request.url = map.required("url", "write url: https://…");
  if (request.url != nullptr) {
    check_url(*request.url, where + ".url", diagnostics);
  }
  request.query = map.optional("query");
  request.headers = map.optional("headers");
  for (const auto& [key, kind] : {std::pair("json", RequestPlan::Body::kJson),
                                  std::pair("graphql", RequestPlan::Body::kJson),
                                  std::pair("form", RequestPlan::Body::kForm),
                                  std::pair("text", RequestPlan::Body::kText)}) {
    const OptionTree* body = map.optional(key);
    if (body != nullptr && request.body != nullptr) {
      diagnostics.error(body->position, where + " has two bodies", "keep one of json, graphql, form and text");
    }
    if (body != nullptr) {
      request.body = body;
      request.body_kind = kind;
    }
  }
  request.method = has_method ? methods.at(method) : request.body == nullptr ? "GET" : "POST";
  for (const OptionTree* pairs : {request.query, request.headers}) {
    if (pairs != nullptr && pairs->kind != OptionTree::Kind::kMap) {
      diagnostics.error(pairs->position, where + ": query and headers want names and values");
    }
  }
  if (request.headers != nullptr) {
    for (const auto& [name, value] : request.headers->entries) {
      check_line(value, where + ".headers." + printable(name.text, 60), diagnostics);
    }
  }
  if (request.body_kind == RequestPlan::Body::kForm && request.body->kind != OptionTree::Kind::kMap) {
    diagnostics.error(request.body->position, where + ".form wants names and values");
  }
  map.finish();
  return request;
}

AuthPlan read_auth(const OptionTree& node, Diagnostics& diagnostics) {
  AuthPlan auth;
  TreeReader map(node, "auth", diagnostics);
  map.required("type", "one of " + join(auth_types(), ", "));
  std::size_t type = 0;
  map.choice("type", auth_types(), type);
  auth.type = static_cast<AuthPlan::Type>(type);
  read_texts(auth, map);
  using Type = AuthPlan::Type;
  const bool has_header = auth.type == Type::kHeader || auth.type == Type::kSession || auth.type >= Type::kRefresh;
  if (auth.type == Type::kHeader) {
    auth.prefix = "";
    map.text("name", auth.header);
  } else if (auth.type == Type::kSession) {
    read_session(auth, map);
  }
  if (has_header) {
    map.text("prefix", auth.prefix);
    if (auth.type != Type::kHeader) {
      map.text("header", auth.header);
    }
  }
  if (auth.type == Type::kBearer) {
    read_proof(auth, map);
  }
  if (auth.type == Type::kHeader || auth.type == Type::kBearer) {
    for (const auto& [key, text] : auth.texts) {
      check_line(*text, "auth." + key, diagnostics);
    }
  }
  if (auth.has_token()) {
    read_exports(auth, map);
    map.span("ttl", auth.lifetime);
  }
  if (auth.type == Type::kRefresh || auth.type == Type::kClientCredentials) {
    std::size_t place = 0;
    map.choice("client_auth", {"body", "basic"}, place);
    auth.in_basic = place == 1;
  }
  if (auth.type == Type::kJwtBearer || auth.type == Type::kJwtDirect) {
    auth.claims = map.optional("claims");
    map.span("ttl", auth.lifetime);
  }
  if (auth.type == Type::kJwtBearer && auth.find("key_file") == nullptr && auth.find("key") == nullptr) {
    diagnostics.error(node.position, "auth has no key", "write key_file: \"${file:service-account.json}\"");
  }
  map.finish();
  return auth;
}

PagePlan read_pages(const OptionTree& node, Diagnostics& diagnostics) {
  static const std::vector<std::string> kKinds{
      "none", "offset", "page", "cursor", "next_url", "link_header", "last_id", "partition"};
  using Kind = PagePlan::Kind;
  PagePlan pages;
  TreeReader map(node, "paginate", diagnostics);
  map.required("kind", "one of " + join(kKinds, ", "));
  std::size_t kind = 0;
  map.choice("kind", kKinds, kind);
  pages.kind = static_cast<Kind>(kind);
  read_place(map, "at", pages.at);
  read_place(map, "size_at", pages.size_at);
  map.integer("size", 1, 1'000'000, pages.size);
  pages.start = pages.kind == Kind::kPage || pages.kind == Kind::kPartition ? 1 : 0;
  map.integer("start", 0, 1'000'000, pages.start);
  map.integer("max_pages", 1, 100'000, pages.max_pages);
  map.path("total", pages.total);
  map.path("from", pages.from);
  map.path("more", pages.more);
  map.path("id", pages.id);
  map.path("list", pages.list);
  if (const OptionTree* next = map.optional("request")) {
    pages.next = read_request(*next, "paginate.request", diagnostics);
  }
  map.finish();
  check_pages(pages, node, diagnostics);
  return pages;
}

}  // namespace kpi
