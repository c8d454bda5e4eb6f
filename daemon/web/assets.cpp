#include "daemon/web/api.hpp"

#include <array>
#include <utility>

namespace kpi {

// The files of assets/, as text; put together at build time.
extern const std::string_view kIndexHtml;
extern const std::string_view kAppCss;
extern const std::string_view kAppJs;
extern const std::string_view kWordsJs;
extern const std::string_view kUplotCss;
extern const std::string_view kUplotJs;
extern const std::string_view kOpenApi;

const Asset* find_asset(std::string_view path) {
  constexpr std::string_view kCss = "text/css; charset=utf-8";
  constexpr std::string_view kScript = "text/javascript; charset=utf-8";
  static const std::array kAssets{
      std::pair{std::string_view("/index.html"), Asset{"text/html; charset=utf-8", kIndexHtml}},
      std::pair{std::string_view("/app.css"), Asset{kCss, kAppCss}},
      std::pair{std::string_view("/app.js"), Asset{kScript, kAppJs}},
      std::pair{std::string_view("/words.js"), Asset{kScript, kWordsJs}},
      std::pair{std::string_view("/uplot.css"), Asset{kCss, kUplotCss}},
      std::pair{std::string_view("/uplot.js"), Asset{kScript, kUplotJs}},
  };
  const bool is_page = path == "/" || path.starts_with("/kpis/");  // what messages link to
  for (const auto& [name, asset] : kAssets) {
    if (name == (is_page ? "/index.html" : path)) {
      return &asset;
    }
  }
  return nullptr;
}

std::string_view openapi_json() {
  return kOpenApi;
}

}  // namespace kpi
