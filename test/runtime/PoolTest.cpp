// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pool: every body runs once at most, worker 0 always, nobody is lost.
#include "runtime/core/pool.h"

#include "gtest/gtest.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

strait_pool *makePool(uint32_t threads) {
  strait_pool_options options;
  strait_pool_options_init(&options);
  options.threads = threads;
  strait_pool *pool = nullptr;
  strait_error error;
  EXPECT_EQ(strait_pool_create(&options, &pool, &error), STRAIT_OK)
      << error.text;
  return pool;
}

/// A sum over [0, tasks) that workers take one by one.
struct Sum {
  std::atomic<int64_t> next{0}, total{0};
  int64_t tasks = 0;
  std::vector<std::atomic<int>> calls = std::vector<std::atomic<int>>(64);

  static void body(void *context, uint32_t worker) {
    Sum &sum = *static_cast<Sum *>(context);
    ++sum.calls[worker];
    for (int64_t task; (task = sum.next++) < sum.tasks;)
      sum.total += task;
  }
};

void expectSum(strait_pool *pool, uint32_t workers, int64_t tasks) {
  Sum sum;
  sum.tasks = tasks;
  strait_pool_run(pool, workers, Sum::body, &sum);
  EXPECT_EQ(sum.total, tasks * (tasks - 1) / 2);
  EXPECT_EQ(sum.calls[0], 1);
  for (uint32_t i = 1; i < 64; ++i)
    EXPECT_LE(sum.calls[i], i < workers ? 1 : 0);
}

TEST(PoolTest, ManyShortJobs) {
  for (uint32_t threads : {1, 2, 3, 8}) {
    strait_pool *pool = makePool(threads);
    EXPECT_EQ(strait_pool_threads(pool), threads);
    for (int i = 0; i < 2000; ++i)
      expectSum(pool, threads, i % 50);
    strait_pool_destroy(pool);
  }
}

TEST(PoolTest, HelpersThatSleepWakeUp) {
  strait_pool *pool = makePool(4);
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    expectSum(pool, 4, 1000);
  }
  strait_pool_destroy(pool);
}

/// Waits for all workers to be inside: hangs if the pool did not run them.
struct Meeting {
  std::atomic<uint32_t> present{0};
  uint32_t expected = 0;

  static void body(void *context, uint32_t) {
    Meeting &meeting = *static_cast<Meeting *>(context);
    ++meeting.present;
    while (meeting.present < meeting.expected)
      std::this_thread::yield();
  }
};

TEST(PoolTest, WorkersRunAtTheSameTime) {
  strait_pool *pool = makePool(4);
  for (int i = 0; i < 20; ++i) {
    Meeting meeting;
    meeting.expected = 4;
    strait_pool_run(pool, 4, Meeting::body, &meeting);
    EXPECT_EQ(meeting.present, 4u);
  }
  strait_pool_destroy(pool);
}

TEST(PoolTest, FewerWorkersThanThreads) {
  strait_pool *pool = makePool(8);
  for (int i = 0; i < 200; ++i)
    expectSum(pool, 2, 100);
  strait_pool_destroy(pool);
}

TEST(PoolTest, SeveralCallersShareAPool) {
  strait_pool *pool = makePool(3);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller)
    callers.emplace_back([pool] {
      for (int i = 0; i < 500; ++i)
        expectSum(pool, 3, 40);
    });
  for (std::thread &caller : callers)
    caller.join();
  strait_pool_destroy(pool);
}

TEST(PoolTest, DefaultIsAThreadPerCpu) {
  strait_pool *pool = nullptr;
  ASSERT_EQ(strait_pool_create(nullptr, &pool, nullptr), STRAIT_OK);
  EXPECT_GE(strait_pool_threads(pool), 1u);
  strait_pool_destroy(pool);
}

TEST(PoolTest, BadOptionsAreRefused) {
  strait_pool *pool = nullptr;
  strait_error error;
  strait_pool_options options;
  strait_pool_options_init(&options);
  options.threads = STRAIT_MOST_THREADS + 1;
  EXPECT_EQ(strait_pool_create(&options, &pool, &error),
            STRAIT_INVALID_ARGUMENT);
  EXPECT_STREQ(error.text, "expected at most 1024 threads, got 1025");
  options.threads = 2;
  options.size = 4;
  EXPECT_EQ(strait_pool_create(&options, &pool, &error),
            STRAIT_INVALID_ARGUMENT);
  strait_pool_options_init(&options);
  options.allocator.release = [](void *, void *memory, size_t) {
    std::free(memory);
  };
  EXPECT_EQ(strait_pool_create(&options, &pool, &error),
            STRAIT_INVALID_ARGUMENT);
  EXPECT_EQ(pool, nullptr);
  strait_pool_destroy(nullptr);
}

} // namespace
