#include "daemon/config/last_good.hpp"

#include "daemon/os/kept_files.hpp"
#include "rules/base/text.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdlib>
#include <filesystem>

namespace kpi {
namespace {

using nlohmann::json;

constexpr std::string_view kSuffix = ".last-good.json";
/// What JSON makes of the files, at worst.
constexpr std::size_t kMostKeptBytes = 2 * kMostConfigBytes;

/// Folder and name of what is kept beside a history.
std::pair<std::string, std::string> place_beside(const std::string& history) {
  const std::filesystem::path file(absolute_path(history));
  return {file.parent_path().string(), file.filename().string() + std::string(kSuffix)};
}

/// What was kept beside this history for this kpid.yaml, as JSON; null when nothing was.
Result<json> read_beside(const std::string& history, const std::string& path) {
  const auto [folder, name] = place_beside(history);
  const std::string text = KPI_TRY(read_kept(folder, name, kMostKeptBytes));
  json kept = json::parse(text, nullptr, false);
  const bool is_of_these = kept.is_object() && kept.value("path", "") == absolute_path(path) &&
                           kept.contains("files") && kept["files"].is_object();
  return is_of_these ? kept : json(nullptr);
}

/// The history that the text of a kpid.yaml names, although it cannot be read as YAML; empty when none is seen.
std::string history_in(std::string_view text) {
  constexpr std::string_view key = "history:";
  constexpr std::string_view scheme = "sqlite:";
  std::size_t at = text.starts_with(key) ? 0 : text.find("\nhistory:");
  at = at == std::string_view::npos ? at : text.find(scheme, at);
  if (at == std::string_view::npos) {
    return "";
  }
  const std::string_view rest = text.substr(at + scheme.size());
  return std::string(rest.substr(0, rest.find_first_of("\"' ,}\r\n")));
}

/// The histories that a broken configuration may have: the one it names, the one beside it, and under systemd that of
/// the state directory.
std::vector<std::string> histories_of(const std::string& path, const ReadConfig& broken) {
  const auto main = broken.files.texts().find(absolute_path(path));
  const std::string named = main == broken.files.texts().end() ? "" : history_in(main->second);
  std::vector<std::string> histories{broken.history, resolve_path(path, named), resolve_path(path, "history.db")};
  // Read at the start, before any thread.
  if (const char* state = std::getenv("STATE_DIRECTORY"); state != nullptr && *state == '/') {  // NOLINT
    histories.push_back(std::string(state) + "/history.db");
  }
  std::erase(histories, "");
  return histories;
}

}  // namespace

Result<void> keep_last_good(const Config& config, const ConfigFiles& files, Instant now) {
  json texts = json::object();
  for (const auto& [path, text] : files.texts()) {
    texts[path] = text;
  }
  const auto known = read_beside(config.history, config.path);
  if (known && known->is_object() && (*known)["files"] == texts) {
    return {};
  }
  const json document{{"path", absolute_path(config.path)}, {"kept", rfc3339(now)}, {"files", texts}};
  const auto [folder, name] = place_beside(config.history);
  return write_kept(folder, name, document.dump(-1, ' ', false, json::error_handler_t::replace));
}

Result<LastGood> last_good(const std::string& path, const ReadConfig& broken, Secrets secrets) {
  for (const std::string& history : histories_of(path, broken)) {
    const json kept = KPI_TRY(read_beside(history, path));
    if (kept.is_null()) {
      continue;
    }
    std::map<std::string, std::string> texts;
    for (const auto& [name, text] : kept["files"].items()) {
      texts.emplace(name, text.is_string() ? text.get<std::string>() : "");
    }
    ConfigFiles files(std::move(texts));
    const ConfigLoad load = load_config_of(files, path, secrets);
    if (!load.config) {
      return fail(ErrorKind::kInvalid, load.diagnostics.text());
    }
    return LastGood{load.config, parse_rfc3339(kept.value("kept", "")).value_or(Instant{})};
  }
  return fail(ErrorKind::kNotFound, "no configuration was kept that was right");
}

}  // namespace kpi
