#include "rules/forecast/forecast.hpp"

#include "daemon/cli/series_file.hpp"
#include "daemon/cli/verbs.hpp"
#include "rules/base/text.hpp"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <thread>
#include <unordered_map>
#include <utility>

namespace kpi {
namespace {

using forecast::Forecaster;

/// So many series are forecast together, by all cores.
constexpr std::size_t kBatch = 256;
constexpr int kLongestPeriod = 100000;

struct Wish {
  std::size_t horizon = 0;
  std::vector<int> periods;
  std::vector<double> levels;  ///< In percent.
  std::string level_names;     ///< The columns of the levels.
};

struct SeriesRow {
  std::string id;
  std::vector<double> values;
};

/// One line of a goals file.
struct GoalRow {
  std::vector<std::string> cells;
  std::size_t step = 0;
  double goal = 0;
  bool is_higher = true;
  double probability = std::nan("");
};

using GoalsById = std::unordered_map<std::string, std::vector<GoalRow*>>;

/// "80,95" as numbers between the bounds.
std::optional<std::vector<double>> numbers_of(const std::string& text, double least, double most) {
  std::vector<double> numbers;
  for (const std::string_view part : split(text, ',')) {
    const auto number = parse_number(trim(part));
    if (!number || *number < least || *number > most) {
      return std::nullopt;
    }
    numbers.push_back(*number);
  }
  return numbers;
}

Result<Wish> read_wish(const Arguments& arguments) {
  Wish wish;
  const auto horizon = numbers_of(arguments.text("horizon", "0"), 0, static_cast<double>(forecast::kFarthest));
  if (!horizon || horizon->size() != 1 || horizon->front() != std::floor(horizon->front()) ||
      (arguments.has("horizon") && horizon->front() < 1)) {
    return fail(ErrorKind::kInvalid,
                "--horizon takes a whole number of steps from 1 to " + std::to_string(forecast::kFarthest));
  }
  wish.horizon = static_cast<std::size_t>(horizon->front());
  if (wish.horizon == 0 && !arguments.has("goals")) {
    return fail(ErrorKind::kInvalid, "--horizon is missing: how many steps ahead?");
  }
  if (arguments.has("period")) {
    const auto periods = numbers_of(arguments.text("period"), 1, kLongestPeriod);
    if (!periods || periods->size() > 2) {
      return fail(ErrorKind::kInvalid,
                  "--period takes one or two numbers of values in a season: 12, or 24,168; 1 is none");
    }
    wish.periods.assign(periods->begin(), periods->end());
  }
  const auto levels = numbers_of(arguments.text("level", "80,95"), 1, 99.9);
  if (!levels) {
    return fail(ErrorKind::kInvalid, "--level takes numbers between 1 and 99.9: 80,95");
  }
  wish.levels = *levels;
  for (const double level : wish.levels) {
    if (std::ranges::count(wish.levels, level) > 1) {
      return fail(ErrorKind::kInvalid, "--level names " + number_text(level) + " twice");
    }
    const std::string name = number_text(level);
    wish.level_names += ",lower" + name + ",upper" + name;
  }
  return wish;
}

std::string rows_of(const SeriesRow& row, const forecast::Forecast& answer, const Wish& wish) {
  std::string text;
  const std::string id = echoed_cell(row.id);
  for (std::size_t step = 1; step <= wish.horizon; ++step) {
    text += id + "," + std::to_string(step) + ",";
    if (answer.lack != forecast::Lack::kNothing) {
      text += std::string(2 * wish.levels.size(), ',') + "\n";
      continue;
    }
    text += number_text(answer.points[step - 1]);
    for (const double level : wish.levels) {
      const double outside = (1 - level / 100) / 2;
      text += "," + number_text(answer.quantile(step, outside)) + "," + number_text(answer.quantile(step, 1 - outside));
    }
    text += "\n";
  }
  return text;
}

/// Forecasts a batch with all cores; each series alone, so that their number changes nothing.
class Batch {
 public:
  Batch(const Wish& wish, const GoalsById& goals) : wish_(wish), goals_(goals) {
    forecasters_.resize(std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 64));
  }

