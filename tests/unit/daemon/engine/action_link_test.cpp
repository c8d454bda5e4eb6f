#include "daemon/engine/action_link.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace kpi::test {
namespace {

constexpr Instant kExpires{std::chrono::seconds{1'785'000'000}};

/// A history in a folder of its own.
class LinkTest : public testing::Test {
 protected:
  LinkTest() {
    std::string name = std::filesystem::temp_directory_path().string() + "/kpid-link-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }

  ~LinkTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  [[nodiscard]] std::string history() const { return folder_ + "/history.db"; }

  /// As a browser asks for it: the path, and the query decoded.
  static std::optional<ActionLink> read(LinkSigner& signer, const std::string& address) {
    const std::size_t mark = address.find('?');
    std::map<std::string, std::string> query;
    for (std::size_t at = mark; at < address.size();) {
      const std::size_t end = std::min(address.find('&', at + 1), address.size());
      const std::string part = address.substr(at + 1, end - at - 1);
      query[part.substr(0, part.find('='))] = part.substr(part.find('=') + 1);
      at = end;
    }
    return signer.read(address.substr(0, mark), query);
  }

 private:
  std::string folder_;
};

TEST_F(LinkTest, IsReadBackByWhoMadeItAlsoAfterARestart) {
  const ActionLink link{ActionLink::Kind::kSilence, "ep_01K3", "growth", kExpires};
  LinkSigner signer(history());
  const auto path = signer.path_of(link);
  ASSERT_TRUE(path);
  EXPECT_EQ(path->substr(0, path->find("&signature=")), "/act/silence/ep_01K3?channel=growth&until=1785000000");
  EXPECT_EQ(read(signer, *path), link);
  LinkSigner restarted(history());
  EXPECT_EQ(read(restarted, *path), link);
}

TEST_F(LinkTest, HoldsForNothingElse) {
  LinkSigner signer(history());
  const std::string path = signer.path_of({ActionLink::Kind::kAcknowledge, "ep_1", "growth", kExpires}).value();
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string other = path;
    other.replace(other.find(from), from.size(), to);
    return read(signer, other);
  };
  EXPECT_FALSE(changed("acknowledge", "silence"));
  EXPECT_FALSE(changed("ep_1", "ep_2"));
  EXPECT_FALSE(changed("growth", "board"));
  EXPECT_FALSE(changed("1785000000", "1985000000"));
  EXPECT_FALSE(changed("1785000000", "99999999999999999999"));
  EXPECT_FALSE(changed("/ep_1", ""));
  EXPECT_FALSE(read(signer, path.substr(0, path.size() - 1)));
  EXPECT_FALSE(read(signer, path.substr(0, path.find("&signature"))));
  EXPECT_FALSE(read(signer, "/api/v1/alerts"));
}

TEST_F(LinkTest, OfAnotherHistoryIsNone) {
  LinkSigner signer(history());
  LinkSigner other(history() + "2");
  EXPECT_FALSE(read(other, signer.path_of({ActionLink::Kind::kAcknowledge, "ep_1", "a", kExpires}).value()));
}

TEST_F(LinkTest, HasAKeyThatOnlyItsOwnerReads) {
  LinkSigner signer(history());
  ASSERT_TRUE(signer.path_of({ActionLink::Kind::kAcknowledge, "ep_1", "a", kExpires}));
  struct stat status{};
  ASSERT_EQ(::stat((history() + ".link-key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(LinkTest, IsNotMadeWithAKeyThatOthersCouldRead) {
  const std::string file = history() + ".link-key";
  std::ofstream(file) << "a key that is long enough, but known to all";
  ASSERT_EQ(::chmod(file.c_str(), 0644), 0);
  LinkSigner signer(history());
  EXPECT_FALSE(signer.path_of({ActionLink::Kind::kAcknowledge, "ep_1", "a", kExpires}));
}

}  // namespace
}  // namespace kpi::test
