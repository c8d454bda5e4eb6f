#include "daemon/os/address_policy.hpp"

#include <gtest/gtest.h>

namespace kpi {
namespace {

struct PolicyRow {
  const char* name;
  const char* address;
  std::vector<std::string> allow_private;
  std::string refusal;  ///< Empty: may be connected to.
};

class AddressPolicyTable : public testing::TestWithParam<PolicyRow> {};

TEST_P(AddressPolicyTable, JudgesTheAddress) {
  const Result<AddressPolicy> policy = AddressPolicy::parse(GetParam().allow_private);
  ASSERT_TRUE(policy) << policy.error().message;
  const std::optional<IpAddress> address = parse_ip_address(GetParam().address);
  ASSERT_TRUE(address);
  EXPECT_EQ(policy->refusal(*address).value_or(""), GetParam().refusal);
}

const std::string kAdd = "; if it is meant, add a range that holds it to allow_private";
const std::string kNever = "; kpid never connects there";
const std::vector<std::string> kEverything = {"0.0.0.0/0", "::/0"};

INSTANTIATE_TEST_SUITE_P(
    Rows,
    AddressPolicyTable,
    testing::Values(
        PolicyRow{"PublicV4", "93.184.216.34", {}, ""},
        PolicyRow{"PublicV6", "2606:2800:220:1::1", {}, ""},
        PolicyRow{"Loopback", "127.0.0.1", {}, "127.0.0.1 is a loopback address" + kAdd},
        PolicyRow{"LoopbackAllowed", "127.9.9.9", {"127.0.0.0/8"}, ""},
        PolicyRow{"LoopbackByALoneAddress", "127.0.0.1", {"127.0.0.1"}, ""},
        PolicyRow{"LoopbackBesideTheRange", "127.0.0.2", {"127.0.0.1"}, "127.0.0.2 is a loopback address" + kAdd},
        PolicyRow{"LoopbackV6", "::1", {}, "::1 is a loopback address" + kAdd},
        PolicyRow{"LoopbackV6Allowed", "::1", {"::1/128"}, ""},
        PolicyRow{"PrivateTen", "10.0.0.1", {}, "10.0.0.1 is a private address" + kAdd},
        PolicyRow{"PrivateTenAllowed", "10.255.0.1", {"192.168.0.0/16", "10.0.0.0/8"}, ""},
        PolicyRow{"JustBelowPrivate172", "172.15.255.255", {}, ""},
        PolicyRow{"FirstOfPrivate172", "172.16.0.0", {}, "172.16.0.0 is a private address" + kAdd},
        PolicyRow{"LastOfPrivate172", "172.31.255.255", {}, "172.31.255.255 is a private address" + kAdd},
        PolicyRow{"JustAbovePrivate172", "172.32.0.0", {}, ""},
        PolicyRow{"Private192", "192.168.1.1", {"10.0.0.0/8"}, "192.168.1.1 is a private address" + kAdd},
        PolicyRow{"SharedAddress", "100.64.0.1", {}, "100.64.0.1 is a shared address (CGNAT)" + kAdd},
        PolicyRow{"SharedAddressAllowed", "100.127.255.255", {"100.64.0.0/10"}, ""},
        PolicyRow{"JustAboveShared", "100.128.0.0", {}, ""},
        PolicyRow{"UniqueLocal", "fd12::1", {}, "fd12::1 is a unique local address" + kAdd},
        PolicyRow{"UniqueLocalAllowed", "fd12::1", {"fd00::/8"}, ""},
        PolicyRow{"LinkLocal",
                  "169.254.1.1",
                  kEverything,
                  "169.254.1.1 is a link-local address, where clouds serve a machine's credentials" + kNever},
        PolicyRow{"Metadata",
                  "169.254.169.254",
                  kEverything,
                  "169.254.169.254 is a link-local address, where clouds serve a machine's credentials" + kNever},
        PolicyRow{"MetadataInShared",
                  "100.100.100.200",
                  {"100.64.0.0/10"},
                  "100.100.100.200 is a cloud's metadata address" + kNever},
        PolicyRow{"MetadataInPublic", "168.63.129.16", {}, "168.63.129.16 is a cloud's metadata address" + kNever},
        PolicyRow{"MetadataInUniqueLocal",
                  "fd00:ec2::254",
                  {"fd00::/8"},
                  "fd00:ec2::254 is a cloud's metadata address" + kNever},
        PolicyRow{"LinkLocalV6", "fe80::1", kEverything, "fe80::1 is a link-local address" + kNever},
        PolicyRow{"LastLinkLocalV6", "febf::1", kEverything, "febf::1 is a link-local address" + kNever},
        PolicyRow{"Unspecified", "0.0.0.0", kEverything, "0.0.0.0 is an unspecified address" + kNever},
        PolicyRow{"UnspecifiedNetwork", "0.1.2.3", kEverything, "0.1.2.3 is an unspecified address" + kNever},
        PolicyRow{"UnspecifiedV6", "::", kEverything, ":: is an unspecified address" + kNever},
        PolicyRow{"Multicast", "224.0.0.1", kEverything, "224.0.0.1 is a multicast address" + kNever},
        PolicyRow{"MulticastV6", "ff02::1", kEverything, "ff02::1 is a multicast address" + kNever},
        PolicyRow{
            "Broadcast", "255.255.255.255", kEverything, "255.255.255.255 is a reserved or broadcast address" + kNever},
        PolicyRow{"MappedLoopback",
                  "::ffff:127.0.0.1",
                  kEverything,
                  "::ffff:127.0.0.1 is an IPv4 address in IPv6 clothes" + kNever},
        PolicyRow{"MappedPublic",
                  "::ffff:93.184.216.34",
                  {},
                  "::ffff:93.184.216.34 is an IPv4 address in IPv6 clothes" + kNever},
        PolicyRow{"CompatibleLoopback", "::127.0.0.1", {}, "::127.0.0.1 is an IPv4-compatible address" + kAdd},
        PolicyRow{"TranslatedPublic", "64:ff9b::5db8:d822", {}, ""},
        PolicyRow{"TranslatedMetadata",
                  "64:ff9b::a9fe:a9fe",
                  kEverything,
                  "64:ff9b::a9fe:a9fe is a link-local address, where clouds serve a machine's credentials" + kNever},
        PolicyRow{"TranslatedPrivate", "64:ff9b::a00:1", {}, "64:ff9b::a00:1 is a private address" + kAdd},
        PolicyRow{"TranslatedPrivateAllowed", "64:ff9b::a00:1", {"10.0.0.0/8"}, ""},
        PolicyRow{"TunnelledLoopback", "2002:7f00:1::", {}, "2002:7f00:1:: is a loopback address" + kAdd},
        PolicyRow{"Teredo", "2001:0:4136::1", kEverything, "2001:0:4136::1 is a tunnel address (Teredo)" + kNever}),
    [](const auto& row) { return row.param.name; });

struct RangeRow {
  const char* name;
  const char* text;
  std::string error;
};

class BadAddressRange : public testing::TestWithParam<RangeRow> {};

TEST_P(BadAddressRange, IsRefusedWithTheRemedy) {
  const Result<AddressRange> range = parse_address_range(GetParam().text);
  ASSERT_FALSE(range);
  EXPECT_EQ(range.error(),
            (Error{ErrorKind::kInvalid, GetParam().error + "; write a range such as 10.0.0.0/8 or fd00::/8"}));
}

INSTANTIATE_TEST_SUITE_P(
    Rows,
    BadAddressRange,
    testing::Values(RangeRow{"Empty", "", "\"\" is not an address range"},
                    RangeRow{"Name", "localhost/8", "\"localhost/8\" is not an address range"},
                    RangeRow{"Number", "2130706433", "\"2130706433\" is not an address range"},
                    RangeRow{"Short", "10/8", "\"10/8\" is not an address range"},
                    RangeRow{"TooLong", "10.0.0.0/33", "\"10.0.0.0/33\" has no prefix length from 0 to 32"},
                    RangeRow{"TooLongV6", "::/129", "\"::/129\" has no prefix length from 0 to 128"},
                    RangeRow{"NoLength", "10.0.0.0/", "\"10.0.0.0/\" has no prefix length from 0 to 32"},
                    RangeRow{"Negative", "10.0.0.0/-1", "\"10.0.0.0/-1\" has no prefix length from 0 to 32"},
                    RangeRow{"HostBits",
                             "10.0.0.1/8",
                             "\"10.0.0.1/8\" is not the start of its range: it has bits set after the first 8"}),
    [](const auto& row) { return row.param.name; });

TEST(AddressRange, HoldsByBitsThatAreNoWholeBytes) {
  const AddressRange range = parse_address_range("192.168.4.0/22").value();
  EXPECT_TRUE(range.holds(*parse_ip_address("192.168.7.255")));
  EXPECT_FALSE(range.holds(*parse_ip_address("192.168.8.0")));
  EXPECT_FALSE(range.holds(*parse_ip_address("::1")));
}

TEST(AddressRange, OfNoBitsHoldsItsWholeFamily) {
  EXPECT_TRUE(parse_address_range("0.0.0.0/0")->holds(*parse_ip_address("255.1.2.3")));
  EXPECT_FALSE(parse_address_range("0.0.0.0/0")->holds(*parse_ip_address("fd00::1")));
}

}  // namespace
}  // namespace kpi
