#pragma once
// The contract between the daemon and the code that knows one kind of source. A plugin is one pair of files and one row
// in registry.cpp. It receives typed settings and never sees YAML, a thread, a clock or the history.

#include "plugins/http.hpp"
#include "plugins/option_tree.hpp"
#include "rules/base/calendar.hpp"
#include "rules/base/diagnostic.hpp"
#include "rules/base/result.hpp"
#include "rules/base/secret.hpp"
#include "rules/model/sample.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi {

class CredentialDesk;

/// One key that a plugin understands. The daemon reads and checks it, with its position, and `kpid plugins` prints it.
struct OptionSpec {
  enum class Type : std::uint8_t {
    kText,
    kPath,
    kChoice,
    kNumber,
    kFlag,
    kDuration,  ///< OptionValue::text is it in milliseconds.
    kList,      ///< OptionValue::items; one scalar alone is a list of one.
    kSecret,    ///< OptionValue::secret, from `${env:…}`, `${file:…}` or `${credential:…}`; a literal is warned of.
    kTree,      ///< OptionValue::tree: a structure that the plugin reads itself.
  };

  std::string key;  ///< "path"; for a key inside a map "date.format".
  Type type = Type::kText;
  bool required = false;
  std::string fallback;              ///< The default, as it would be written.
  std::vector<std::string> choices;  ///< For kChoice.
  std::string help;                  ///< One sentence.
};

/// One option as given (or its default), and where it stands in the file.
struct OptionValue {
  std::string text;
  Position position;
  bool given = false;                ///< False: it is the default.
  std::vector<std::string> items{};  ///< Of a list.
  Secret secret{};
  std::shared_ptr<const OptionTree> tree{};  ///< Null when not given.
};

using OptionValues = std::map<std::string, OptionValue, std::less<>>;

/// One metric of a source: what the daemon knows, and the plugin's own keys for it ("column").
struct SourceMetric {
  std::string name;  ///< Without the source: "visitors".
  MetricKind kind = MetricKind::kFlow;
  double scale = 1;            ///< The delivered number times this is the value (`scale: percent` is 0.01).
  bool has_own_total = false;  ///< Its labels do not combine (`across: none`): rows without labels are its total.
  OptionValues options;
  Position position;
};

/// A label of a source and where its value comes from ("Country", a column); `rename` makes values equal between
/// sources.
struct SourceLabel {
  std::string name;
  std::string column;
  std::map<std::string, std::string> rename;
  Position position;
};

/// Everything a plugin is told about the source it is to read.
struct SourceSettings {
  std::string name;
  Grain grain;
  Zone zone;
  CalendarRules calendar;
  Span settle;  ///< How long after its end a period may be restated: it is read again until then.
  /// A folder for what the source must not lose (see Host::keep); empty: nothing is kept.
  std::string state_folder;
  OptionValues options;
  std::vector<SourceMetric> metrics;
  std::vector<SourceLabel> labels;
  Position position;
};

/// Whether a row whose labels are all empty is the total of some metric.
inline bool takes_totals(const SourceSettings& settings) {
  return std::ranges::any_of(settings.metrics, &SourceMetric::has_own_total);
}

/// A program to run: without a shell, in a process group of its own, with nothing of the daemon's environment but what
/// is named here.
struct ProcessRequest {
  std::vector<std::string> command;  ///< The program (a path, or a name in the usual folders) and its arguments.
  std::vector<std::pair<std::string, std::string>> environment{};
  std::vector<std::string> passed{};  ///< Names of variables that are passed on from the daemon's environment.
  std::string input{};                ///< What it reads on its standard input.
  std::string folder{};               ///< Where it runs; empty: in /.
  /// Besides the system's folders, its own, those of its script and where it runs; where the kernel has Landlock.
  std::vector<std::string> readable{};
  std::vector<std::string> writable{};
  bool sees_all = false;  ///< Reads and writes whatever the user may: the two above say nothing then.
  std::chrono::milliseconds timeout{30'000};  ///< Then it is asked to end (SIGTERM), a second later it is killed.
  std::size_t max_output = 1U << 20U;         ///< Of either stream.
  std::size_t max_memory = std::size_t{1} << 30U;
  std::size_t max_processes = 512;  ///< At once.
};

/// How a program ended.
struct ProcessResult {
  int code = 0;    ///< What it exited with; 128 and the signal when one ended it.
  int signal = 0;  ///< 0: it exited.
  std::string output;
  std::string errors;
};

/// What the outside world looks like to a plugin. Implemented in daemon/os and by fakes in tests.
class Host {
 public:
  Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  Host(Host&&) = delete;
  Host& operator=(Host&&) = delete;
  virtual ~Host();

  /// A stable read of a whole file: opened once, refused when larger than `limit` bytes. `version` names what was read
  /// (device, inode, size, times), so that a source can tell "unchanged"; `modified` is when it was last written, where
  /// that is known.
  struct File {
    std::string text;
    std::string version;
    std::optional<Instant> modified{};
  };

  virtual Result<File> read_file(const std::string& path, std::size_t limit) = 0;
  /// The same `version` without reading the text.
  virtual Result<std::string> file_version(const std::string& path) = 0;

  /// The regular files of a folder whose names fit `pattern` (in which * stands for anything), in the order of their
  /// names. kInvalid: more than `most`.
  virtual Result<std::vector<std::string>> list_files(const std::string& folder,
                                                      const std::string& pattern,
                                                      std::size_t most);

  /// Runs a program and all it starts to the end: nothing of it is left behind. kInvalid: it cannot be started, or
  /// writes more than it may; kTimeout; kStopped.
  virtual Result<ProcessResult> run(const ProcessRequest& request, const std::stop_token& stop);

