#include "rules/judge/outlook_lessons.hpp"

#include <algorithm>
#include <bit>

namespace kpi {
namespace {

/// FNV-1a over whole words, from two beginnings.
class TwoHashes {
 public:
  void take(std::uint64_t word) {
    constexpr std::uint64_t kPrime = 1099511628211ULL;
    first = (first ^ word) * kPrime;
    first ^= first >> 29U;
    second = (second + std::rotl(word, 31)) * 0x9E3779B97F4A7C15ULL;
    second ^= second >> 32U;
  }

  std::uint64_t first = 14695981039346656037ULL;
  std::uint64_t second = 1;
};

}  // namespace

const forecast::Lesson& OutlookLessons::learned(forecast::Forecaster& forecaster, const forecast::Question& question) {
  TwoHashes hashes;
  hashes.take(question.values.size());
  hashes.take(question.horizon);
  for (const double value : question.values) {
    hashes.take(std::bit_cast<std::uint64_t>(value));
  }
  for (const forecast::Mark mark : question.marks.first(std::min(question.marks.size(), question.values.size()))) {
    hashes.take(mark);
  }
  for (const int period : question.periods) {
    hashes.take(static_cast<std::uint64_t>(period));
  }
  if (kept_.size() >= kMost) {
    kept_.clear();
  }
  Kept& kept = kept_[hashes.first];
  if (kept.lesson.given == 0 || kept.check != hashes.second) {
    kept = {hashes.second, forecaster.learn(question)};
  }
  return kept.lesson;
}

}  // namespace kpi
