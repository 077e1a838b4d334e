// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Memory that a loop grows: how often it moves, and that it goes.
#include "strait/runtime.h"

#include "test/runtime/SmallModel.h"
#include "gtest/gtest.h"

#include <cstdlib>
#include <functional>
#include <string>

namespace {

alignas(64) const float theWeights[] = {1, 2, 3, 4};

/// Knows every byte that it gave out; `mayGive` is asked before each block.
struct WatchedAllocator {
  int allocations = 0;
  size_t live = 0, most = 0;
  std::function<bool(int)> mayGive = [](int) { return true; };

  strait_allocator get() {
    return {[](void *user, size_t bytes, size_t alignment) -> void * {
              auto &self = *static_cast<WatchedAllocator *>(user);
              if (!self.mayGive(self.allocations++))
                return nullptr;
              self.live += bytes;
              self.most = std::max(self.most, self.live);
              void *memory = nullptr;
              return posix_memalign(&memory, alignment, bytes) ? nullptr
                                                               : memory;
            },
            [](void *user, void *memory, size_t bytes) {
              static_cast<WatchedAllocator *>(user)->live -= bytes;
              std::free(memory);
            },
            this};
  }
};

class GrowthTest : public testing::Test {
protected:
  static constexpr uint32_t loop = 3; // the entry

  void SetUp() override {
    strait_module_options options;
    strait_module_options_init(&options);
    options.weights = theWeights;
    options.weights_bytes = sizeof theWeights;
    ASSERT_EQ(strait_module_open(&strait_model, &options, &module, &error), 0)
        << error.text;
    strait_instance_options instanceOptions;
    strait_instance_options_init(&instanceOptions);
    instanceOptions.allocator = allocator.get();
    ASSERT_EQ(
        strait_instance_create(module, &instanceOptions, &instance, &error), 0)
        << error.text;
  }

  void TearDown() override {
    strait_instance_destroy(instance);
    EXPECT_EQ(allocator.live, 0u);
    strait_module_close(module);
  }

  strait_code run(int64_t count, int64_t failAt = -1) {
    const int64_t dims[] = {3};
    alignas(64) int64_t values[] = {count, failAt, 0};
    strait_tensor tensor = {values, STRAIT_I64, 1, dims};
    EXPECT_EQ(strait_set_input(instance, loop, 0, &tensor, &error), 0);
    return strait_run(instance, loop, nullptr, &error);
  }

  WatchedAllocator allocator;
  strait_module *module = nullptr;
  strait_instance *instance = nullptr;
  strait_error error = {};
};

TEST_F(GrowthTest, KeepsWhatIsReadAndWhatIsCollected) {
  for (int64_t count : {0, 1, 2, 9, 300, 5}) {
    ASSERT_EQ(run(count), 0) << error.text;
    strait_tensor sums;
    ASSERT_EQ(strait_get_output(instance, loop, 0, &sums, &error), 0);
    ASSERT_EQ(sums.dims[0], count);
    for (int64_t i = 0; i < count; ++i)
      EXPECT_EQ(static_cast<int64_t *>(sums.data)[i], i * (i + 1) / 2) << i;
  }
}

TEST_F(GrowthTest, MovesSeldomAndTakesAFewTimesItsSize) {
  ASSERT_EQ(run(1), 0);
  int before = allocator.allocations;
  size_t rest = allocator.live;
  ASSERT_EQ(run(10000), 0);
  // Three blocks that double from one line of 64 bytes, and the output.
  EXPECT_LE(allocator.allocations - before, 3 * 12 + 1);
  EXPECT_LE(allocator.most - rest, 8u * 80000);
}

TEST_F(GrowthTest, IsGoneWhenTheRunEnds) {
  ASSERT_EQ(run(0), 0);
  size_t rest = allocator.live;
  ASSERT_EQ(run(1000), 0);
  // The output stays.
  EXPECT_LE(allocator.live, rest + 8000);
}

TEST_F(GrowthTest, IsGoneAfterAnError) {
  ASSERT_EQ(run(0), 0);
  size_t rest = allocator.live;
  EXPECT_EQ(run(1000, 999), STRAIT_INVALID_INPUT);
  EXPECT_EQ(allocator.live, rest);
  EXPECT_EQ(run(10), 0);
}

TEST_F(GrowthTest, IsGoneAfterCancellation) {
  ASSERT_EQ(run(0), 0);
  size_t rest = allocator.live;
  int first = allocator.allocations;
  allocator.mayGive = [&](int number) {
    if (number == first + 6)
      strait_cancel(instance);
    return true;
  };
  EXPECT_EQ(run(1000), STRAIT_CANCELLED);
  EXPECT_EQ(allocator.allocations, first + 7);
  EXPECT_EQ(allocator.live, rest);
}

TEST_F(GrowthTest, RefusedMemoryNamesTheLoop) {
  ASSERT_EQ(run(0), 0);
  size_t rest = allocator.live;
  // Less room than doubling wants is tried, so every second refusal counts.
  for (int limit = 0; limit < 20; ++limit) {
    int first = allocator.allocations;
    allocator.mayGive = [=](int number) { return number < first + limit; };
    EXPECT_EQ(run(10000), STRAIT_OUT_OF_MEMORY);
    EXPECT_NE(std::string(error.text).find("node 'loop': no memory for"),
              std::string::npos)
        << error.text;
    EXPECT_EQ(allocator.live, rest);
  }
  allocator.mayGive = [](int) { return true; };
  EXPECT_EQ(run(10000), 0) << error.text;
}

} // namespace