  /// The network. By default it cannot be reached.
  virtual HttpClient& http();
  /// The wall clock, for tokens and limits of the other side: PollRequest::now may be another time.
  virtual Instant now();
  /// Returns when the time has passed. kStopped: `stop` was requested before.
  virtual Result<void> wait(std::chrono::milliseconds time, const std::stop_token& stop);
  /// The RSASSA-PKCS1-v1_5 signature with SHA-256 of `text`, as bytes. kInvalid: no PEM private key for RSA.
  virtual Result<std::string> sign_rs256(const Secret& key, std::string_view text);
  /// The SHA-256 digest of the public half of such a key in its DER form, as bytes.
  virtual Result<std::string> public_key_digest(const Secret& key);
  virtual Result<std::string> hmac_sha256(const Secret& key, std::string_view text);
  /// What keep() wrote; empty when there is nothing.
  virtual Result<std::string> kept(const std::string& folder, const std::string& name);
  /// Replaces a file that only this user may read, safe against a crash at any moment.
  virtual Result<void> keep(const std::string& folder, const std::string& name, std::string_view text);

  /// What the sources of this host share about their credentials.
  CredentialDesk& credentials() { return *credentials_; }

 private:
  std::unique_ptr<CredentialDesk> credentials_;
};

/// A value that a person has entered (`kpid enter`).
struct EnteredValue {
  std::uint32_t metric = 0;  ///< Index into SourceSettings::metrics.
  Labels labels;
  Slot slot;
  double value = 0;  ///< NaN: withdrawn.
};

/// What one poll asks for.
struct PollRequest {
  Instant now;
  /// What the last successful poll returned as its cursor; empty on the first poll and when everything is wanted again.
  std::string cursor;
  /// Samples of earlier slots are not wanted (`since`); nothing: everything.
  std::optional<Slot> from;
  /// What was read from here on is wanted again, beside what the cursor asks for; of sources that reads_anew().
  std::optional<Slot> anew_from{};
  /// What people have entered for this source; of each series and period the last.
  std::vector<EnteredValue> entered{};
};

/// One series in a poll: the metric (an index into SourceSettings::metrics) and the labels of its rows.
struct PolledSeries {
  std::uint32_t metric = 0;
  Labels labels;
};

struct PolledSample {
  std::uint32_t series = 0;  ///< Index into Poll::series.
  Slot slot;
  double value = 0;  ///< NaN: delivered as null, empty or NaN.
};

/// A row or cell that could not be used: everything else still counts.
struct RowProblem {
  std::string where;  ///< "visitors.csv:17:3"
  std::string message;

  bool operator==(const RowProblem&) const = default;
};

/// What one poll brought. Within one series each slot occurs once (a flow's rows of one slot are added up by the
/// plugin; for any other kind a second row is a RowProblem and the first one counts).
struct Poll {
  bool unchanged = false;  ///< Nothing has changed since `cursor`: no samples are given, all known ones still stand.
  std::vector<PolledSeries> series;
  std::vector<PolledSample> samples;
  std::vector<RowProblem> problems;  ///< At most 100; `problem_count` has the true number.
  std::size_t problem_count = 0;
  std::string cursor;
  std::vector<std::string> remarks{};  ///< For people who look at a poll: quota left, sampled data.
  bool has_more = false;               ///< It did not come to now: the next poll goes on from there.
  bool is_partial = false;  ///< The other side says that it left something out: what has no row may have one.
  /// What ended the poll before it had all: what came before counts, and the source has failed.
  std::optional<Error> broken_off{};
  /// Of each of a metric's periods from here on that it has rows of, it has all: what a series has no row of there is
  /// not there any more. Nothing: rows may come one by one.
  std::optional<Slot> whole_from{};
  /// Between its first row and here, a period without any row has none: it was asked for. Nothing: that is not known.
  /// Where it lies before the period that runs, the source counts as read until here, else until now.
  std::optional<Slot> whole_until{};
};

/// One configured source. poll() is called by one thread at a time, from a pool thread; it may block, honours `stop`
/// within a second, and keeps nothing that a restart must not lose.
class Source {
 public:
  virtual ~Source() = default;
  /// kInvalid: the input or configuration is wrong; kUnavailable, kTimeout: try later.
  virtual Result<Poll> poll(const PollRequest& request, Host& host, const std::stop_token& stop) = 0;

  /// Whether PollRequest::anew_from is heeded; who does not is asked without a cursor instead.
  [[nodiscard]] virtual bool reads_anew() const { return false; }
};

/// What a kind of source says about itself where the configuration says nothing.
struct SourceDefaults {
  std::optional<Span> settle;
  std::optional<Missing> missing;
  std::optional<Zone> zone;
  std::optional<Grain> grain;
  std::optional<std::chrono::milliseconds> every;
};

/// One kind of source: a row of the registry.
struct Plugin {
  std::string name;
  std::string help;  ///< One sentence.
  std::vector<OptionSpec> options;
  std::vector<OptionSpec> metric_options;
  bool is_entered = false;  ///< Its values come from people (`kpid enter`), not from elsewhere.
  bool is_whole = false;    ///< Each poll brings all there is: what it no longer brings was taken out.
  /// Checks what the option table cannot say and builds the source; null when something was reported.
  std::function<std::unique_ptr<Source>(const SourceSettings&, Diagnostics&)> create;
  std::function<SourceDefaults(const OptionValues&)> defaults{};  ///< Empty: none.
  /// Holds settings from which a source was built against the data that is there, and warns where they do not fit: for
  /// `kpid check`. Empty: only a poll can tell, because others would have to be asked.
  std::function<void(const SourceSettings&, Host&, Diagnostics&)> look{};
};

/// Every plugin that is built in, by name.
std::span<const Plugin> plugins();
const Plugin* find_plugin(std::string_view name);

}  // namespace kpi
