// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Modules, instances and runs through the public interface, on a model written
// by hand.
#include "strait/runtime.h"

#include "test/runtime/SmallModel.h"
#include "gtest/gtest.h"

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace {

alignas(64) const float theWeights[] = {1, 2, 3, 4};

/// Counts what it gives out; refuses from the `refuseFrom`th on.
struct CountingAllocator {
  std::atomic<int> allocations{0}, live{0};
  int refuseFrom = -1;

  strait_allocator get() {
    return {[](void *user, size_t bytes, size_t alignment) -> void * {
              auto &self = *static_cast<CountingAllocator *>(user);
              if (self.refuseFrom >= 0 && self.allocations >= self.refuseFrom)
                return nullptr;
              ++self.allocations;
              ++self.live;
              void *memory = nullptr;
              return posix_memalign(&memory, alignment, bytes) ? nullptr
                                                               : memory;
            },
            [](void *user, void *memory, size_t) {
              --static_cast<CountingAllocator *>(user)->live;
              std::free(memory);
            },
            this};
  }
};

class RunTest : public testing::Test {
protected:
  void SetUp() override {
    strait_module_options options;
    strait_module_options_init(&options);
    options.weights = theWeights;
    options.weights_bytes = sizeof theWeights;
    ASSERT_EQ(strait_module_open(&strait_model, &options, &module, &error), 0)
        << error.text;
    strait_instance_options_init(&instanceOptions);
  }

  void TearDown() override {
    strait_instance_destroy(instance);
    strait_module_close(module);
  }

  void create() {
    ASSERT_EQ(
        strait_instance_create(module, &instanceOptions, &instance, &error), 0)
        << error.text;
  }

  strait_code setInput(const float *data, std::vector<int64_t> dims,
                       strait_instance *target = nullptr) {
    strait_tensor tensor = {const_cast<float *>(data), STRAIT_F32,
                            uint32_t(dims.size()), dims.data()};
    return strait_set_input(target ? target : instance, 0, 0, &tensor, &error);
  }

  strait_module *module = nullptr;
  strait_instance *instance = nullptr;
  strait_instance_options instanceOptions;
  strait_error error = {};
};

void expectResult(const float *x, const float *y, int64_t rows) {
  for (int64_t i = 0; i < rows * 4; ++i)
    EXPECT_EQ(y[i], x[i] * theWeights[i % 4] + 1) << i;
}

TEST_F(RunTest, DescribesTheModel) {
  EXPECT_STREQ(strait_module_name(module), "small");
  EXPECT_STREQ(strait_module_producer(module), "by hand");
  EXPECT_EQ(strait_module_weights_bytes(module), 16u);
  EXPECT_EQ(strait_num_entries(module), 4u);
  EXPECT_EQ(strait_find_entry(module, "count"), 1);
  EXPECT_EQ(strait_find_entry(module, "none"), -1);
  EXPECT_EQ(strait_find_input(module, 0, "x"), 0);
  EXPECT_EQ(strait_find_input(module, 9, "x"), -1);
  EXPECT_EQ(strait_find_output(module, 0, "y"), 0);
  EXPECT_STREQ(strait_input_desc(module, 0, 0)->name, "x");
  EXPECT_EQ(strait_input_desc(module, 0, 1), nullptr);
  EXPECT_EQ(strait_output_desc(module, 5, 0), nullptr);
  EXPECT_EQ(strait_num_inputs(module, 5), 0u);
  EXPECT_EQ(strait_entry_name(module, 5), nullptr);
  EXPECT_STREQ(strait_dtype_name(STRAIT_BF16), "bf16");
  EXPECT_STREQ(strait_dtype_name(999), "unknown");
  EXPECT_EQ(strait_dtype_bytes(STRAIT_F64), 8u);
  EXPECT_EQ(strait_dtype_bytes(999), 0u);
}

TEST_F(RunTest, RunsAtSeveralSizes) {
  create();
  alignas(64) float x[40];
  for (int i = 0; i < 40; ++i)
    x[i] = float(i) - 7;
  for (int64_t rows : {3, 10, 1, 0, 10}) {
    ASSERT_EQ(setInput(x, {rows, 4}), 0) << error.text;
    ASSERT_EQ(strait_run(instance, 0, nullptr, &error), 0) << error.text;
    strait_tensor y;
    ASSERT_EQ(strait_get_output(instance, 0, 0, &y, &error), 0);
    ASSERT_EQ(y.rank, 2u);
    EXPECT_EQ(y.dims[0], rows);
    EXPECT_EQ(y.dims[1], 4);
    EXPECT_EQ(y.dtype, uint32_t(STRAIT_F32));
    expectResult(x, static_cast<float *>(y.data), rows);
  }
}

TEST_F(RunTest, CallersBuffersAlignedOrNot) {
  create();
  alignas(64) float memory[2][80];
  for (int shift : {0, 1}) {
    float *x = memory[0] + shift, *y = memory[1] + shift;
    for (int i = 0; i < 20; ++i)
      x[i] = float(i);
    y[20] = -1;
    ASSERT_EQ(setInput(x, {5, 4}), 0);
    ASSERT_EQ(strait_set_output(instance, 0, 0, y, 80, &error), 0);
    ASSERT_EQ(strait_run(instance, 0, nullptr, &error), 0) << error.text;
    expectResult(x, y, 5);
    EXPECT_EQ(y[20], -1);
    strait_tensor tensor;
    ASSERT_EQ(strait_get_output(instance, 0, 0, &tensor, &error), 0);
    EXPECT_EQ(tensor.data, y);
  }
  ASSERT_EQ(strait_set_output(instance, 0, 0, memory[1], 79, &error), 0);
  EXPECT_EQ(strait_run(instance, 0, nullptr, &error), STRAIT_INVALID_INPUT);
  EXPECT_STREQ(error.text, "output 'y' (f32, 5x4): expected a buffer of 80 "
                           "bytes, got 79");
  // Back to the instance's own memory: usable after a failure.
  ASSERT_EQ(strait_set_output(instance, 0, 0, nullptr, 0, &error), 0);
  EXPECT_EQ(strait_run(instance, 0, nullptr, &error), 0);
}

TEST_F(RunTest, WrongInputsAreExplained) {
  create();
  EXPECT_EQ(strait_run(instance, 0, nullptr, &error), STRAIT_INVALID_INPUT);
  EXPECT_STREQ(error.text, "input 'x' (f32, ?x4) of entry 'main' is not set");
  float x[8] = {};
  EXPECT_EQ(setInput(x, {2, 3}), STRAIT_INVALID_INPUT);
  EXPECT_STREQ(error.text, "input 'x': expected dimensions ?x4, got 2x3");
  EXPECT_EQ(setInput(x, {8}), STRAIT_INVALID_INPUT);
  EXPECT_STREQ(error.text, "input 'x': expected dimensions ?x4, got 8");
  EXPECT_EQ(setInput(x, {}), STRAIT_INVALID_INPUT);
  EXPECT_STREQ(error.text, "input 'x': expected dimensions ?x4, got scalar");
  EXPECT_EQ(setInput(x, {-1, 4}), STRAIT_INVALID_INPUT);
  EXPECT_EQ(setInput(x, std::vector<int64_t>(100, 7)), STRAIT_INVALID_INPUT);
  int64_t dims[] = {2, 4};
  strait_tensor tensor = {x, STRAIT_I32, 2, dims};
  EXPECT_EQ(strait_set_input(instance, 0, 0, &tensor, &error),
            STRAIT_INVALID_INPUT);
  EXPECT_STREQ(error.text, "input 'x': expected type f32, got i32");
  EXPECT_EQ(strait_set_input(instance, 0, 7, &tensor, &error),
            STRAIT_INVALID_ARGUMENT);
  EXPECT_STREQ(error.text, "entry 'main': expected an input below 1, got 7");
  EXPECT_EQ(strait_set_input(instance, 9, 0, &tensor, &error),
            STRAIT_INVALID_ARGUMENT);
  EXPECT_EQ(strait_run(instance, 9, nullptr, &error), STRAIT_INVALID_ARGUMENT);
  // Dimensions whose product does not fit in memory or in 64 bits.
  ASSERT_EQ(setInput(x, {INT64_MAX / 8, 4}), 0);
  EXPECT_EQ(strait_run(instance, 0, nullptr, &error), STRAIT_INVALID_INPUT);
  EXPECT_NE(std::string(error.text).find("cannot have the dimensions"),
            std::string::npos);
  ASSERT_EQ(setInput(nullptr, {2, 4}), 0);
  EXPECT_EQ(strait_run(instance, 0, nullptr, &error), STRAIT_INVALID_INPUT);
  EXPECT_STREQ(error.text, "input 'x' has no data");
  strait_tensor output;
  EXPECT_EQ(strait_get_output(instance, 0, 0, &output, &error),
            STRAIT_INVALID_ARGUMENT);
}

TEST_F(RunTest, QueryTellsDimensionsWithoutData) {
  create();
  ASSERT_EQ(setInput(nullptr, {6, 4}), 0);
  ASSERT_EQ(strait_query_outputs(instance, 0, &error), 0) << error.text;
  strait_tensor y;
  ASSERT_EQ(strait_get_output(instance, 0, 0, &y, &error), 0);
  EXPECT_EQ(y.dims[0], 6);
  EXPECT_EQ(y.data, nullptr);
}

TEST_F(RunTest, SizesThatDependOnData) {
  create();
  alignas(64) int64_t values[] = {5, -1, 7};
  int64_t dims[] = {3};
  strait_tensor tensor = {values, STRAIT_I64, 1, dims};
  ASSERT_EQ(strait_set_input(instance, 1, 0, &tensor, &error), 0);
  ASSERT_EQ(strait_query_outputs(instance, 1, &error), 0);
  strait_tensor positive;
  ASSERT_EQ(strait_get_output(instance, 1, 0, &positive, &error), 0);
  EXPECT_EQ(positive.dims[0], -1);
  ASSERT_EQ(strait_run(instance, 1, nullptr, &error), 0) << error.text;
  ASSERT_EQ(strait_get_output(instance, 1, 0, &positive, &error), 0);
  ASSERT_EQ(positive.dims[0], 2);
  EXPECT_EQ(static_cast<int64_t *>(positive.data)[1], 7);
}

TEST_F(RunTest, SteadyStateAllocatesNothing) {
  CountingAllocator allocator;
  strait_pool *pool = nullptr;
  strait_pool_options poolOptions;
  strait_pool_options_init(&poolOptions);
  poolOptions.threads = 2;
  ASSERT_EQ(strait_pool_create(&poolOptions, &pool, &error), 0);
  instanceOptions.allocator = allocator.get();
  instanceOptions.pool = pool;
  create();
  std::vector<float> x(400, 1.5f);
  ASSERT_EQ(setInput(x.data() + 1, {90, 4}), 0);
  ASSERT_EQ(strait_run(instance, 0, nullptr, &error), 0);
  int before = allocator.allocations;
  for (int64_t rows : {90, 3, 57, 90, 1})
    for (int i = 0; i < 3; ++i) {
      ASSERT_EQ(setInput(x.data() + 1, {rows, 4}), 0);
      ASSERT_EQ(strait_run(instance, 0, nullptr, &error), 0);
    }
  EXPECT_EQ(allocator.allocations, before);
  strait_memory memory;
  strait_instance_memory(instance, &memory);
  EXPECT_GE(memory.arena_bytes, 90u * 16);
  EXPECT_EQ(memory.scratch_bytes, 2u * 64);
  strait_instance_destroy(instance);
  instance = nullptr;
  EXPECT_EQ(allocator.live, 0);
  strait_pool_destroy(pool);
}

TEST_F(RunTest, EveryRefusedAllocationIsAnError) {
  float x[40] = {};
  bool succeeded = false;
  for (int refuseFrom = 0; !succeeded && refuseFrom < 50; ++refuseFrom) {
    CountingAllocator allocator;
    allocator.refuseFrom = refuseFrom;
    instanceOptions.allocator = allocator.get();
    strait_instance *limited = nullptr;
    strait_code code =
        strait_instance_create(module, &instanceOptions, &limited, &error);
    if (!code) {
      ASSERT_EQ(setInput(x + 1, {9, 4}, limited), 0);
      code = strait_run(limited, 0, nullptr, &error);
    }
    succeeded = code == 0;
    if (!succeeded) {
      EXPECT_EQ(code, STRAIT_OUT_OF_MEMORY) << error.text;
      EXPECT_NE(std::string(error.text).find("no memory"), std::string::npos);
    }
    strait_instance_destroy(limited);
    EXPECT_EQ(allocator.live, 0);
  }
  EXPECT_TRUE(succeeded);
}

TEST_F(RunTest, ResultsDoNotDependOnThreads) {
  std::vector<float> x(4 * 1000);
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = std::sin(float(i));
  std::vector<float> first;
  for (uint32_t threads : {1, 2, 5}) {
    strait_pool_options poolOptions;
    strait_pool_options_init(&poolOptions);
    poolOptions.threads = threads;
    strait_pool *pool = nullptr;
    ASSERT_EQ(strait_pool_create(&poolOptions, &pool, &error), 0);
    instanceOptions.pool = pool;
    create();
    ASSERT_EQ(setInput(x.data(), {1000, 4}), 0);
    ASSERT_EQ(strait_run(instance, 0, nullptr, &error), 0);
    strait_tensor y;
    ASSERT_EQ(strait_get_output(instance, 0, 0, &y, &error), 0);
    auto *data = static_cast<float *>(y.data);
    if (first.empty())
      first.assign(data, data + 4000);
    EXPECT_EQ(std::memcmp(first.data(), data, 16000), 0);
    strait_instance_destroy(instance);
    instance = nullptr;
    strait_pool_destroy(pool);
  }
}

TEST_F(RunTest, ApplicationsOwnThreads) {
  int calls = 0;
  instanceOptions.executor.workers = 3;
  instanceOptions.executor.user = &calls;
  instanceOptions.executor.parallel_for = [](void *user, uint32_t workers,
                                             void (*body)(void *, uint32_t),
                                             void *context) {
    ++*static_cast<int *>(user);
    std::vector<std::thread> threads;
    for (uint32_t i = 0; i < workers; ++i)
      threads.emplace_back(body, context, i);
    for (std::thread &thread : threads)
      thread.join();
  };
  create();
  alignas(64) float x[40];
  for (int i = 0; i < 40; ++i)
    x[i] = float(i);
  ASSERT_EQ(setInput(x, {10, 4}), 0);
  ASSERT_EQ(strait_run(instance, 0, nullptr, &error), 0);
  EXPECT_EQ(calls, 2);
  strait_tensor y;
  ASSERT_EQ(strait_get_output(instance, 0, 0, &y, &error), 0);
  expectResult(x, static_cast<float *>(y.data), 10);
  strait_instance *other = nullptr;
  instanceOptions.executor.workers = 0;
  EXPECT_EQ(strait_instance_create(module, &instanceOptions, &other, &error),
            STRAIT_INVALID_ARGUMENT);
}

TEST_F(RunTest, TwoThreadsTwoInstancesOnePool) {
  strait_pool_options poolOptions;
  strait_pool_options_init(&poolOptions);
  poolOptions.threads = 2;
  strait_pool *pool = nullptr;
  ASSERT_EQ(strait_pool_create(&poolOptions, &pool, &error), 0);
  auto work = [&](float value) {
    strait_instance_options options;
    strait_instance_options_init(&options);
    options.pool = pool;
    strait_instance *own = nullptr;
    strait_error failure;
    ASSERT_EQ(strait_instance_create(module, &options, &own, &failure), 0);
    alignas(64) float x[400];
    std::fill(std::begin(x), std::end(x), value);
    int64_t dims[] = {100, 4};
    strait_tensor tensor = {x, STRAIT_F32, 2, dims};
    for (int i = 0; i < 200; ++i) {
      ASSERT_EQ(strait_set_input(own, 0, 0, &tensor, &failure), 0);
      ASSERT_EQ(strait_run(own, 0, nullptr, &failure), 0);
      strait_tensor y;
      ASSERT_EQ(strait_get_output(own, 0, 0, &y, &failure), 0);
      expectResult(x, static_cast<float *>(y.data), 100);
    }
    strait_instance_destroy(own);
  };
  std::thread one(work, 1.0f), two(work, 2.0f);
  one.join();
  two.join();
  strait_pool_destroy(pool);
}

/// Cancels or waits in the callback after the first launch.
TEST_F(RunTest, CancellationStopsBeforeTheNextKernel) {
  struct Seen {
    strait_instance *instance;
    int launches = 0;
    bool cancel = true;
  } seen;
  instanceOptions.on_launch = [](void *user, const strait_launch_event *) {
    auto &seen = *static_cast<Seen *>(user);
    ++seen.launches;
    if (seen.cancel)
      std::thread([&] { strait_cancel(seen.instance); }).join();
  };
  instanceOptions.on_launch_user = &seen;
  create();
  seen.instance = instance;
  float x[4] = {};
  ASSERT_EQ(setInput(x, {1, 4}), 0);
  EXPECT_EQ(strait_run(instance, 0, nullptr, &error), STRAIT_CANCELLED);
  EXPECT_STREQ(error.text, "the run was cancelled");
  EXPECT_EQ(seen.launches, 1);
  seen.cancel = false;
  EXPECT_EQ(strait_run(instance, 0, nullptr, &error), 0);
  // Without a run in progress, the next one.
  strait_cancel(instance);
  EXPECT_EQ(strait_run(instance, 0, nullptr, &error), STRAIT_CANCELLED);
  EXPECT_EQ(strait_run(instance, 0, nullptr, &error), 0);
}

TEST_F(RunTest, DeadlineIsKept) {
  instanceOptions.on_launch = [](void *, const strait_launch_event *) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  };
  create();
  float x[4] = {};
  ASSERT_EQ(setInput(x, {1, 4}), 0);
  strait_run_options options;
  strait_run_options_init(&options);
  options.timeout_ns = 2000000;
  EXPECT_EQ(strait_run(instance, 0, &options, &error), STRAIT_DEADLINE);
  options.timeout_ns = 60000000000u;
  EXPECT_EQ(strait_run(instance, 0, &options, &error), 0);
  options.timeout_ns = UINT64_MAX; /* beyond the clock's last moment */
  EXPECT_EQ(strait_run(instance, 0, &options, &error), 0);
  options.size = 1;
  EXPECT_EQ(strait_run(instance, 0, &options, &error), STRAIT_INVALID_ARGUMENT);
}

