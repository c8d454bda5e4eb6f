// The pool of threads at its end: it waits for jobs that heed the stop, and says when one does not.

#include "daemon/os/work_pool.hpp"

#include <gtest/gtest.h>

#include <semaphore>

namespace kpi {
namespace {

TEST(WorkPool, SaysThatAJobDoesNotHeedTheStop) {
  std::binary_semaphore begun{0};
  std::binary_semaphore end{0};
  WorkPool pool;
  pool.submit([&](const std::stop_token& /*stop*/) {
    begun.release();
    end.acquire();
  });
  begun.acquire();
  EXPECT_FALSE(pool.close(std::chrono::milliseconds{1}));
  end.release();
  EXPECT_TRUE(pool.close(std::chrono::minutes{1}));
}

}  // namespace
}  // namespace kpi
