// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// States: what a run writes is what the next one reads.
#include "strait/runtime.h"

#include "test/runtime/SmallModel.h"
#include "gtest/gtest.h"

#include <cstdlib>
#include <string>

namespace {

alignas(64) const float theWeights[] = {1, 2, 3, 4};
enum { MAIN = 0, COUNT = 1, APPEND = 2 };

class StateTest : public testing::Test {
protected:
  void SetUp() override {
    strait_module_options options;
    strait_module_options_init(&options);
    options.weights = theWeights;
    options.weights_bytes = sizeof theWeights;
    ASSERT_EQ(strait_module_open(&strait_model, &options, &module, &error), 0);
    ASSERT_EQ(strait_instance_create(module, nullptr, &instance, &error), 0);
  }

  void TearDown() override {
    strait_instance_destroy(instance);
    strait_state_destroy(state);
    strait_module_close(module);
  }

  void makeState(uint32_t entry,
                 const strait_state_options *options = nullptr) {
    ASSERT_EQ(strait_state_create(module, entry, 0, options, &state, &error), 0)
        << error.text;
    ASSERT_EQ(strait_bind_state(instance, entry, 0, 0, state, &error), 0)
        << error.text;
  }

  strait_module *module = nullptr;
  strait_instance *instance = nullptr;
  strait_state *state = nullptr;
  strait_error error = {};
};

TEST_F(StateTest, RecurrenceOverRuns) {
  makeState(MAIN);
  float start[] = {1, 1, 1, 1};
  int64_t dims[] = {1, 4};
  strait_tensor value = {start, STRAIT_F32, 2, dims};
  ASSERT_EQ(strait_state_set(state, &value, &error), 0);
  float expected[] = {1, 1, 1, 1};
  for (int run = 0; run < 6; ++run) {
    ASSERT_EQ(strait_run(instance, MAIN, nullptr, &error), 0) << error.text;
    ASSERT_EQ(strait_state_get(state, &value, &error), 0);
    strait_tensor output;
    ASSERT_EQ(strait_get_output(instance, MAIN, 0, &output, &error), 0);
    EXPECT_EQ(output.data, value.data);
    for (int i = 0; i < 4; ++i) {
      expected[i] = expected[i] * theWeights[i] + 1;
      EXPECT_EQ(static_cast<float *>(value.data)[i], expected[i]);
    }
  }
}

TEST_F(StateTest, GrowsAndSurvivesAFailedRun) {
  static int allocations;
  allocations = 0;
  strait_state_options options;
  strait_state_options_init(&options);
  options.allocator = {
      [](void *, size_t bytes, size_t alignment) -> void * {
        ++allocations;
        void *memory = nullptr;
        return posix_memalign(&memory, alignment, bytes) ? nullptr : memory;
      },
      [](void *, void *memory, size_t) { std::free(memory); }, nullptr};
  makeState(APPEND, &options);
  int64_t dims[] = {0};
  strait_tensor value = {nullptr, STRAIT_I64, 1, dims};
  ASSERT_EQ(strait_state_set(state, &value, &error), 0);
  for (int run = 0; run < 100; ++run)
    ASSERT_EQ(strait_run(instance, APPEND, nullptr, &error), 0) << error.text;
  EXPECT_LE(allocations, 14);
  EXPECT_EQ(strait_run(instance, APPEND, nullptr, &error),
            STRAIT_INVALID_INPUT);
  EXPECT_STREQ(error.text, "length: expected 99, got 100");
  ASSERT_EQ(strait_state_get(state, &value, &error), 0);
  ASSERT_EQ(value.dims[0], 100);
  for (int64_t i = 0; i < 100; ++i)
    EXPECT_EQ(static_cast<int64_t *>(value.data)[i], i);
  ASSERT_EQ(strait_query_outputs(instance, APPEND, &error), 0);
  strait_tensor present;
  ASSERT_EQ(strait_get_output(instance, APPEND, 0, &present, &error), 0);
  EXPECT_EQ(present.dims[0], 101);
}

TEST_F(StateTest, MisuseIsExplained) {
  makeState(MAIN);
  strait_tensor value;
  EXPECT_EQ(strait_state_get(state, &value, &error), STRAIT_INVALID_ARGUMENT);
  EXPECT_EQ(strait_run(instance, MAIN, nullptr, &error), STRAIT_INVALID_INPUT);
  EXPECT_STREQ(error.text, "the state of input 'x' has no value: set it first");
  float data[5] = {};
  int64_t dims[] = {1, 5};
  value = {data, STRAIT_F32, 2, dims};
  ASSERT_EQ(strait_state_set(state, &value, &error), 0);
  EXPECT_EQ(strait_run(instance, MAIN, nullptr, &error), STRAIT_INVALID_INPUT);
  EXPECT_STREQ(error.text,
               "state of input 'x': expected dimensions ?x4, got 1x5");
  value.dtype = STRAIT_I32;
  EXPECT_EQ(strait_state_set(state, &value, &error), STRAIT_INVALID_INPUT);
  EXPECT_EQ(strait_bind_state(instance, COUNT, 0, 0, state, &error),
            STRAIT_INVALID_INPUT);
  EXPECT_STREQ(error.text, "state of 'values': expected type i64 of rank 1, "
                           "got f32 of rank 2");
  EXPECT_EQ(strait_bind_state(instance, MAIN, 0, 4, state, &error),
            STRAIT_INVALID_ARGUMENT);
  // Unbound, the input is asked for as usual.
  ASSERT_EQ(strait_bind_state(instance, MAIN, 0, 0, nullptr, &error), 0);
  EXPECT_EQ(strait_run(instance, MAIN, nullptr, &error), STRAIT_INVALID_INPUT);
  EXPECT_NE(std::string(error.text).find("is not set"), std::string::npos);
  strait_state *other = nullptr;
  EXPECT_EQ(strait_state_create(module, 9, 0, nullptr, &other, &error),
            STRAIT_INVALID_ARGUMENT);
}

} // namespace