TEST_F(RunTest, LaunchEventsNameTheOnnxNodes) {
  std::vector<std::string> seen;
  instanceOptions.on_launch = [](void *user, const strait_launch_event *event) {
    EXPECT_LE(event->start_ns, event->end_ns);
    EXPECT_EQ(event->tasks, 2);
    static_cast<std::vector<std::string> *>(user)->push_back(
        std::string(event->kernel) + " " + event->origin);
  };
  instanceOptions.on_launch_user = &seen;
  create();
  float x[8] = {};
  ASSERT_EQ(setInput(x, {2, 4}), 0);
  ASSERT_EQ(strait_run(instance, 0, nullptr, &error), 0);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0], "scale_rows /scale/Mul");
}

TEST_F(RunTest, ModulesThatDoNotFitAreRefused) {
  strait_module *other = nullptr;
  strait_module_options options;
  strait_module_options_init(&options);
  options.weights = theWeights;
  options.weights_bytes = 8;
  EXPECT_EQ(strait_module_open(&strait_model, &options, &other, &error),
            STRAIT_INVALID_ARGUMENT);
  EXPECT_STREQ(error.text, "expected 16 bytes of weights, got 8");
  options.weights = reinterpret_cast<const char *>(theWeights) + 4;
  options.weights_bytes = 16;
  EXPECT_EQ(strait_module_open(&strait_model, &options, &other, &error),
            STRAIT_INVALID_ARGUMENT);
  strait_model_desc newer = strait_model;
  newer.abi_version = STRAIT_ABI_VERSION + 1;
  EXPECT_EQ(strait_module_open(&newer, nullptr, &other, &error),
            STRAIT_BAD_ARTEFACT);
  // Code for AVX-512 only, on a machine that is told to have less.
  strait_model_desc wide = strait_model;
  strait_kernel_fn code = strait_model.kernels[0].code[0];
  strait_kernel_desc kernels[] = {{"both", {code, code}, 0, 0},
                                  {"wide", {nullptr, code}, 0, 0}};
  wide.kernels = kernels;
  options.weights = theWeights;
  options.max_isa = STRAIT_ISA_AVX2;
  EXPECT_EQ(strait_module_open(&wide, &options, &other, &error),
            STRAIT_UNSUPPORTED_CPU);
  EXPECT_NE(std::string(error.text).find("compiled for AVX-512"),
            std::string::npos)
      << error.text;
  kernels[1].code[1] = nullptr;
  EXPECT_EQ(strait_module_open(&wide, &options, &other, &error),
            STRAIT_BAD_ARTEFACT);
  EXPECT_EQ(other, nullptr);
}

