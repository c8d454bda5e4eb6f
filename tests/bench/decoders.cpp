// kpi_bench_decoders [ROWS]: rows per second through each decoder of the http plugin, from an answer in memory to
// samples, beside a plain parse of the same text. Prints a table; tests/bench/README.md has one.

#include "daemon/config/config.hpp"
#include "daemon/os/files.hpp"
#include "tests/bench/measure.hpp"

#include <csv.h>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <span>
#include <string>
#include <vector>

namespace kpi::bench {
namespace {

constexpr int kRounds = 5;
constexpr std::int64_t kNow = 1'795'219'200'000;  // 2026-11-21

/// Answers everything with one text.
class OneAnswer final : public Host, private HttpClient {
 public:
  explicit OneAnswer(const std::string& text) : text_(text) {}

  Result<File> read_file(const std::string& path, std::size_t /*limit*/) override {
    return fail(ErrorKind::kNotFound, path);
  }

  Result<std::string> file_version(const std::string& path) override { return fail(ErrorKind::kNotFound, path); }

  HttpClient& http() override { return *this; }

  Instant now() override { return Instant{Duration{kNow}}; }

 private:
  Result<HttpResponse> send(const HttpRequest& /*request*/, const std::stop_token& /*stop*/) override {
    HttpResponse response;
    response.status = 200;
    response.body = text_;
    return response;
  }

  const std::string& text_;
};

struct Decoder {
  std::string name;
  std::string keys;  ///< YAML of the source.
  std::string text;
  std::string peer;
  std::function<std::size_t(const std::string&)> parse;
};

std::size_t parse_json_text(const std::string& text) {
  return nlohmann::json::parse(text).size();
}

std::size_t parse_lines(const std::string& text) {
  std::size_t sum = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    sum += nlohmann::json::parse(text.begin() + static_cast<std::ptrdiff_t>(at),
                                 text.begin() + static_cast<std::ptrdiff_t>(end))
               .size();
    at = end + 1;
  }
  return sum;
}

std::size_t parse_csv(const std::string& text) {
  csv_parser parser{};
  csv_init(&parser, 0);
  std::size_t bytes = 0;
  const auto cell = [](void* /*text*/, std::size_t size, void* sum) { *static_cast<std::size_t*>(sum) += size; };
  csv_parse(&parser, text.data(), text.size(), cell, [](int /*end*/, void* /*sum*/) {}, &bytes);
  csv_fini(&parser, cell, nullptr, &bytes);
  csv_free(&parser);
  return bytes;
}

/// `rows` rows of 500 days, each with a label.
std::string text_of(int rows,
                    const std::string& before,
                    const std::string& between,
                    const std::string& after,
                    const std::function<std::string(const std::string& date, int row)>& row) {
  std::string text = before;
  for (int i = 0; i < rows; ++i) {
    const Date date{
        std::chrono::sys_days{std::chrono::milliseconds{kNow} / std::chrono::days{1} * std::chrono::days{1}} -
        std::chrono::days{1 + (i % 500)}};
    text += (i == 0 ? "" : between) + row(date_text(date), i);
  }
  return text + after;
}

std::vector<Decoder> decoders(int rows) {
  const auto object = [](const std::string& date, int i) {
    return fmt::format(R"({{"date":"{}","shop":"s{}","n":{}}})", date, i / 500, i);
  };
  return {
      {"json, records",
       "rows: {path: /data}",
       text_of(rows, "{\"data\":[", ",", "]}", object),
       "nlohmann parse",
       parse_json_text},
      {"json, zip",
       "rows: {kind: zip, names: [/names/*], rows: /rows}",
       text_of(rows,
               R"({"names":["date","shop","n"],"rows":[)",
               ",",
               "]}",
               [](const std::string& date, int i) { return fmt::format(R"(["{}","s{}","{}"])", date, i / 500, i); }),
       "nlohmann parse",
       parse_json_text},
      {"chunks",
       "decode: {kind: chunks, path: /r}\n    rows: {kind: records}",
       text_of(rows, "[{\"r\":[", ",", "]}]", object),
       "nlohmann parse",
       parse_json_text},
      {"ndjson",
       "decode: ndjson\n    rows: {kind: records}",
       text_of(rows, "", "\n", "\n", object),
       "nlohmann parse of each line",
       parse_lines},
      {"csv",
       "decode: {kind: csv}\n    rows: {kind: records}",
       text_of(rows,
               "date,shop,n\n",
               "\n",
               "\n",
               [](const std::string& date, int i) { return fmt::format("{},s{},{}", date, i / 500, i); }),
       "libcsv, cells dropped",
       parse_csv}};
}

std::shared_ptr<const Config> config_of(const std::string& dir, const Decoder& decoder) {
  const std::string path = dir + "/kpid.yaml";
  std::ofstream(path) << "sources:\n  s:\n    plugin: http\n    request: {url: \"https://api.example.com/n\"}\n    "
                         "labels: {shop: shop}\n    metrics: {n: {}}\n    "
                      << decoder.keys << "\n";
  FileHost files;
  const ConfigLoad load = load_config(path, Secrets::kRequired, files);
  if (!load.config) {
    throw std::runtime_error(load.diagnostics.text());
  }
  return load.config;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void measure(const std::string& dir, const Decoder& decoder, int rows) {
  const auto config = config_of(dir, decoder);
  OneAnswer host(decoder.text);
  std::vector<double> own;
  std::vector<double> its;
  for (int round = 0; round < kRounds; ++round) {
    const Stopwatch parsing;
    if (decoder.parse(decoder.text) == 0) {
      throw std::runtime_error("nothing was parsed");
    }
    its.push_back(parsing.read().cpu);
    const Stopwatch polling;
    const Poll poll =
        must(config->sources.front().source->poll({.now = host.now(), .cursor = "", .from = {}}, host, {}));
    own.push_back(polling.read().cpu);
    if (poll.samples.size() != static_cast<std::size_t>(rows) || poll.problem_count != 0) {
      throw std::runtime_error(fmt::format("{}: {} samples", decoder.name, poll.samples.size()));
    }
  }
  std::cout << fmt::format("| {} | {:.1f} MB | {:.0f} | {} | {:.0f} | {:.2f} |\n",
                           decoder.name,
                           static_cast<double>(decoder.text.size()) / 1e6,
                           rows / median(own),
                           decoder.peer,
                           rows / median(its),
                           median(own) / median(its));
}

}  // namespace
}  // namespace kpi::bench

int main(int count, char** words) {
  try {
    const int rows = count > 1 ? std::stoi(words[1]) : 100'000;
    std::string dir = (std::filesystem::temp_directory_path() / "kpid-decoders-XXXXXX").string();
    if (::mkdtemp(dir.data()) == nullptr) {
      throw std::runtime_error("no folder");
    }
    std::cout << "| decoder | answer | rows a CPU s | beside | its rows a CPU s | kpid / it |\n"
                 "| --- | --- | --- | --- | --- | --- |\n";
    for (const auto& decoder : kpi::bench::decoders(rows)) {
      kpi::bench::measure(dir, decoder, rows);
    }
    std::filesystem::remove_all(dir);
  } catch (const std::exception& failed) {
    std::cerr << "kpi_bench_decoders: " << failed.what() << "\n";
    return 1;
  }
  return 0;
}
