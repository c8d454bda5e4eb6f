// A whole configuration of any bytes: kpid.yaml and one rule file, cut apart at a line of "8<". Every plugin and
// channel is made with the options it is given. What must hold: no crash, a configuration or an error with a place and
// words that a terminal can show, and the same again the second time.

#include "daemon/config/last_good.hpp"
#include "rules/base/text.hpp"
#include "tests/unit/plugins/csv_source.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace kpi;  // NOLINT(google-build-using-namespace): one function

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

ConfigLoad load(std::string_view text) {
  constexpr std::string_view scissors = "\n8<\n";
  const std::size_t cut = text.find(scissors);
  std::map<std::string, std::string> texts{{"/etc/kpid/kpid.yaml", std::string(text.substr(0, cut))}};
  if (cut != std::string_view::npos) {
    texts.emplace("/etc/kpid/rules.yaml", text.substr(cut + scissors.size()));
  }
  ConfigFiles files(std::move(texts));
  return load_config_of(files, "/etc/kpid/kpid.yaml", Secrets::kIgnored);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ConfigLoad loaded = load(text);
  require((loaded.config == nullptr) == loaded.diagnostics.has_errors());
  for (const Diagnostic& diagnostic : loaded.diagnostics.items()) {
    require(!diagnostic.message.empty());
    require(printable(diagnostic.message, diagnostic.message.size()) == diagnostic.message);
  }
  require(load(text).diagnostics.text() == loaded.diagnostics.text());
  return 0;
}