  void run(const std::vector<SeriesRow>& rows, Io& io) {
    std::vector<std::string> texts(rows.size());
    std::vector<std::thread> threads;
    const std::size_t workers = rows.size() < 8 ? 1 : forecasters_.size();
    const auto work = [&](std::size_t worker) {
      for (std::size_t i = worker; i < rows.size(); i += workers) {
        texts[i] = answer(rows[i], forecasters_[worker]);
      }
    };
    for (std::size_t worker = 1; worker < workers; ++worker) {
      threads.emplace_back(work, worker);
    }
    work(0);
    for (std::thread& thread : threads) {
      thread.join();
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      io.out << texts[i];
      if (goals_.empty() && std::ranges::none_of(rows[i].values, [](double value) { return std::isfinite(value); })) {
        io.err << "kpid: " << printable(rows[i].id) << ": no value, so no forecast\n";
      }
    }
  }

 private:
  std::string answer(const SeriesRow& row, Forecaster& forecaster) const {
    forecast::Question question{.values = row.values, .horizon = wish_.horizon, .periods = wish_.periods};
    const auto found = goals_.find(row.id);
    if (found == goals_.end()) {
      return goals_.empty() ? rows_of(row, forecaster.answer(question), wish_) : "";
    }
    for (const GoalRow* goal : found->second) {
      question.horizon = std::max(question.horizon, goal->step);
    }
    const forecast::Forecast answer = forecaster.answer(question);
    for (GoalRow* goal : found->second) {
      if (answer.lack == forecast::Lack::kNothing) {
        goal->probability =
            goal->is_higher ? answer.at_least(goal->step, goal->goal) : answer.at_most(goal->step, goal->goal);
      }
    }
    return "";
  }