#if defined(__x86_64__)
TEST_F(RunTest, KernelsRunInOneFloatingPointMode) {
  static std::atomic<uint32_t> seen;
  strait_kernel_fn look = [](void *const *, const int64_t *, void *, int64_t,
                             int64_t) { seen |= _mm_getcsr(); };
  strait_kernel_desc kernels[] = {{"first", {look, look}, 0, 0},
                                  {"second", {look, look}, 0, 0}};
  strait_model_desc looking = strait_model;
  looking.kernels = kernels;
  strait_module_options options;
  strait_module_options_init(&options);
  options.weights = theWeights;
  options.weights_bytes = sizeof theWeights;
  strait_module *opened = nullptr;
  ASSERT_EQ(strait_module_open(&looking, &options, &opened, &error), 0);
  strait_pool *pool = nullptr;
  strait_pool_options threads;
  strait_pool_options_init(&threads);
  threads.threads = 2;
  ASSERT_EQ(strait_pool_create(&threads, &pool, &error), 0);
  // The application rounds up and has looked at its exceptions.
  const uint32_t own = 0x5f81, expected = 0x9fc0;
  const uint32_t before = _mm_getcsr();
  for (strait_pool *used : {static_cast<strait_pool *>(nullptr), pool}) {
    strait_instance *target = nullptr;
    instanceOptions.pool = used;
    ASSERT_EQ(
        strait_instance_create(opened, &instanceOptions, &target, &error), 0);
    alignas(64) float x[40] = {};
    ASSERT_EQ(setInput(x, {10, 4}, target), 0);
    seen = 0;
    _mm_setcsr(own);
    strait_code code = strait_run(target, 0, nullptr, &error);
    const uint32_t after = _mm_getcsr();
    _mm_setcsr(before);
    EXPECT_EQ(code, 0);
    EXPECT_EQ(seen, expected);
    EXPECT_EQ(after, own);
    strait_instance_destroy(target);
  }
  strait_pool_destroy(pool);
  strait_module_close(opened);
}
#endif

