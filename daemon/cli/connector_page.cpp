#include "daemon/cli/connector_page.hpp"

#include "rules/base/text.hpp"

namespace kpi {
namespace {

std::string cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) {
    text.insert(at, "\\");
  }
  return text;
}

void add_keys(const std::vector<OptionSpec>& specs, std::string& page) {
  page += "| key | default | what it is |\n|---|---|---|\n";
  for (const OptionSpec& spec : specs) {
    const std::string fallback = spec.required ? "required" : spec.fallback.empty() ? "" : '`' + spec.fallback + '`';
    page += "| `" + spec.key + "` | " + cell(fallback) + " | " + cell(spec.help) +
            (spec.choices.empty() ? "" : " One of " + join(spec.choices, ", ") + ".") + " |\n";
  }
}

}  // namespace

std::string connector_page(const Connector& connector) {
  const PresetPage& about = connector.page;
  std::string page = "# " + about.title + "\n\nMade by `kpid plugins " + connector.plugin.name +
                     " --markdown` from `plugins/connectors/" + connector.plugin.name +
                     ".yaml`.\n\n## What to create\n\n";
  int number = 0;
  for (const std::string& step : about.setup) {
    page += std::to_string(++number) + ". " + step + "\n";
  }
  page += "\n## Rights\n\n" + about.rights + "\n\n## Configuration\n\n```yaml\n" + about.example + "```\n\n";
  for (const std::string& note : about.notes) {
    page += "- " + note + "\n";
  }
  page += "\nTry it: `kpid source test NAME`.\n\n## Quota\n\n" + about.quota + "\n\n## Restatement\n\n" +
          about.restatement + "\n\n## Keys\n\n";
  add_keys(connector.plugin.options, page);
  page += "\nOf each metric, besides `kind`, `unit`, `scale` and `across`:\n\n";
  add_keys(connector.plugin.metric_options, page);
  return page;
}

}  // namespace kpi
