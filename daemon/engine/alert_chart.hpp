#pragma once
// The picture that goes with an alert: the line's last periods from memory. Pure; one thread.

#include "rules/judge/line.hpp"
#include "rules/routing/message.hpp"

#include <optional>

namespace kpi {

/// An SVG of up to 42 periods until the one that the alert is about; nothing where there is too little to see.
std::optional<Attachment> alert_chart(const AlertView& alert, const Kpi& kpi, const Line& line, const Voice& voice);

}  // namespace kpi