TEST_F(RunTest, HighestCodeOfTheMachineIsTaken) {
  strait_module_options options;
  strait_module_options_init(&options);
  options.weights = theWeights;
  options.weights_bytes = sizeof theWeights;
  options.max_isa = STRAIT_ISA_AVX2;
  strait_module *low = nullptr;
  ASSERT_EQ(strait_module_open(&strait_model, &options, &low, &error), 0);
  EXPECT_EQ(strait_module_isa(low), uint32_t(STRAIT_ISA_AVX2));
  EXPECT_LE(strait_module_isa(low), strait_module_isa(module));
  strait_module_close(low);
}

TEST_F(RunTest, LevelsAreHeldByAllKernelsOrNot) {
  // One kernel of the small model has no code for AVX-512.
  EXPECT_EQ(strait_module_isa(module), uint32_t(STRAIT_ISA_AVX2));
  EXPECT_TRUE(strait_module_has_isa(module, STRAIT_ISA_AVX2));
  EXPECT_FALSE(strait_module_has_isa(module, STRAIT_ISA_AVX512));
  EXPECT_FALSE(strait_module_has_isa(module, STRAIT_ISA_COUNT));
  strait_model_desc both = strait_model;
  strait_kernel_fn code = strait_model.kernels[0].code[0];
  strait_kernel_desc kernels[] = {{"first", {code, code}, 0, 0},
                                  {"second", {code, code}, 0, 0}};
  both.kernels = kernels;
  strait_module_options options;
  strait_module_options_init(&options);
  options.weights = theWeights;
  options.weights_bytes = sizeof theWeights;
  for (uint32_t limit : {STRAIT_ISA_AVX2, STRAIT_ISA_AVX512}) {
    options.max_isa = limit;
    strait_module *opened = nullptr;
    ASSERT_EQ(strait_module_open(&both, &options, &opened, &error), 0);
    EXPECT_TRUE(strait_module_has_isa(opened, STRAIT_ISA_AVX512));
    EXPECT_LE(strait_module_isa(opened), limit);
    strait_module_close(opened);
  }
}

} // namespace
