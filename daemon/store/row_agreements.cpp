#include "daemon/store/row_agreements.hpp"

namespace kpi::sqlite {
namespace {

#define KPI_NO_WORD(column) column " NOT IN (SELECT id FROM word)"
#define KPI_TOLD_IN_NO_WORDS \
  KPI_NO_WORD("verdict") " OR " KPI_NO_WORD("severity") " OR " KPI_NO_WORD("state") " OR " KPI_NO_WORD("reason")
#define KPI_VERDICT_OF "'the verdict of line ' || line_id || ' for slot ' || slot || "

constexpr Agreement kAgreements[] = {
    {"ledger",
     "rule_version <> 0 AND rule_version NOT IN (SELECT id FROM rule_text)",
     KPI_VERDICT_OF "' was judged by rule version ' || rule_version || ', which is not kept'",
     "rule_version = 0"},
    {"ledger",
     KPI_TOLD_IN_NO_WORDS " OR " KPI_NO_WORD("target_status"),
     KPI_VERDICT_OF "' is told by a number that the table word does not have'"},
    {"ledger_revision",
     KPI_TOLD_IN_NO_WORDS " OR " KPI_NO_WORD("target_status"),
     "'the earlier verdict of line ' || line_id || ' for slot ' || slot || ' is told by a number that the table word "
     "does not have'"},
    {"status",
     KPI_TOLD_IN_NO_WORDS,
     "'the state of line ' || line_id || ' is told by a number that the table word does not have'"},
    {"ledger", "period_end <= period_start", KPI_VERDICT_OF "' ends before it begins'"},
    {"series", "NOT json_valid(labels)", "'the labels of series ' || id || ' are no JSON'"},
    {"line", "NOT json_valid(segment)", "'the segment of line ' || id || ' is no JSON'"},
    {"outbox", "NOT json_valid(body)", "'the message ' || id || ' is no JSON'"},
    {"episode", "resolved < pending", "'the episode ' || id || ' ended before it began'"},
};

#undef KPI_NO_WORD
#undef KPI_TOLD_IN_NO_WORDS
#undef KPI_VERDICT_OF

}  // namespace

std::span<const Agreement> row_agreements() {
  return kAgreements;
}

}  // namespace kpi::sqlite
