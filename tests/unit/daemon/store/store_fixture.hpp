#pragma once
// What the tests of the store share: a directory of their own, steps to commit, rows as text to compare.

#include "daemon/store/sqlite_store.hpp"
#include "rules/base/text.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <grp.h>
#include <limits>
#include <string>
#include <vector>

namespace kpi::test {

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
inline constexpr Slot kBeginning{std::numeric_limits<std::int64_t>::min()};
inline constexpr Slot kEnd{std::numeric_limits<std::int64_t>::max()};

/// A directory that is gone at the end of the test; other users may look into it.
class TempDir {
 public:
  TempDir() {
    std::string name = testing::TempDir() + "/kpid-store-XXXXXX";
    path_ = std::filesystem::canonical(::mkdtemp(name.data())).string();
    using std::filesystem::perms;
    std::filesystem::permissions(path_,
                                 perms::group_read | perms::group_exec | perms::others_read | perms::others_exec,
                                 std::filesystem::perm_options::add);
  }

  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  TempDir(TempDir&&) = delete;
  TempDir& operator=(TempDir&&) = delete;

  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline Slot day(int number) {
  return {number * kDayMs};
}

/// Six in the morning of a day.
inline Instant morning(int number) {
  return Instant(Duration((number * kDayMs) + 21'600'000));
}

inline Period period_of_day(int number) {
  return {Instant(Duration(number * kDayMs)), Instant(Duration((number + 1) * kDayMs))};
}

inline VerdictRow verdict_of(std::uint32_t line, int number, double value) {
  VerdictRow row;
  row.line = line;
  row.slot = day(number);
  row.period = period_of_day(number);
  row.value = value;
  row.limit = 0.5;
  row.verdict = value < 0.5 ? Verdict::kMissed : Verdict::kMet;
  row.goal = kNan;
  row.expected = kNan;
  return row;
}

inline NotificationRow message_of(const std::string& id, Instant created) {
  NotificationRow row;
  row.id = id;
  row.channel = "ops";
  row.type = "alert.firing";
  row.created = created;
  row.body = R"({"type":"alert.firing"})";
  return row;
}

inline std::string text_of(const std::optional<Instant>& instant) {
  return instant ? rfc3339(*instant) : "-";
}

inline std::string text_of(const SampleRow& row) {
  return fmt::format("{} series {} = {}", rfc3339(Instant(Duration(row.slot.ms))), row.series, number_text(row.value));
}

inline std::string text_of(const VerdictRow& row) {
  return fmt::format("{} line {} {}..{} {} limit {} {} {} {} {} goal {} expected {} {} episode '{}' rule {}",
                     rfc3339(Instant(Duration(row.slot.ms))),
                     row.line,
                     rfc3339(row.period.start),
                     rfc3339(row.period.end),
                     number_text(row.value),
                     number_text(row.limit),
                     name_of(row.verdict),
                     name_of(row.severity),
                     name_of(row.state),
                     name_of(row.reason),
                     number_text(row.goal),
                     number_text(row.expected),
                     name_of(row.target_status),
                     row.episode,
                     row.rule_version);
}

inline std::string text_of(const StatusRow& row) {
  return fmt::format("line {} {} {}..{} {} {} {} {} {} since {} target '{}'",
                     row.line,
                     rfc3339(Instant(Duration(row.slot.ms))),
                     rfc3339(row.period.start),
                     rfc3339(row.period.end),
                     number_text(row.value),
                     name_of(row.verdict),
                     name_of(row.state),
                     name_of(row.severity),
                     name_of(row.reason),
                     text_of(row.since),
                     row.target);
}

template <class Row>
std::vector<std::string> texts_of(const std::vector<Row>& rows) {
  std::vector<std::string> texts;
  for (const Row& row : rows) {
    texts.push_back(text_of(row));
  }
  return texts;
}

inline std::vector<std::string> samples_of(Store& store,
                                           Slot from = kBeginning,
                                           Slot to = kEnd,
                                           const std::vector<std::uint32_t>& series = {}) {
  std::vector<std::string> texts;
  const Result<void> read =
      store.samples(from, to, series, [&](const SampleRow& row) { texts.push_back(text_of(row)); });
  EXPECT_TRUE(read) << read.error().message;
  return texts;
}

inline std::vector<std::string> verdicts_of(Store& store,
                                            Slot from = kBeginning,
                                            Slot to = kEnd,
                                            std::uint32_t line = 0) {
  std::vector<std::string> texts;
  const Result<void> read =
      store.verdicts(from, to, line, [&](const VerdictRow& row) { texts.push_back(text_of(row)); });
  EXPECT_TRUE(read) << read.error().message;
  return texts;
}

inline void expect_committed(Store& store, const StepCommit& step) {
  const Result<void> done = store.commit(step);
  ASSERT_TRUE(done) << done.error().message;
}

inline StoredState state_of(Store& store) {
  Result<StoredState> state = store.load();
  EXPECT_TRUE(state) << state.error().message;
  return state ? *std::move(state) : StoredState{};
}

inline std::unique_ptr<Store> opened(const std::string& path, const SqliteStoreOptions& options = {}) {
  Result<std::unique_ptr<Store>> store = open_sqlite_store(path, options);
  EXPECT_TRUE(store) << store.error().message;
  return store ? *std::move(store) : nullptr;
}

/// A step with one series, one line and their rule: what other rows refer to.
inline StepCommit first_step() {
  StepCommit step;
  step.now = morning(1);
  step.series = {{1, "web.visits", {{"country", "SE"}}}};
  step.lines = {{1, "conversion_rate", {}}};
  step.rule_versions = {{1, "conversion_rate", "00000000000000aa", "value: orders / visits"}};
  return step;
}

/// The rows of a query, columns separated by '|', as the sqlite3 shell prints them.
inline std::vector<std::string> query(const std::string& path, const std::string& sql) {
  const SQLite::Database db(path, SQLite::OPEN_READONLY);
  SQLite::Statement statement(db, sql);
  std::vector<std::string> rows;
  while (statement.executeStep()) {
    std::string row;
    for (int column = 0; column < statement.getColumnCount(); ++column) {
      row += (column == 0 ? "" : "|") + statement.getColumn(column).getString();
    }
    rows.push_back(row);
  }
  return rows;
}

/// Takes root's privileges from this process for good; true when it has none (left).
inline bool drop_privileges() {
  return ::geteuid() != 0 || (::setgroups(0, nullptr) == 0 && ::setgid(65534) == 0 && ::setuid(65534) == 0);
}

/// Everything that comes out of a descriptor.
inline std::string text_from(int fd) {
  std::string text;
  std::array<char, 512> buffer{};
  for (ssize_t size = 0; (size = ::read(fd, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return text;
}

/// Runs `body` in a child process (as the user nobody when the test runs as root) and returns the text it gives.
inline std::string in_child(const std::function<std::string()>& body, bool as_nobody = false) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string text = as_nobody && !drop_privileges() ? "privileges cannot be dropped" : body();
    ::_exit(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text = text_from(ends[0]);
  ::close(ends[0]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << text;
  return text;
}

/// Runs SQL on the file, whoever has it.
inline void execute(const std::string& path, const std::string& sql) {
  SQLite::Database db(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  db.exec(sql);
}

/// The whole error of opening `path`; a text that says so when it opened.
inline std::string refusal_to_open(const std::string& path) {
  const Result<std::unique_ptr<Store>> store = open_sqlite_store(path);
  return store ? "it opened" : store.error().message;
}

inline void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// Pages are numbered from 1.
inline void overwrite_page(const std::string& path, long page) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp((page - 1) * 4096);
  file << std::string(4096, '\x5a');
}

}  // namespace kpi::test
