#include "daemon/cli/explanation_mix.hpp"

#include "rules/base/text.hpp"
#include "rules/judge/mix.hpp"
#include "rules/routing/describe.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace kpi {
namespace {

constexpr std::size_t kMostShown = 10;
/// The parts must be the whole, or they explain nothing.
constexpr double kWhole = 0.01;

class MixFinder {
 public:
  MixFinder(const Engine& engine, const JudgeContext& context, const Line& total, Slot slot)
      : engine_(engine), context_(context), total_(total), kpi_(engine.config().rules.kpis[total.kpi]), slot_(slot) {
    before_ = next_slot(slot, kpi_.every, kpi_.every.unit == Grain::Unit::kDay ? -7 : -1);
  }

  std::vector<std::string> find(const Program& divisor) {
    for (const Line& line : engine_.lines()) {
      const bool is_part = line.kpi == total_.kpi && line.segment.size() == kpi_.split_by.front().size() &&
                           std::ranges::equal(line.segment, kpi_.split_by.front(), {}, &Labels::value_type::first);
      if (is_part && !line.is_retired && !add(line, divisor)) {
        return {};
      }
    }
    const auto mix = mix_of(parts_);
    const auto all = whole_of(total_, divisor, slot_);
    double sum = 0;
    for (const MixPart& part : parts_) {
      sum += part.whole_now;
    }
    return mix && all && std::abs(sum - *all) <= kWhole * std::abs(*all) ? lines_of(*mix) : std::vector<std::string>();
  }

 private:
  [[nodiscard]] std::optional<double> value_at(const Line& line, Slot slot) const {
    const Sample* judged = line.judged.at(slot);
    return judged != nullptr && std::isfinite(judged->value) ? std::optional(judged->value) : std::nullopt;
  }

  [[nodiscard]] std::optional<double> whole_of(const Line& line, const Program& divisor, Slot slot) const {
    EvaluationContext context;
    context.rules = context_.rules;
    context.table = context_.table;
    context.frame = Frame{slot, kpi_.every, kpi_.over, kpi_.zone, context_.rules->calendar};
    context.complete = kpi_.complete;
    context.read_at = context_.read_at;
    const Value value = evaluate(divisor, line.value_inputs, context);
    return value.is_known() ? std::optional(value.number) : std::nullopt;
  }

  /// Without a value then or now it cannot be compared.
  bool add(const Line& line, const Program& divisor) {
    const auto before = value_at(line, before_);
    const auto now = value_at(line, slot_);
    const auto whole_before = whole_of(line, divisor, before_);
    const auto whole_now = whole_of(line, divisor, slot_);
    if (!before || !now || !whole_before || !whole_now || !(*whole_before > 0) || !(*whole_now > 0)) {
      return false;
    }
    parts_.push_back({line.segment, *before, *now, *whole_before, *whole_now});
    return true;
  }

  [[nodiscard]] std::string from_to(double before, double now, const Unit& unit) const {
    const int more = decimals_apart(before, now, unit, Language::kEnglish);
    return format_value(before, unit, Language::kEnglish, more) + " -> " +
           format_value(now, unit, Language::kEnglish, more);
  }

  [[nodiscard]] std::vector<std::string> lines_of(const Mix& mix) {
    std::vector<std::string> lines;
    lines.push_back("since " + period_text(before_, kpi_.every, kpi_.zone) + ": " +
                    from_to(mix.before, mix.now, kpi_.unit));
    double before = 0;
    double now = 0;
    for (const MixPart& part : parts_) {
      before += part.whole_before;
      now += part.whole_now;
    }
    std::ranges::stable_sort(parts_, std::greater<>{}, &MixPart::whole_now);
    static const Unit kPercent = Unit::parse("%").value_or(Unit());
    const auto share = [](double number) { return std::round(number * 1000) / 1000; };
    for (std::size_t i = 0; i < std::min(kMostShown, parts_.size()); ++i) {
      const MixPart& part = parts_[i];
      lines.push_back(labels_text(part.segment) + ": " + from_to(part.ratio_before, part.ratio_now, kpi_.unit) +
                      ", weighs " + from_to(share(part.whole_before / before), share(part.whole_now / now), kPercent));
    }
    if (parts_.size() > kMostShown) {
      lines.push_back("and " + std::to_string(parts_.size() - kMostShown) + " more");
    }
    lines.push_back(sentence(mix));
    return lines;
  }

  [[nodiscard]] std::string sentence(const Mix& mix) const {
    const double change = mix.now - mix.before;
    const std::string name = join(kpi_.split_by.front(), " and ");
    if (change == 0) {
      return "nothing changed";
    }
    if (mix.is_against_all) {
      return std::string(change < 0 ? "down although every " : "up although every ") + name +
             (change < 0 ? " is up: those with low values weigh more than before"
                         : " is down: those with high values weigh more than before");
    }
    const bool is_opposed = (mix.within < 0) != (mix.between < 0) && mix.within != 0 && mix.between != 0;
    if (is_opposed) {
      const bool is_mix = std::abs(mix.between) > std::abs(mix.within);
      return is_mix
                 ? "the change comes from what each " + name + " weighs; by their own values it would be the other way"
                 : "the change comes from the values of each " + name + "; what they weigh works against it";
    }
    const double part = mix.between / change;
    return format_value(std::round(part * 100) / 100, Unit::parse("%").value_or(Unit()), Language::kEnglish) +
           " of the change comes from what each " + name + " weighs, the rest from their own values";
  }

  const Engine& engine_;
  const JudgeContext& context_;
  const Line& total_;
  const Kpi& kpi_;
  Slot slot_;
  Slot before_;
  std::vector<MixPart> parts_;
};

}  // namespace

std::vector<std::string> explain_mix(const Engine& engine, const JudgeContext& context, const Line& total, Slot slot) {
  const Kpi& kpi = engine.config().rules.kpis[total.kpi];
  const auto divisor = divisor_of(kpi.value);
  if (!total.segment.empty() || kpi.split_by.empty() || !divisor) {
    return {};
  }
  return MixFinder(engine, context, total, slot).find(*divisor);
}

}  // namespace kpi
