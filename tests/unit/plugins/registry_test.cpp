#include "plugins/source.hpp"

#include <gtest/gtest.h>

namespace kpi {
namespace {

TEST(Plugins, AreFoundByName) {
  const Plugin* csv = find_plugin("csv");
  ASSERT_NE(csv, nullptr);
  EXPECT_EQ(csv->name, "csv");
  EXPECT_NE(csv->create, nullptr);
  EXPECT_EQ(find_plugin("cvs"), nullptr);
}

TEST(Plugins, DescribeEachOptionInOneSentence) {
  for (const Plugin& plugin : plugins()) {
    EXPECT_TRUE(plugin.help.ends_with('.')) << plugin.name;
    EXPECT_FALSE(plugin.options.empty()) << plugin.name;
    for (const OptionSpec& option : plugin.options) {
      EXPECT_TRUE(option.help.ends_with('.')) << plugin.name << ' ' << option.key;
      EXPECT_EQ(option.type == OptionSpec::Type::kChoice, !option.choices.empty()) << plugin.name << ' ' << option.key;
    }
  }
}

}  // namespace
}  // namespace kpi
