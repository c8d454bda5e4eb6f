#pragma once
// What one http source does, read from YAML once and never changed: the preset language as plain structs. The language
// itself is in plugins/README.md. Immutable; any thread.

#include "plugins/date_format.hpp"
#include "plugins/http/condition.hpp"
#include "plugins/http/json_select.hpp"
#include "plugins/http/wait_time.hpp"
#include "plugins/http/window.hpp"
#include "plugins/network.hpp"
#include "plugins/number_format.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kpi {

/// A request before its variables are filled in. The pieces belong to HttpPlan::trees.
struct RequestPlan {
  enum class Body : std::uint8_t { kNone, kJson, kForm, kText };

  std::string method = "GET";
  const OptionTree* url = nullptr;
  const OptionTree* query = nullptr;
  const OptionTree* headers = nullptr;
  const OptionTree* body = nullptr;
  Body body_kind = Body::kNone;
};

struct AuthPlan {
  enum class Type : std::uint8_t {
    kNone,
    kHeader,
    kBearer,
    kQuery,
    kBody,
    kBasic,
    kAwsSigv4,
    kRefresh,
    kClientCredentials,
    kJwtBearer,
    kJwtDirect,
    kSession,
  };

  Type type = Type::kNone;
  std::map<std::string, const OptionTree*, std::less<>> texts;  ///< "token_url", "client_id", …
  const OptionTree* claims = nullptr;                           ///< Of a JWT, beside the usual ones.
  bool in_basic = false;  ///< The client's id and secret go into the Authorization header.
  std::string header = "authorization";
  std::string prefix = "Bearer ";
  RequestPlan login;
  JsonSelect token;
  std::map<std::string, JsonSelect> exports;  ///< Values of the token's answer: {{auth.NAME}}.
  std::chrono::milliseconds lifetime{0};      ///< Of a session, or of a signed token; 0: until it is refused.

  /// Whether a token is fetched first.
  [[nodiscard]] bool has_token() const { return type >= Type::kRefresh && type != Type::kJwtDirect; }

  [[nodiscard]] const OptionTree* find(std::string_view name) const;
};

enum class OutcomeKind : std::uint8_t { kOk, kEmpty, kPartial, kRetry, kRateLimited, kReauth, kQuota, kConfigError };

struct OutcomeRule {
  Condition when;
  OutcomeKind then = OutcomeKind::kOk;
  std::string note;
  std::vector<JsonSelect> said;  ///< What the answer says there is the note.
  std::vector<WaitRule> wait;
};

