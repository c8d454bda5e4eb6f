// The requests of a conversation: a plan's pieces with their variables filled in, and what a page changes of them.

#include "plugins/http/exchange.hpp"
#include "plugins/json_text.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <vector>

namespace kpi {
namespace {

/// Where a value of the body goes; objects on the way are made.
void set_at(Json& body, const std::string& pointer, const Json& value) {
  Json* at = &body;
  for (const std::string_view step : split(std::string_view(pointer).substr(1), '/')) {
    at = &(*at)[std::string(step)];
  }
  *at = value;
}

void append_query(std::string& url, const std::vector<std::pair<std::string, std::string>>& pairs) {
  for (const auto& [name, value] : pairs) {
    url += url.find('?') == std::string::npos ? '?' : '&';
    url += name + '=' + value;
  }
}

/// Sets a name that the query has, or adds it.
void set_query(std::string& url, const std::string& name, const std::string& value) {
  const std::string wanted = percent_encoded(name) + '=';
  const std::size_t query = url.find('?');
  for (std::size_t at = query; at != std::string::npos; at = url.find('&', at + 1)) {
    if (url.compare(at + 1, wanted.size(), wanted) == 0) {
      const std::size_t end = std::min(url.find('&', at + 1), url.size());
      url.replace(at + 1, end - at - 1, wanted + percent_encoded(value));
      return;
    }
  }
  append_query(url, {{percent_encoded(name), percent_encoded(value)}});
}

/// Whether a value that an answer held stands in the host of an address, or is the address.
bool host_comes_from_an_answer(const HttpPlan& plan, const OptionTree& url) {
  const auto is_answered = [&](const std::string& name) {
    return name == "page" || std::ranges::any_of(plan.steps, [&](const StepPlan& step) {
             return step.captures.contains(name) && !plan.values.contains(name);
           });
  };
  const auto parsed = TextTemplate::parse(url.reveal());
  std::string before;  // the literal text so far; a variable is "x"
  for (const TextTemplate::Part& part : parsed ? parsed->parts() : std::vector<TextTemplate::Part>{}) {
    const std::size_t scheme = before.find("://");
    if (before.find_first_of("/?#", scheme == std::string::npos ? 0 : scheme + 3) != std::string::npos) {
      return false;
    }
    if (part.is_variable && is_answered(part.text)) {
      return true;
    }
    before += part.is_variable ? "x" : part.text;
  }
  return false;
}

}  // namespace

std::string origin_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) {
    return "";
  }
  const std::size_t end = std::min(url.find_first_of("/?#", scheme + 3), url.size());
  std::string_view host = url.substr(scheme + 3, end - scheme - 3);
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) {
    host.remove_prefix(at + 1);
  }
  return to_lower_ascii(std::string(url.substr(0, scheme + 3)) + std::string(host));
}

Result<void> Conversation::check_host(const RequestPlan& plan, const std::string& url) {
  const std::string origin = origin_of(url);
  if (!host_comes_from_an_answer(plan_, *plan.url)) {
    origins_.insert(origin);
  } else if (!origins_.contains(origin)) {
    return fail(ErrorKind::kInvalid,
                (origins_.empty() ? "" : *origins_.begin() + ": ") + "the answer names " + printable(origin, 80) +
                    " for the next request, another host: it is not asked, because the credential would go there");
  }
  return {};
}

Result<HttpRequest> Conversation::make(const RequestPlan& plan, const RenderScope& scope, const Change& change) {
  HttpRequest request = request_within(plan_.network);
  request.method = plan.method;
  request.max_body = plan_.max_body;
  request.url = KPI_TRY(render_url(*plan.url, scope));
  KPI_TRY(check_host(plan, request.url));
  if (plan.query != nullptr && change.url.empty()) {
    append_query(request.url, KPI_TRY(render_pairs(*plan.query, scope, true)));
  }
  if (!change.url.empty()) {
    if (origin_of(change.url) != origin_of(request.url)) {
      return fail(ErrorKind::kInvalid,
                  origin_of(request.url) + ": the next page is said to be at " + printable(origin_of(change.url), 80) +
                      ", another host: it is not asked, because the credential would go there");
    }
    request.url = change.url;
  }
  for (const auto& [name, value] : change.query) {
    set_query(request.url, name, value);
  }
  bool has_accept = false;
  if (plan.headers != nullptr) {
    for (auto& [name, value] : KPI_TRY(render_pairs(*plan.headers, scope, false))) {
      request.headers.emplace_back(to_lower_ascii(name), value);
      has_accept = has_accept || request.headers.back().first == "accept";
    }
  }
  if (!has_accept && (plan_.decode.kind == DecodePlan::Kind::kJson || plan_.decode.kind == DecodePlan::Kind::kChunks)) {
    request.headers.emplace_back("accept", "application/json");
  }
  KPI_TRY(make_body(plan, scope, change, request));
  return request;
}

Result<void> Conversation::make_body(const RequestPlan& plan,
                                     const RenderScope& scope,
                                     const Change& change,
                                     HttpRequest& request) {
  const auto type_is = [&](const char* type) {
    const bool is_set = std::ranges::any_of(request.headers, [](const auto& h) { return h.first == "content-type"; });
    if (!is_set) {
      request.headers.emplace_back("content-type", type);
    }
  };
  switch (plan.body_kind) {
    case RequestPlan::Body::kNone:
      return {};
    case RequestPlan::Body::kJson: {
      auto body = KPI_TRY(render_json(*plan.body, scope));
      Json json = body ? *std::move(body) : Json::object();
      for (const auto& [pointer, value] : change.body) {
        set_at(json, pointer, value);
      }
      request.body = json.dump(-1, ' ', false, Json::error_handler_t::replace);
      type_is("application/json");
      return {};
    }
    case RequestPlan::Body::kForm: {
      auto pairs = KPI_TRY(render_pairs(*plan.body, scope, true));
      for (const auto& [name, value] : change.form) {
        std::erase_if(pairs, [&](const auto& pair) { return pair.first == percent_encoded(name); });
        pairs.emplace_back(percent_encoded(name), percent_encoded(value));
      }
      for (const auto& [name, value] : pairs) {
        request.body += (request.body.empty() ? "" : "&") + name + '=' + value;
      }
      type_is("application/x-www-form-urlencoded");
      return {};
    }
    case RequestPlan::Body::kText:
      request.body = KPI_TRY(render_text(*plan.body, scope, Escape::kNone));
      type_is("text/plain; charset=utf-8");
      return {};
  }
  return {};
}

}  // namespace kpi
