#include "daemon/cli/asking.hpp"
#include "daemon/cli/verbs.hpp"

namespace kpi {
namespace {

int enter(const Arguments& arguments, Io& io) {
  const auto config = load_for_verb(arguments, Secrets::kChecked, io);
  if (!config) {
    return kExitNo;
  }
  const EntryWords words{.metric = arguments.text("metric"),
                         .value = arguments.text("value"),
                         .period = arguments.text("for"),
                         .by = arguments.text("by"),
                         .note = arguments.text("note")};
  return ask(EntryAction{words}, config, io);
}

}  // namespace

Command enter_command() {
  return {"enter",
          "enter a value of a manual source",
          "kpid enter survey.satisfaction 4.3 --for 2026-03 --by anna --note \"412 answers\"\n"
          "kpid enter \"shop.stock{country=SE}\" 1200 --for 2026-03-31 --by anna\n"
          "kpid enter survey.satisfaction none --for 2026-03 --by anna    withdraws what was entered",
          {{"metric", "METRIC", "the metric, with its labels where its source has some", true, false, true},
           {"value", "VALUE", "the number, or none", true, false, true},
           {"for",
            "DATE",
            "the period it is about: a date of it, 2026-03, or 2026-Q1 and 2026 of the fiscal year",
            false,
            false,
            true},
           {"by", "WHO", "who says so", false, false, true},
           {"note", "TEXT", "a note, kept with the value"},
           config_argument()},
          enter};
}

}  // namespace kpi
