#include "daemon/os/address_policy.hpp"

#include "rules/base/text.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <span>

namespace kpi {

namespace {

/// One row of the tables below: addresses of `range` are `what`.
struct SpecialRange {
  AddressRange range;
  std::string_view what;
};

SpecialRange row(std::string_view range, std::string_view what) {
  return {parse_address_range(range).value(), what};
}

/// No setting opens these: nothing a KPI comes from lives there, and credentials of the machine do.
std::span<const SpecialRange> forbidden_ranges() {
  static const std::vector<SpecialRange> ranges = {
      row("169.254.0.0/16", "a link-local address, where clouds serve a machine's credentials"),
      row("fe80::/10", "a link-local address"),
      row("100.100.100.200", "a cloud's metadata address"),
      row("168.63.129.16", "a cloud's metadata address"),
      row("192.0.0.192", "a cloud's metadata address"),
      row("fd00:ec2::254", "a cloud's metadata address"),
      row("fd20:ce::254", "a cloud's metadata address"),
      row("fd00:c1::a9fe:a9fe", "a cloud's metadata address"),
      row("0.0.0.0/8", "an unspecified address"),
      row("::", "an unspecified address"),
      row("224.0.0.0/4", "a multicast address"),
      row("ff00::/8", "a multicast address"),
      row("240.0.0.0/4", "a reserved or broadcast address"),
      row("::ffff:0:0/96", "an IPv4 address in IPv6 clothes"),
      row("::ffff:0:0:0/96", "an IPv4 address in IPv6 clothes"),
      row("2001::/32", "a tunnel address (Teredo)"),
      row("100::/64", "a discard address"),
  };
  return ranges;
}

std::span<const SpecialRange> private_ranges() {
  static const std::vector<SpecialRange> ranges = {
      row("127.0.0.0/8", "a loopback address"),
      row("::1", "a loopback address"),
      row("10.0.0.0/8", "a private address"),
      row("172.16.0.0/12", "a private address"),
      row("192.168.0.0/16", "a private address"),
      row("100.64.0.0/10", "a shared address (CGNAT)"),
      row("fc00::/7", "a unique local address"),
      row("fec0::/10", "a site-local address"),
      row("192.0.0.0/24", "an address for protocol assignments"),
      row("192.0.2.0/24", "an address for documentation"),
      row("198.51.100.0/24", "an address for documentation"),
      row("203.0.113.0/24", "an address for documentation"),
      row("2001:db8::/32", "an address for documentation"),
      row("198.18.0.0/15", "an address for benchmarks"),
      row("64:ff9b:1::/48", "a local translation address"),
      row("::/96", "an IPv4-compatible address"),
  };
  return ranges;
}

/// Ranges whose addresses carry the IPv4 address that is reached in the end, from byte `offset`.
struct Embedding {
  AddressRange range;
  std::size_t offset;
};

std::span<const Embedding> embeddings() {
  static const std::vector<Embedding> ranges = {
      {parse_address_range("64:ff9b::/96").value(), 12},  // NAT64
      {parse_address_range("2002::/16").value(), 2},      // 6to4
  };
  return ranges;
}

const SpecialRange* find_range(std::span<const SpecialRange> ranges, const IpAddress& address) {
  const auto found =
      std::ranges::find_if(ranges, [&](const SpecialRange& special) { return special.range.holds(address); });
  return found == ranges.end() ? nullptr : &*found;
}

std::optional<IpAddress> embedded_v4(const IpAddress& address) {
  for (const Embedding& embedding : embeddings()) {
    if (embedding.range.holds(address)) {
      IpAddress inner;
      std::copy_n(address.bytes.begin() + static_cast<std::ptrdiff_t>(embedding.offset), 4, inner.bytes.begin());
      return inner;
    }
  }
  return std::nullopt;
}

/// Whether all bits after the first `bits` are zero.
bool is_range_start(const IpAddress& address, unsigned bits) {
  for (unsigned bit = bits; bit < 128; ++bit) {
    if ((address.bytes.at(bit / 8) >> (7 - bit % 8) & 1) != 0) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  const char* const written = inet_ntop(is_v6 ? AF_INET6 : AF_INET, bytes.data(), buffer.data(), buffer.size());
  return written == nullptr ? "?" : written;
}

std::optional<IpAddress> parse_ip_address(std::string_view text) {
  const std::string terminated(text);
  IpAddress address;
  address.is_v6 = text.find(':') != std::string_view::npos;
  if (terminated.find('\0') != std::string::npos ||
      inet_pton(address.is_v6 ? AF_INET6 : AF_INET, terminated.c_str(), address.bytes.data()) != 1) {
    return std::nullopt;
  }
  return address;
}

bool AddressRange::holds(const IpAddress& address) const {
  if (address.is_v6 != first.is_v6) {
    return false;
  }
  const unsigned whole = bits / 8;
  if (!std::equal(first.bytes.begin(), first.bytes.begin() + whole, address.bytes.begin())) {
    return false;
  }
  const unsigned rest = bits % 8;
  return rest == 0 || (first.bytes.at(whole) >> (8 - rest)) == (address.bytes.at(whole) >> (8 - rest));
}

Result<AddressRange> parse_address_range(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return fail(
        ErrorKind::kInvalid,
        "\"" + printable(text, 64) + "\" " + std::string(why) + "; write a range such as 10.0.0.0/8 or fd00::/8");
  };
  const std::size_t slash = text.find('/');
  const std::optional<IpAddress> address = parse_ip_address(text.substr(0, slash));
  if (!address) {
    return bad("is not an address range");
  }
  AddressRange range{*address, address->is_v6 ? 128U : 32U};
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const unsigned most = range.bits;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), range.bits);
    if (error != std::errc{} || end != digits.data() + digits.size() || range.bits > most) {
      return bad("has no prefix length from 0 to " + std::to_string(most));
    }
  }
  if (!is_range_start(range.first, range.bits)) {
    return bad("is not the start of its range: it has bits set after the first " + std::to_string(range.bits));
  }
  return range;
}

Result<AddressPolicy> AddressPolicy::parse(const std::vector<std::string>& allow_private) {
  AddressPolicy policy;
  for (const std::string& text : allow_private) {
    const Result<AddressRange> range = parse_address_range(text);
    if (!range) {
      return tl::unexpected(range.error());
    }
    policy.allowed_.push_back(*range);
  }
  return policy;
}

std::optional<std::string> AddressPolicy::refusal(const IpAddress& address) const {
  const IpAddress reached = embedded_v4(address).value_or(address);
  if (const SpecialRange* forbidden = find_range(forbidden_ranges(), reached)) {
    return address.text() + " is " + std::string(forbidden->what) + "; kpid never connects there";
  }
  const auto is_allowed = [&](const AddressRange& range) { return range.holds(reached) || range.holds(address); };
  const SpecialRange* restricted = find_range(private_ranges(), reached);
  if (restricted == nullptr || std::ranges::any_of(allowed_, is_allowed)) {
    return std::nullopt;
  }
  return address.text() + " is " + std::string(restricted->what) +
         "; if it is meant, add a range that holds it to allow_private";
}

}  // namespace kpi
