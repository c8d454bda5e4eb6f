// What a source's failure is to somebody who only reads the figures.

#include "rules/routing/source_words.hpp"

#include <gtest/gtest.h>

#include <array>

namespace kpi {
namespace {

struct Failure {
  const char* error;
  const char* swedish;
};

TEST(SourceWords, SayWhatIsWrongInTheReadersLanguageBeforeTheEnglishDetail) {
  const std::array<Failure, 9> failures{{
      {"https://a.se: Operation timed out after 5000 ms", "den svarade inte i tid"},
      {"https://a.se: Failed to connect to a.se port 443", "den går inte att nå"},
      {"https://a.se: status 401 (the key is refused)", "den godtar inte nyckeln eller inloggningen"},
      {"https://a.se: status 404", "det som efterfrågas finns inte"},
      {"data/a.csv: no such file: correct the path", "det som efterfrågas finns inte"},
      {"https://a.se: status 429 (rate limited)", "den har fått för många förfrågningar"},
      {"https://a.se: status 503", "den har ett eget fel"},
      {"a.csv:3:7: \"many\" is no number", "det som den ger går inte att läsa"},
      {"", "den går inte att läsa"},
  }};
  for (const Failure& failure : failures) {
    SourceSubject subject;
    subject.name = "web";
    subject.error = failure.error[0] == '\0' ? "exited with 3" : failure.error;
    subject.is_invalid = subject.error.find("no number") != std::string::npos;
    EXPECT_EQ(source_reason(subject, Language::kSwedish), std::string(failure.swedish) + " (" + subject.error + ")");
  }
}

TEST(SourceWords, NameTheKpisThatWait) {
  SourceSubject subject;
  subject.name = "web";
  subject.error = "nothing came for 2026-03-02";
  subject.is_late = true;
  subject.kpis = {"Visits", "Orders"};
  EXPECT_EQ(source_reason(subject, Language::kEnglish),
            "nothing came for 2026-03-02; without new data: Visits, Orders");
  subject.kpis = {"A", "B", "C", "D", "E", "F", "G"};
  EXPECT_EQ(source_reason(subject, Language::kEnglish),
            "nothing came for 2026-03-02; without new data: A, B, C, D, E and 2 more");
}

TEST(SourceWords, NameTheDayThatHasNotComeInTheReadersLanguage) {
  SourceSubject subject;
  subject.name = "web";
  subject.error = "nothing came for 2026-03-02; the newest is 2026-03-01";
  subject.is_late = true;
  subject.owed = OwedPeriod{slot_of(*parse_date("2026-03-02")), *parse_grain("day"), {}};
  EXPECT_EQ(source_reason(subject, Language::kSwedish), "inget har kommit för 2 mars 2026");
  EXPECT_EQ(source_reason(subject, Language::kEnglish), "nothing came for 2 March 2026");
  subject.error = "nothing came for 2026-03; the newest is 2026-02";
  subject.owed = OwedPeriod{slot_of(*parse_date("2026-03-01")), *parse_grain("month"), {}};
  EXPECT_EQ(source_reason(subject, Language::kDanish), "der er ikke kommet noget for marts 2026");
}

TEST(SourceWords, SayOfTheMachineOnlyWhatIsWrong) {
  SourceSubject subject;
  subject.name = kSelf;
  subject.error = "the disk is full";
  subject.kpis = {"Visits"};
  EXPECT_EQ(source_reason(subject, Language::kSwedish), "the disk is full");
}

}  // namespace
}  // namespace kpi
