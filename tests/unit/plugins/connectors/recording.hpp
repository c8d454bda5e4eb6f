#pragma once
// A recorded exchange: a source as a user writes it, what is asked and answered, and the samples that come of it. And
// a source made from any YAML, with a host that plays the other side.

#include "plugins/source.hpp"
#include "tests/support/fake_host.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace kpi::test {

struct RecordedExchange {
  std::string method;
  std::string url;
  std::string body;  ///< As JSON or text; empty: any.
  HttpResponse response;
};

struct Recording {
  std::string name;
  std::string source;  ///< YAML, the lines below the source's name.
  Instant now;
  std::vector<RecordedExchange> exchanges;
  std::vector<std::string> samples;
};

/// The recordings beside this file, by name.
std::vector<std::string> recording_names();
Recording read_recording(const std::string& name);

/// One source of a configuration.
struct LoadedSource {
  std::string diagnostics;
  std::shared_ptr<Source> source;  ///< Null when something is wrong.
  SourceSettings settings;
  std::string folder;  ///< Where its kpid.yaml is.
};

/// `yaml` stands below `sources: {s:`; KEY_FILE in it becomes the path of a service account's key.
LoadedSource load_source(const std::string& yaml, const std::string& name = "s");

/// Answers as recorded: by method, address and body. What was not recorded is answered 404 and kept in `unexpected`.
class Player {
 public:
  explicit Player(const Recording& recording) : recording_(recording) {}

  Result<HttpResponse> operator()(const HttpRequest& request);

  std::vector<std::string> unexpected;

 private:
  const Recording& recording_;
};

/// "visits 2026-11-20 country=SE 12", a line for each sample.
std::vector<std::string> samples_text(const Poll& poll, const SourceSettings& settings);

/// What a source is asked at the host's time.
PollRequest request_at(const FakeHost& host, const std::string& cursor = "");

HttpResponse answer_of(std::string body,
                       int status = 200,
                       std::vector<std::pair<std::string, std::string>> headers = {});

/// A source that reads its last two days again: "data" has records of a date and "n", the visits.
inline constexpr const char* kVisits = R"(plugin: http
window: {lookback_days: 2, first_days: 3}
request: {url: "https://api.example.com/v1/visits", query: {from: "{{window.start}}", to: "{{window.end}}"}}
rows: {kind: records, path: /data}
metrics: {visits: {column: n}})";

/// The whole poll as lines: an error, or samples and then problems.
std::string poll_text(const Result<Poll>& poll, const SourceSettings& settings);

}  // namespace kpi::test
