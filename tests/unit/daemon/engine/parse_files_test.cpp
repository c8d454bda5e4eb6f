#include "daemon/config/parse_files.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>

namespace kpi {
namespace {

/// A file of `keys` keys; the last one has a second value where `is_wrong`.
SourceText file_of(int number, int keys, bool is_wrong) {
  std::string text;
  for (int key = 0; key < keys; ++key) {
    text += "key_" + std::to_string(key) + ": {file: " + std::to_string(number) + ", text: \"some text\"}\n";
  }
  return {"r" + std::to_string(number) + ".yaml", text + (is_wrong ? "key_0: again\n" : "")};
}

TEST(ParseFiles, GivesEachFileItsOwnTreeAndComplaints) {
  std::deque<SourceText> texts;
  std::vector<ParsedFile> files(24);
  for (int i = 0; i < 24; ++i) {
    if (i != 7) {  // could not be read
      files.at(static_cast<std::size_t>(i)).text = &texts.emplace_back(file_of(i, i % 3 == 0 ? 3000 : 10, i % 5 == 0));
    }
  }
  parse_files(files);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const ParsedFile& file = files[i];
    ASSERT_EQ(file.tree.has_value(), i != 7) << i;
    if (file.tree) {
      EXPECT_EQ(file.tree->entries.size(), i % 3 == 0 ? 3000 : 10) << i;
      EXPECT_EQ(file.tree->entries.back().second.find("file")->scalar, std::to_string(i));
    }
    ASSERT_EQ(file.diagnostics.items().size(), i % 5 == 0 ? 1 : 0) << i;
    if (i % 5 == 0) {
      EXPECT_EQ(file.diagnostics.items()[0].position.source, file.text);
    }
  }
}

TEST(ParseFiles, ThatAreNoneAreNoWork) {
  std::vector<ParsedFile> none;
  parse_files(none);
  std::vector<ParsedFile> unread(3);
  parse_files(unread);
  EXPECT_FALSE(unread[2].tree);
}

}  // namespace
}  // namespace kpi
