#include "rules/load/limit_order.hpp"

#include "rules/expr/evaluate.hpp"

#include <algorithm>
#include <string>

namespace kpi {
namespace {

/// A limit that is a number, and where it stands.
struct KnownLimit {
  const RawExpression* raw = nullptr;
  double number = 0;
};

/// The limits of a case: those of an entry, and what it inherits.
struct KnownLimits {
  KnownLimit warning;
  KnownLimit critical;
  KnownLimit recover;

  /// What is not a number hides what it stands in place of.
  template <class LimitsOf>
  void put(const RawLimits& raw, const LimitsOf& compiled) {
    const auto over = [](KnownLimit& limit, const RawExpression& expression, const std::optional<Program>& program) {
      if (expression.position.source != nullptr) {
        const auto number = constant_limit(program);
        limit = number ? KnownLimit{&expression, *number} : KnownLimit{};
      }
    };
    over(warning, raw.warning, compiled.warning);
    over(critical, raw.critical, compiled.critical);
    over(recover, raw.recover, compiled.recover);
  }
};

class OrderCheck {
 public:
  OrderCheck(const RawKpi& raw, const Thresholds& thresholds, Diagnostics& diagnostics)
      : raw_(raw),
        thresholds_(thresholds),
        diagnostics_(diagnostics),
        higher_(raw.kpi.better.kind == Better::Kind::kHigher) {}

  void run() {
    KnownLimits base;
    base.put(raw_.limits, thresholds_);
    check(base, nullptr);
    for (std::size_t i = 0; i < thresholds_.segments.size(); ++i) {
      KnownLimits limits = base;
      limits.put(raw_.segment_limits[i].limits, thresholds_.segments[i]);
      check(limits, &raw_.segment_limits[i].limits);
    }
    // On a day of its own kind a limit may pass the one that it leaves as it is: the worst that is missed counts.
    for (std::size_t i = 0; i < thresholds_.when.size(); ++i) {
      KnownLimits limits;
      limits.put(raw_.time_limits[i].limits, thresholds_.when[i]);
      check(limits, &raw_.time_limits[i].limits);
    }
  }

 private:
  /// A limit that these are the words of, or the other one.
  static Position blame(const KnownLimit& first, const KnownLimit& second, const RawLimits* own) {
    const auto is_own = [&](const KnownLimit& limit) {
      return own != nullptr &&
             (limit.raw == &own->warning || limit.raw == &own->critical || limit.raw == &own->recover);
    };
    return is_own(second) && !is_own(first) ? second.raw->position : first.raw->position;
  }

  [[nodiscard]] bool milder(double a, double b) const { return higher_ ? a >= b : a <= b; }

  /// `own`: the limits of the entry that is looked at, null for those that stand for all. Nothing is said of what
  /// others have been told for already.
  bool check(const KnownLimits& limits, const RawLimits* own) {
    const std::string better = higher_ ? "higher" : "lower";
    const auto concerns = [&](const KnownLimit& a, const KnownLimit& b) {
      const auto is_own = [&](const KnownLimit& limit) {
        return own == nullptr || limit.raw == &own->warning || limit.raw == &own->critical ||
               limit.raw == &own->recover;
      };
      return a.raw != nullptr && b.raw != nullptr && (is_own(a) || is_own(b));
    };
    const auto& [warning, critical, recover] = limits;
    bool fits = true;
    if (concerns(critical, warning) && !milder(warning.number, critical.number)) {
      diagnostics_.error(blame(critical, warning, own),
                         "critical " + print(*critical.raw->tree) + " is reached before warning " +
                             print(*warning.raw->tree) + ": with better: " + better + " a value " +
                             (higher_ ? "below" : "above") + " is a miss",
                         "swap the limits, or write better: " + std::string(higher_ ? "lower" : "higher"));
      fits = false;
    }
    const KnownLimit& mildest = warning.raw != nullptr ? warning : critical;
    if (concerns(recover, mildest) && !milder(recover.number, mildest.number)) {
      diagnostics_.error(
          blame(recover, mildest, own),
          "recover " + print(*recover.raw->tree) + " lies on the bad side of the limit",
          "with better: " + better + " it is " + (higher_ ? "at or above" : "at or below") + " the limit");
      fits = false;
    }
    return fits;
  }

  const RawKpi& raw_;
  const Thresholds& thresholds_;
  Diagnostics& diagnostics_;
  bool higher_;
};

}  // namespace

std::optional<double> constant_limit(const std::optional<Program>& program) {
  const auto depends = [](const Instruction& instruction) {
    return instruction.op > OpCode::kNumber && instruction.op <= OpCode::kMonth;
  };
  if (!program || std::any_of(program->code.begin(), program->code.end(), depends)) {
    return std::nullopt;
  }
  const Value value = evaluate(*program, Inputs{}, EvaluationContext{});
  return value.is_known() ? std::optional(value.number) : std::nullopt;
}

void check_limit_order(const RawKpi& raw, const Thresholds& thresholds, Diagnostics& diagnostics) {
  OrderCheck(raw, thresholds, diagnostics).run();
}

}  // namespace kpi