/// One call of a poll; the answer of the last one holds the rows.
struct StepPlan {
  RequestPlan request;
  std::map<std::string, JsonSelect> captures;  ///< {{NAME}} in what follows.
  std::optional<Condition> until;              ///< Asked again until it holds.
  std::optional<Condition> fail;               ///< It never will.
  std::optional<Condition> unless;             ///< Of the answer before: this step is not needed.
  std::chrono::milliseconds interval{2'000};
  std::chrono::milliseconds timeout{300'000};
  std::optional<RequestPlan> cancel;
};

struct PagePlan {
  enum class Kind : std::uint8_t { kNone, kOffset, kPage, kCursor, kNextUrl, kLinkHeader, kLastId, kPartition };

  /// Where a value goes: "query:after", "body:/offset", "graphql:cursor", "form:page".
  struct Place {
    enum class In : std::uint8_t { kNowhere, kQuery, kBody, kForm };
    In in = In::kNowhere;
    std::string name;
  };

  Kind kind = Kind::kNone;
  Place at;
  Place size_at;
  std::int64_t size = 0;
  std::int64_t start = 0;
  std::int64_t max_pages = 1000;
  std::optional<JsonSelect> total;
  std::optional<JsonSelect> from;   ///< The cursor, the address or the list of partitions.
  std::optional<JsonSelect> more;   ///< A flag: whether there is another page.
  std::optional<JsonSelect> list;   ///< What is counted, where rows.path leaves some out.
  JsonSelect id;                    ///< Of a row.
  std::optional<RequestPlan> next;  ///< For every page but the first; {{page}} is the cursor.
};

struct DecodePlan {
  enum class Kind : std::uint8_t { kJson, kChunks, kLines, kCsv, kText };

  Kind kind = Kind::kJson;
  std::optional<JsonSelect> chunk;  ///< Of chunks: the list within each that is put together.
  char delimiter = ',';
  /// Of texts.
  NumberFormat numbers{.comma_is_doubtful = true, .is_fixed = true, .decimal_place = "decode"};
  bool has_header = true;
  std::string comment;  ///< Lines that begin with it are left out.
};

struct DatePlan {
  enum class Form : std::uint8_t {
    kText,
    kSeconds,
    kMilliseconds,
    kMicroseconds,
    kSerial,
    kEpochDays,
    kParts,
    kWindow
  };

  Form form = Form::kText;
  JsonSelect field;
  bool has_field = false;
  DateFormat format;
  bool only_day = false;  ///< The day as it is written; a time and an offset behind it do not matter.
  Span shift;
  std::vector<JsonSelect> parts;  ///< Year, month, day.
};

struct RowPlan {
  enum class Kind : std::uint8_t { kRecords, kScalar, kZip, kEntries, kPairs, kPick };
  enum class Group : std::uint8_t { kSum, kCount, kLast, kMax, kAverage };

  Kind kind = Kind::kRecords;
  JsonSelect path;                    ///< Where the rows stand.
  const OptionTree* names = nullptr;  ///< Of zip: paths to names, or names.
  bool names_in_first_row = false;
  std::vector<JsonSelect> cells;     ///< Of zip: the values in a row; none: the row is the list.
  std::int64_t levels = 1;           ///< Of entries: 2 is series, then date.
  std::optional<JsonSelect> labels;  ///< Of pairs.
  JsonSelect list;                   ///< Of pick, and of pairs.
  JsonSelect name;                   ///< Of pick: an element's name.
  JsonSelect value;                  ///< Of pick and entries: an element's value.
  DatePlan date;
  const OptionTree* value_field = nullptr;            ///< The field of the one metric.
  std::map<std::string, double, std::less<>> scales;  ///< By field_key().
  std::vector<std::string> minor_units;               ///< Keys of fields in the currency's smallest coin.
  std::optional<JsonSelect> currency;
  Group group = Group::kSum;
  bool is_camel_case = false;              ///< The answer names fields costMicros that requests name cost_micros.
  bool fills_zero = false;                 ///< `missing: zero`: a period without a row is none that has not come.
  std::optional<JsonSelect> final_before;  ///< A date in the answer: rows from it on are not final.
  std::optional<std::string> header;       ///< Of scalar: a header of the answer is the value.
};

/// One name of a field, whichever way its path is written: "/a/b" is "a.b".
std::string field_key(std::string_view field);

struct BudgetPlan {
  std::int64_t concurrency = 0;  ///< 0: as `connections` says.
  std::int64_t requests = 0;     ///< 0: no limit.
  std::chrono::milliseconds per{60'000};
  const OptionTree* of = nullptr;  ///< What the other side counts by beside the credential; null: by that alone.
};

struct HttpPlan {
  SourceSettings settings;
  NetworkSettings network;
  std::vector<std::shared_ptr<const OptionTree>> trees;  ///< What the pointers above point into.
  std::map<std::string, Json, std::less<>> values;       ///< Parameters, by name.
  std::string origin;                                    ///< Of messages: the preset's name, or "http".
  AuthPlan auth;
  WindowPlan window;
  std::vector<StepPlan> steps;  ///< At least one.
  PagePlan pages;
  DecodePlan decode;
  RowPlan rows;
  std::vector<OutcomeRule> outcomes;
  std::vector<WaitRule> waits;
  BudgetPlan budget;
  std::map<std::string, JsonSelect> gauges;
  std::size_t max_body = std::size_t{8} << 20U;
  bool per_metric = false;  ///< One call for each metric.
  bool has_window = false;  ///< Some request names the window; without it, every answer holds everything.

  /// A metric's field in a row.
  [[nodiscard]] const std::string& field_of(const SourceMetric& metric) const;
};

/// The trees of a source: the preset's keys and what the source itself writes. Null when something was reported.
struct HttpKeys {
  const OptionTree* auth = nullptr;
  const OptionTree* window = nullptr;
  const OptionTree* request = nullptr;
  const OptionTree* steps = nullptr;
  const OptionTree* paginate = nullptr;
  const OptionTree* decode = nullptr;
  const OptionTree* rows = nullptr;
  const OptionTree* outcome = nullptr;
  const OptionTree* wait = nullptr;
  const OptionTree* budget = nullptr;
  const OptionTree* gauges = nullptr;
  const OptionTree* fan_out = nullptr;
  Position position;  ///< Of the whole.
};

/// Reads everything into `plan`, whose settings, values and trees are set; reports what is wrong.
void read_plan(const HttpKeys& keys, HttpPlan& plan, Diagnostics& diagnostics);

// Pieces of read_plan(), each in a file of its own.
RequestPlan read_request(const OptionTree& node, const std::string& where, Diagnostics& diagnostics);
AuthPlan read_auth(const OptionTree& node, Diagnostics& diagnostics);
RowPlan read_rows(const OptionTree& node, const HttpPlan& plan, Diagnostics& diagnostics);
PagePlan read_pages(const OptionTree& node, Diagnostics& diagnostics);

}  // namespace kpi
