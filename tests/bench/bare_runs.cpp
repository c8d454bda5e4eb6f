#include "tests/bench/bare_runs.hpp"

#include "daemon/engine/engine.hpp"
#include "daemon/os/files.hpp"
#include "daemon/store/sqlite_store.hpp"
#include "tests/bench/bare_sqlite.hpp"
#include "tests/bench/day.hpp"
#include "tests/bench/worlds.hpp"

#include <csv.h>
#include <yaml-cpp/yaml.h>
#include <yaml.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace kpi::bench {
namespace {

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(std::filesystem::file_size(path), '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  return text;
}

std::vector<std::string> yaml_texts(const std::string& dir) {
  std::vector<std::string> texts{read_whole(dir + "/kpid.yaml")};
  for (const auto& file : std::filesystem::directory_iterator(dir + "/rules")) {
    texts.push_back(read_whole(file.path()));
  }
  return texts;
}

void count_cell(void* /*text*/, std::size_t size, void* bytes) {
  *static_cast<std::size_t*>(bytes) += size;
}

void count_row(int /*end*/, void* /*bytes*/) {}

std::size_t libyaml_scalars(const std::string& text) {
  yaml_parser_t parser{};
  yaml_parser_initialize(&parser);
  yaml_parser_set_input_string(&parser, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  std::size_t scalars = 0;
  for (bool goes_on = true; goes_on;) {
    yaml_event_t event{};
    if (yaml_parser_parse(&parser, &event) == 0) {
      throw std::runtime_error("libyaml refuses the rules");
    }
    scalars += event.type == YAML_SCALAR_EVENT ? 1 : 0;
    goes_on = event.type != YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
  }
  yaml_parser_delete(&parser);
  return scalars;
}

/// A store that keeps what it is to commit, and the history behind it until then.
class KeepingStore final : public Store {
 public:
  explicit KeepingStore(std::unique_ptr<Store> history) : history_(std::move(history)) {}

  Result<StoredState> load() override { return history_->load(); }

  Result<void> commit(const StepCommit& step) override {
    last_ = step;
    return {};
  }

  Result<void> samples(Slot from,
                       Slot to,
                       const std::vector<std::uint32_t>& series,
                       const std::function<void(const SampleRow&)>& row) override {
    return history_->samples(from, to, series, row);
  }

  Result<void> verdicts(Slot from,
                        Slot to,
                        std::uint32_t line,
                        const std::function<void(const VerdictRow&)>& row) override {
    return history_->verdicts(from, to, line, row);
  }

  /// The file is the caller's from here on.
  void close() { history_.reset(); }

  [[nodiscard]] const StepCommit& last() const { return last_; }

 private:
  std::unique_ptr<Store> history_;
  StepCommit last_;
};

}  // namespace

Figures bare_csv(const std::string& dir) {
  Figures figures;
  const Stopwatch watch;
  const std::string text = read_whole(dir + "/data.csv");
  std::size_t bytes = 0;
  csv_parser parser{};
  csv_init(&parser, 0);
  if (csv_parse(&parser, text.data(), text.size(), count_cell, count_row, &bytes) != text.size()) {
    throw std::runtime_error("libcsv refuses the data");
  }
  csv_fini(&parser, count_cell, count_row, &bytes);
  csv_free(&parser);
  figures.add("parse", watch.read());
  figures.fact("mb", static_cast<double>(text.size()) / 1e6);
  figures.fact("cell_bytes", static_cast<double>(bytes));
  return figures;
}

Figures bare_insert(const std::string& dir) {
  const auto config = load_world(dir);
  FileHost host;
  const std::int64_t known_at = 0;
  const Poll poll = must(config->sources[0].source->poll({Instant{}, "", std::nullopt}, host, {}));
  BareDatabase db(config->history);
  db.run(
      "CREATE TABLE sample(slot INTEGER NOT NULL, series_id INTEGER NOT NULL, value REAL, known_at INTEGER NOT NULL, "
      "PRIMARY KEY(slot, series_id)) STRICT, WITHOUT ROWID");
  BareStatement insert(db.get(), "INSERT INTO sample VALUES(?, ?, ?, ?)");
  Figures figures;
  const Stopwatch watch;
  db.run("BEGIN");
  for (const PolledSample& sample : poll.samples) {
    insert.run(sample.slot.ms, std::int64_t{sample.series}, sample.value, known_at);
  }
  db.run("COMMIT");
  figures.add("insert", watch.read());
  figures.fact("samples", static_cast<double>(poll.samples.size()));
  return figures;
}

Figures bare_yaml_cpp(const std::string& dir) {
  Figures figures;
  const Stopwatch watch;
  std::size_t maps = 0;
  std::vector<YAML::Node> trees;  // kept, as ours is
  for (const std::string& text : yaml_texts(dir)) {
    trees.push_back(YAML::Load(text));
    maps += trees.back().size();
  }
  figures.add("load", watch.read());
  figures.fact("maps", static_cast<double>(maps));
  return figures;
}

Figures bare_libyaml(const std::string& dir) {
  Figures figures;
  const Stopwatch watch;
  std::size_t scalars = 0;
  std::size_t bytes = 0;
  for (const std::string& text : yaml_texts(dir)) {
    scalars += libyaml_scalars(text);
    bytes += text.size();
  }
  figures.add("load", watch.read());
  figures.fact("scalars", static_cast<double>(scalars));
  figures.fact("mb", static_cast<double>(bytes) / 1e6);
  return figures;
}

Figures bare_day(const std::string& dir) {
  const auto config = load_world(dir);
  KeepingStore store(must(open_sqlite_store(config->history)));
  Engine engine(config, store);
  must(engine.restore(Instant{}));
  store.close();
  BareDatabase db(config->history);
  BareWriter writer(db);
  const Extent extent = extent_of(engine);
  Figures figures;
  double verdicts = 0;
  Day(engine, extent.kpis).run(extent.days, [&](const auto& kind, const auto& prepare, Instant now) {
    prepare();
    must(engine.step(now));
    verdicts += static_cast<double>(store.last().verdicts.size());
    const Stopwatch watch;
    writer.commit(store.last());
    figures.add(kind, watch.read());
  });
  figures.fact("judged", verdicts);
  return figures;
}

Figures bare_history(const std::string& dir) {
  Figures figures;
  const Stopwatch watch;
  BareDatabase db(dir + "/history.db");
  double sum = 0;
  double rows = 0;
  BareStatement samples(db.get(), "SELECT slot, series_id, value FROM sample ORDER BY slot, series_id");
  samples.each([&](sqlite3_stmt* row) {
    sum += static_cast<double>(sqlite3_column_int64(row, 0) + sqlite3_column_int64(row, 1)) +
           sqlite3_column_double(row, 2);
    ++rows;
  });
  BareStatement verdicts(db.get(), "SELECT * FROM ledger ORDER BY slot, line_id");
  verdicts.each([&](sqlite3_stmt* row) {
    for (int column = 0; column < sqlite3_column_count(row); ++column) {
      sum += sqlite3_column_double(row, column);
    }
    ++rows;
  });
  figures.add("restore", watch.read());
  figures.fact("rows", rows);
  figures.fact("sum", sum);
  return figures;
}

}  // namespace kpi::bench