  const Wish& wish_;
  const GoalsById& goals_;
  std::vector<Forecaster> forecasters_;
};

Result<std::vector<GoalRow>> read_goals(const std::string& path) {
  SeriesFile file = KPI_TRY(SeriesFile::open(path));
  std::vector<GoalRow> goals;
  for (;;) {
    auto cells = KPI_TRY(file.next());
    if (!cells) {
      return goals;
    }
    GoalRow row{.cells = std::move(*cells)};
    const bool is_whole = row.cells.size() == 4;
    const auto step = is_whole ? cell_number(row.cells[1]) : std::nullopt;
    const auto goal = is_whole ? cell_number(row.cells[2]) : std::nullopt;
    const std::string better = is_whole ? to_lower_ascii(trim(row.cells[3])) : "";
    if (file.is_first() && is_whole && !step && better == "better") {
      continue;
    }
    if (!step || !goal || !(*step >= 1) || !(*step <= static_cast<double>(forecast::kFarthest)) || std::isnan(*goal) ||
        (better != "higher" && better != "lower")) {
      return fail(ErrorKind::kInvalid,
                  file.place() + " not a goal; write id,step,goal,better as in N0001,6,1200,higher");
    }
    row.step = static_cast<std::size_t>(*step);
    row.goal = *goal;
    row.is_higher = better == "higher";
    goals.push_back(std::move(row));
  }
}

/// One line as a series. Nothing: it is the line of the columns' names.
Result<std::optional<SeriesRow>> read_series(std::vector<std::string> cells, const SeriesFile& file) {
  SeriesRow row{.id = std::move(cells.front()), .values = {}};
  std::optional<std::size_t> wrong;
  bool has_number = false;
  // Empty cells after the last value are what is left of a table's longest line, not missing values.
  while (cells.size() > 1 && trim(cells.back()).empty()) {
    cells.pop_back();
  }
  for (std::size_t i = 1; i < cells.size(); ++i) {
    const auto number = cell_number(cells[i]);
    has_number = has_number || (number && !std::isnan(*number));
    wrong = !number && !wrong ? std::optional(i) : wrong;
    row.values.push_back(number.value_or(std::nan("")));
  }
  if (wrong && file.is_first() && !has_number) {
    return std::optional<SeriesRow>();
  }
  if (wrong) {
    return fail(ErrorKind::kInvalid,
                file.place() + " \"" + printable(cells[*wrong], 40) + "\" (value " + std::to_string(*wrong) +
                    ") is not a number; write 1234.5, or nothing where a value is missing");
  }
  return std::optional(std::move(row));
}

/// `header`: nothing is written where the file cannot be read.
Result<void> forecast_file(const std::string& path, std::string header, Batch& batch, Io& io) {
  SeriesFile file = KPI_TRY(SeriesFile::open(path));
  std::vector<SeriesRow> rows;
  for (;;) {
    auto cells = KPI_TRY(file.next());
    if (cells) {
      auto row = KPI_TRY(read_series(std::move(*cells), file));
      if (row) {
        rows.push_back(std::move(*row));
      }
    }
    if (!cells || rows.size() == kBatch) {
      io.out << std::exchange(header, "");
      batch.run(rows, io);
      rows.clear();
    }
    if (!cells) {
      return {};
    }
  }
}

void print_goals(const std::vector<GoalRow>& goals, Io& io) {
  io.out << "id,step,goal,better,probability\n";
  for (const GoalRow& goal : goals) {
    for (const std::string& cell : goal.cells) {
      io.out << echoed_cell(cell) << ",";
    }
    io.out << (std::isnan(goal.probability) ? "" : number_text(goal.probability)) << "\n";
    if (std::isnan(goal.probability)) {
      io.err << "kpid: " << printable(goal.cells[0]) << ": no such series, or no value in it: no probability\n";
    }
  }
}

int forecast_verb(const Arguments& arguments, Io& io) {
  const auto wish = read_wish(arguments);
  if (!wish) {
    return complain(io, kExitUsage, wish.error().message);
  }
  std::vector<GoalRow> goals;
  GoalsById by_id;
  const bool has_goals = arguments.has("goals");
  if (has_goals) {
    auto read = read_goals(arguments.text("goals"));
    if (!read) {
      return complain(io, kExitFailed, read.error().message);
    }
    goals = std::move(*read);
    for (GoalRow& goal : goals) {
      by_id[goal.cells[0]].push_back(&goal);
    }
  }
  Batch batch(*wish, by_id);
  if (!has_goals || !goals.empty()) {
    const std::string header = has_goals ? "" : "id,step,point" + wish->level_names + "\n";
    if (const auto done = forecast_file(arguments.text("file"), header, batch, io); !done) {
      return complain(io, kExitFailed, done.error().message);
    }
  }
  if (has_goals) {
    print_goals(goals, io);
  }
  return kExitFine;
}

}  // namespace

Command forecast_command() {
  return {
      "forecast",
      "forecast the series of a file, or how probable goals are",
      "kpid forecast sales.csv --horizon 12 --period 12     points and intervals; a line is id,v1,v2,… oldest first\n"
      "kpid forecast sales.csv --horizon 12 --goals goals.csv   how probable each goal is: id,step,goal,higher",
      {{"file",
        "FILE.csv",
        "lines id,v1,v2,…, oldest first; an empty cell or nan is a missing value",
        true,
        false,
        true},
       {"horizon",
        "H",
        "how many steps ahead, needed without --goals; what was best over so many weighs most, so that the first steps "
        "change a little with "
        "it"},
       {"period", "M[,M2]", "values in a season: 12, or 24,168; 1 is none (default: found in each series)"},
       {"level", "PERCENT", "levels of the intervals (default 80,95)"},
       {"goals", "G.csv", "lines id,step,goal,better (higher or lower): print each goal's probability instead"}},
      forecast_verb};
}

}  // namespace kpi
