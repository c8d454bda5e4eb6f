#pragma once
// Which addresses an outgoing connection may reach. Pure: judged are the addresses a name resolved to, at the moment
// they are connected, never the text of a URL (2130706433 and 0177.1 are 127.0.0.1 too). Immutable, so any thread may
// ask.

#include "rules/base/result.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpi {

/// An IPv4 or IPv6 address in network order; IPv4 uses the first four bytes.
struct IpAddress {
  bool is_v6 = false;
  std::array<std::uint8_t, 16> bytes{};

  bool operator==(const IpAddress&) const = default;
  [[nodiscard]] std::string text() const;
};

/// "192.0.2.7" or "2001:db8::7" in its canonical notation (four decimal parts), else nothing.
std::optional<IpAddress> parse_ip_address(std::string_view text);

/// An address and how many of its leading bits count.
struct AddressRange {
  IpAddress first;
  unsigned bits = 0;

  bool operator==(const AddressRange&) const = default;
  [[nodiscard]] bool holds(const IpAddress& address) const;
};

/// "10.0.0.0/8", "fd00::/8"; a lone address is a range of one. The error names the text and the remedy.
Result<AddressRange> parse_address_range(std::string_view text);

/// Link-local, metadata, multicast, unspecified and IPv4-mapped addresses are refused always; loopback, private, shared
/// (CGNAT) and unique local ones unless a range of `allow_private` holds them.
class AddressPolicy {
 public:
  AddressPolicy() = default;
  static Result<AddressPolicy> parse(const std::vector<std::string>& allow_private);

  /// Nothing when `address` may be connected to, else a sentence that says why not and what to do.
  [[nodiscard]] std::optional<std::string> refusal(const IpAddress& address) const;

 private:
  std::vector<AddressRange> allowed_;
};

}  // namespace kpi
