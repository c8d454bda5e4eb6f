#include "tests/unit/plugins/connectors/recording.hpp"

#include "daemon/config/config.hpp"
#include "rules/base/text.hpp"
#include "rules/load/yaml.hpp"
#include "tests/support/rsa_key.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace kpi::test {
namespace {

using nlohmann::ordered_json;

std::string text_at(const YamlNode& node, std::string_view key, const std::string& fallback = "") {
  const YamlNode* found = node.find(key);
  return found == nullptr ? fallback : found->scalar;
}

/// A folder that lives as long as the program.
const std::string& folder() {
  static const std::string kFolder = [] {
    std::string pattern = (std::filesystem::temp_directory_path() / "kpid-connectors-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw std::runtime_error("no folder for the test");
    }
    return pattern;
  }();
  return kFolder;
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// Reads at once, where the daemon's own host waits a moment before it reads what has just been written.
class HastyHost final : public Host {
 public:
  Result<File> read_file(const std::string& path, std::size_t /*limit*/) override {
    std::ifstream file(path, std::ios::binary);
    return file ? Result<File>(File{{std::istreambuf_iterator<char>(file), {}}, "1"})
                : Result<File>(fail(ErrorKind::kNotFound, path));
  }

  Result<std::string> file_version(const std::string& /*path*/) override { return std::string("1"); }
};

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

bool is_same_body(const std::string& wanted, const std::string& actual) {
  const auto a = ordered_json::parse(wanted, nullptr, false);
  const auto b = ordered_json::parse(actual, nullptr, false);
  return wanted.empty() || trim(wanted) == trim(actual) || (!a.is_discarded() && a == b);
}

}  // namespace

std::vector<std::string> recording_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(KPI_RECORDED)) {
    if (entry.path().extension() == ".yaml") {
      names.push_back(entry.path().stem().string());
    }
  }
  std::ranges::sort(names);
  return names;
}

Recording read_recording(const std::string& name) {
  static SourceSet texts;
  std::ifstream file(std::string(KPI_RECORDED) + "/" + name + ".yaml");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  Diagnostics diagnostics;
  const auto tree = parse_yaml(texts.add(name, text), diagnostics);
  if (!tree || diagnostics.has_errors()) {
    throw std::runtime_error(diagnostics.text());
  }
  Recording recording;
  recording.name = name;
  recording.source = text_at(*tree, "source");
  recording.now = parse_rfc3339(text_at(*tree, "now", "2026-11-21T12:00:00Z")).value();
  for (const YamlNode& item : tree->find("exchanges")->items) {
    RecordedExchange exchange;
    const std::string request = text_at(item, "request");
    exchange.method = request.substr(0, request.find(' '));
    exchange.url = request.substr(request.find(' ') + 1);
    exchange.body = text_at(item, "body");
    exchange.response.status = std::stoi(text_at(item, "status", "200"));
    if (const YamlNode* headers = item.find("headers")) {
      for (const auto& [key, value] : headers->entries) {
        exchange.response.headers.emplace_back(key.scalar, value.scalar);
      }
    }
    exchange.response.body = text_at(item, "answer");
    recording.exchanges.push_back(std::move(exchange));
  }
  for (const YamlNode& sample : tree->find("samples")->items) {
    recording.samples.push_back(sample.scalar);
  }
  return recording;
}

LoadedSource load_source(const std::string& yaml, const std::string& name) {
  static int count = 0;
  const std::string key = folder() + "/key.json";
  if (count++ == 0) {
    const ordered_json json{{"type", "service_account"},
                            {"client_email", "kpid@example.iam.gserviceaccount.com"},
                            {"private_key_id", "k1"},
                            {"private_key", rsa_private_key()}};
    write(key, json.dump());
    write(folder() + "/key.pem", rsa_private_key());
  }
  std::string text = "sources:\n  " + name + ":\n";
  const std::string filled = replaced(replaced(yaml, "KEY_FILE", key), "KEY_PEM", folder() + "/key.pem");
  for (const std::string_view line : split(filled, '\n')) {
    text.append("    ").append(line).append("\n");
  }
  const std::string path = folder() + "/kpid" + std::to_string(count) + ".yaml";
  write(path, text);
  HastyHost files;
  ConfigLoad load = load_config(path, Secrets::kRequired, files);
  LoadedSource loaded;
  loaded.folder = folder();
  loaded.diagnostics = replaced(load.diagnostics.text(), path, "kpid.yaml");
  if (load.config) {
    loaded.source = load.config->sources.front().source;
    loaded.settings = load.config->sources.front().settings;
    static std::vector<std::shared_ptr<const Config>> kept;  // positions point into it
    kept.push_back(load.config);
  }
  return loaded;
}

PollRequest request_at(const FakeHost& host, const std::string& cursor) {
  PollRequest request;
  request.now = host.time;
  request.cursor = cursor;
  return request;
}

HttpResponse answer_of(std::string body, int status, std::vector<std::pair<std::string, std::string>> headers) {
  HttpResponse response;
  response.status = status;
  response.headers = std::move(headers);
  response.body = std::move(body);
  return response;
}

Result<HttpResponse> Player::operator()(const HttpRequest& request) {
  for (const RecordedExchange& exchange : recording_.exchanges) {
    if (exchange.method == request.method && exchange.url == request.url && is_same_body(exchange.body, request.body)) {
      return exchange.response;
    }
  }
  unexpected.push_back(request.method + ' ' + request.url + '\n' + request.body);
  HttpResponse response;
  response.status = 404;
  return response;
}

std::vector<std::string> samples_text(const Poll& poll, const SourceSettings& settings) {
  std::vector<std::string> lines;
  for (const PolledSample& sample : poll.samples) {
    const PolledSeries& series = poll.series[sample.series];
    const std::string time =
        settings.grain.is_civil() ? date_text(date_of(sample.slot)) : rfc3339(Instant{Duration{sample.slot.ms}});
    lines.push_back(settings.metrics[series.metric].name + ' ' + time + ' ' +
                    (series.labels.empty() ? "" : labels_text(series.labels) + ' ') +
                    (std::isnan(sample.value) ? "null" : number_text(sample.value)));
  }
  std::ranges::sort(lines);
  return lines;
}

std::string poll_text(const Result<Poll>& poll, const SourceSettings& settings) {
  if (!poll) {
    return "error: " + poll.error().message + "\n";
  }
  std::string text;
  for (const std::string& line : samples_text(*poll, settings)) {
    text += line + "\n";
  }
  for (const RowProblem& problem : poll->problems) {
    text += "problem: " + problem.where + ": " + problem.message + "\n";
  }
  return text;
}

}  // namespace kpi::test
