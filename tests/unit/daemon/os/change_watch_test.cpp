#include "daemon/os/change_watch.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>

namespace kpi::test {
namespace {

FilesAsSeen files(const std::string& mark, std::uint64_t size) {
  return {{{"kpid.yaml", {"1", 100}}, {"rules.yaml", {mark, size}}}};
}

/// How many looks it takes until `now` is said to be a change of `known`.
int looks_until_told(const FilesAsSeen& known, const FilesAsSeen& now) {
  std::atomic<int> looks = 0;
  std::promise<int> told;
  ChangeWatch watch(std::chrono::milliseconds{1}, [&] { told.set_value(looks); });
  watch.look_at(
      [&] {
        ++looks;
        return now;
      },
      known);
  std::future<int> answer = told.get_future();
  return answer.wait_for(std::chrono::seconds{20}) == std::future_status::ready ? answer.get() : -1;
}

TEST(ChangeWatch, TellsOfAChangeThatRests) {
  EXPECT_EQ(looks_until_told(files("1", 1000), files("2", 1000)), 2);
  EXPECT_EQ(looks_until_told(files("1", 1000), files("2", 750)), 2);
  FilesAsSeen more = files("1", 1000);
  more.files["new.yaml"] = {"1", 10};
  EXPECT_EQ(looks_until_told(files("1", 1000), more), 2);
  EXPECT_EQ(looks_until_told(files("", 0), files("1", 1000)), 2) << "it has come";
}

TEST(ChangeWatch, WaitsLongerForAFileThatIsGoneOrPerhapsHalfWritten) {
  EXPECT_EQ(looks_until_told(files("1", 1000), files("2", 749)), 11);
  EXPECT_EQ(looks_until_told(files("1", 1000), files("2", 0)), 11);
  EXPECT_EQ(looks_until_told(files("1", 1000), files("", 0)), 11);
  FilesAsSeen less = files("1", 1000);
  less.files.erase("rules.yaml");
  EXPECT_EQ(looks_until_told(files("1", 1000), less), 11);
}

TEST(ChangeWatch, SaysNothingWhenTheFileIsBackInTime) {
  std::atomic<int> looks = 0;
  std::atomic<int> told = 0;
  std::promise<void> enough;
  ChangeWatch watch(std::chrono::milliseconds{1}, [&] { ++told; });
  watch.look_at(
      [&] {
        const int look = ++looks;
        if (look == 40) {
          enough.set_value();
        }
        return look % 20 < 10 ? files("1", 1000) : files("", 0);
      },
      files("1", 1000));
  ASSERT_EQ(enough.get_future().wait_for(std::chrono::seconds{20}), std::future_status::ready);
  EXPECT_EQ(told, 0);
}

}  // namespace
}  // namespace kpi::test
