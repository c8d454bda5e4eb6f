#include "tests/unit/daemon/cli/program.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <ostream>
#include <sstream>

namespace kpi::test {

namespace {

constexpr const char* kConfig = R"yaml(timezone: Europe/Stockholm
history: sqlite:history.db
rules: [rules.yaml]
sources:
  web:
    plugin: csv
    path: web.csv
    labels: {country: country}
    metrics:
      visits: {kind: flow, unit: visits}
      leads: {kind: flow, unit: leads}
  mail:
    plugin: csv
    path: mail.csv
    metrics:
      signups: {kind: flow, unit: signups}
channels:
  terminal: {type: console}
routes:
  - {match: {}, to: [terminal]}
)yaml";

constexpr const char* kRules = R"yaml(kpis:
  visits:
    title: Visits
    description: Visits of a day, all countries
    owner: growth
    objective: More people find us
    unit: visits
    value: web.visits
    target: {from: 1000, start: 2026-03-01, to: 2000, by: 2026-05-31, judge: pace}
  conversion_rate:
    title: Conversion rate
    unit: "%"
    value: web.leads / web.visits
    split_by: [country]
    thresholds: {warning: 4%, critical: 3%}
  signups:
    title: Newsletter sign-ups
    unit: signups
    value: mail.signups
    no_data: {after: 2 days, then: alert, severity: warning}
)yaml";

struct Country {
  const char* name;
  int visits;
  int leads;
  int last_leads;  ///< Of the last three days.
};

}  // namespace

ScopedVariable::ScopedVariable(const char* name, const char* value) : name_(name) {
  if (const char* before =
          std::getenv(name)) {  // NOLINT(concurrency-mt-unsafe): tests of this program have one thread.
    before_ = before;
  }
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  (void)(value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1));
}

ScopedVariable::~ScopedVariable() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  (void)(before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_));
}

void PrintTo(const Ended& ended, std::ostream* out) {
  *out << "exit " << ended.code << "\n--- out\n" << ended.out << "--- err\n" << ended.err;
}

Program::Program(std::string_view now) {
  std::string name = "/tmp/kpid-cli-XXXXXX";  // always as long: long lines are wrapped
  if (::mkdtemp(name.data()) == nullptr) {
    ADD_FAILURE() << "no temporary folder " << name;
  }
  folder_ = name;
  set_time(now);
}

Program::~Program() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Program::write(const std::string& path, std::string_view text) const {
  std::filesystem::create_directories((folder_ / path).parent_path());
  std::ofstream(folder_ / path, std::ios::binary) << text;
}

std::string Program::read(const std::string& path) const {
  std::ifstream file(folder_ / path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool Program::has(const std::string& path) const {
  return std::filesystem::exists(folder_ / path);
}

void Program::remove(const std::string& path) const {
  std::filesystem::remove(folder_ / path);
}

std::string Program::path(const std::string& name) const {
  return (folder_ / name).string();
}

Ended Program::run(std::vector<std::string> words) {
  std::ostringstream out;
  std::ostringstream err;
  Io io{out, err, is_terminal, clock_, host_};
  io.shows_progress = shows_progress;
  const int code = run_program(words, io);
  const auto shown = [&](std::string text) {
    const std::string folder = folder_.string();
    for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder)) {
      text.replace(at, folder.size(), "DIR");
    }
    return text;
  };
  return {code, shown(out.str()), shown(err.str())};
}

Ended Program::on_folder(std::vector<std::string> words) {
  words.emplace_back("--config");
  words.push_back(path("kpid.yaml"));
  return run(std::move(words));
}

int Program::once(std::string_view now) {
  set_time(now);
  return on_folder({"run", "--once", "--now", std::string(now)}).code;
}

void Program::set_time(std::string_view now) {
  const auto time = parse_rfc3339(now);
  ASSERT_TRUE(time) << now;
  clock_.time = *time;
}

void write_site(const Program& program) {
  static constexpr Country kCountries[] = {{"SE", 600, 30, 30}, {"Åland", 100, 5, 2}, {"=NO", 400, 20, 14}};
  std::string web = "date,country,visits,leads\n";
  std::string mail = "date,signups\n";
  for (int day = 1; day <= 14; ++day) {
    const std::string date =
        date_text(Date{std::chrono::year{2026}, std::chrono::month{3}, std::chrono::day{static_cast<unsigned>(day)}});
    for (const Country& country : kCountries) {
      web += date + "," + country.name + "," + std::to_string(country.visits + 4 * day) + "," +
             std::to_string(day > 11 ? country.last_leads : country.leads) + "\n";
    }
    mail += day <= 9 ? date + "," + std::to_string(20 + day) + "\n" : "";
  }
  program.write("kpid.yaml", kConfig);
  program.write("rules.yaml", kRules);
  program.write("web.csv", web);
  program.write("mail.csv", mail);
}

}  // namespace kpi::test
