// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Models for GPUs through the public interface, with a driver that records what
// it is asked for.
#include "strait/runtime.h"

#include "runtime/core/backend.h"
#include "test/runtime/SmallModel.h"
#include "test/runtime/cuda/RecordingDriver.h"
#include "gtest/gtest.h"

#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <string>
#include <thread>
#include <vector>

extern "C" {
#include "runtime/program/program.h"
extern const strait_backend strait_cuda_backend;
}

namespace {

alignas(64) const float theWeights[] = {1, 2, 3, 4};
enum { MAIN = 0 };

/// An entry over states, copies and memory that grows: y = the state's rows
/// behind those of x, and how many there are.
int32_t runRows(const strait_services *services, strait_run_state *run,
                const uint8_t *, const strait_binding *inputs,
                strait_binding *outputs, int32_t query) {
  outputs[0].dims[0] = -1;
  if (query)
    return 0;
  int64_t drop = 0, held = 0;
  void *rows, *all, *kept, *result;
  int32_t code = services->read(run, &drop, inputs[1].data, sizeof drop);
  if (!code)
    code = services->state(run, 0, &rows, &held);
  if (!code)
    code = services->rotate(run, 0, drop, held, &held);
  if (!code)
    code = services->write_rows(run, 0, inputs[0].data, held, 2);
  if (!code)
    code = services->grow(run, 0, 8, 0, "node 'loop'", &all);
  if (!code)
    code = services->copy(run, all, rows, 8);
  if (!code)
    code = services->grow(run, 0, 4 * (held + 2), 8, "node 'loop'", &kept);
  if (!code)
    code = services->copy(run, static_cast<char *>(kept) + 8,
                          static_cast<char *>(rows) + 8, 4 * held);
  outputs[0].dims[0] = held + 3;
  if (!code)
    code = services->output(run, 0, &result);
  if (!code)
    code = services->copy(run, result, kept, 4 * (held + 2));
  float count = float(held + 2);
  if (!code)
    code = services->write(run, static_cast<char *>(result) + 4 * (held + 2),
                           &count, sizeof count);
  count = -1; // as compiled code reuses its stack
  return code;
}

const int64_t two[] = {2}, capacity[] = {6}, none[] = {-1};
const strait_tensor_desc rowsInputs[] = {{"x", STRAIT_F32, 1, two, nullptr},
                                         {"drop", STRAIT_I64, 0, two, nullptr}};
const strait_tensor_desc rowsOutputs[] = {{"y", STRAIT_F32, 1, none, nullptr}};
const strait_state_desc states[] = {{"past", STRAIT_F32, 1, capacity, 0, 0},
                                    {"whole", STRAIT_F32, 1, two, -1, 0}};
const uint32_t threads80[] = {64, 128}, threads90[] = {64, 256};
const strait_image_desc images[] = {{STRAIT_ISA_SM80, 0, "for 80", threads80},
                                    {STRAIT_ISA_SM90A, 0, "for 90", threads90}};

class CudaTest : public testing::Test {
protected:
  void SetUp() override {
    setenv("STRAIT_LIBCUDA", RECORDING_DRIVER, 1);
    unsetenv("STRAIT_CUDA_SYNC");
    driver = recording_reset();
    for (uint32_t i = 0; i < strait_model.num_kernels; ++i) {
      const strait_kernel_desc &kernel = strait_model.kernels[i];
      recording_kernel(kernel.name, kernel.code[0], kernel.num_buffers,
                       kernel.num_sizes);
    }
    entries[0] = strait_model.entries[MAIN];
    entries[1] = {"rows", runRows, 2, 1, rowsInputs, rowsOutputs, 1, 0};
    model = strait_model;
    model.entries = entries;
    model.num_entries = 2;
    model.num_states = 2;
    model.states = states;
    model.num_images = 2;
    model.images = images;
    model.backend = &strait_cuda_backend;
    strait_module_options_init(&options);
    options.weights = theWeights;
    options.weights_bytes = sizeof theWeights;
    strait_instance_options_init(&instanceOptions);
  }

  void TearDown() override {
    strait_instance_destroy(instance);
    strait_module_close(module);
    // Everything was given back, and the driver used as it wants to be.
    EXPECT_EQ(driver->live_memory, 0);
    EXPECT_EQ(driver->live_streams, 0);
    EXPECT_EQ(driver->live_events, 0);
    EXPECT_EQ(driver->live_modules, 0);
    EXPECT_EQ(driver->live_contexts, 0);
    EXPECT_EQ(driver->misuse, 0);
  }

  void open() {
    ASSERT_EQ(strait_module_open(&model, &options, &module, &error), 0)
        << error.text;
    ASSERT_EQ(
        strait_instance_create(module, &instanceOptions, &instance, &error), 0)
        << error.text;
  }

  void expectNoModule(strait_code code, const std::string &text) {
    EXPECT_EQ(strait_module_open(&model, &options, &module, &error), code);
    EXPECT_EQ(module, nullptr);
    EXPECT_NE(std::string(error.text).find(text), std::string::npos)
        << error.text;
  }

  strait_code run(strait_instance *of, const float *x, int64_t rows) {
    int64_t dims[] = {rows, 4};
    strait_tensor tensor = {const_cast<float *>(x), STRAIT_F32, 2, dims};
    strait_code code = strait_set_input(of, MAIN, 0, &tensor, &error);
    return code ? code : strait_run(of, MAIN, nullptr, &error);
  }

  void expectResult(strait_instance *of, const float *x, int64_t rows) {
    strait_tensor y;
    ASSERT_EQ(strait_get_output(of, MAIN, 0, &y, &error), 0) << error.text;
    ASSERT_EQ(y.dims[0], rows);
    for (int64_t i = 0; i < 4 * rows; ++i)
      EXPECT_EQ(static_cast<float *>(y.data)[i], x[i] * theWeights[i % 4] + 1);
  }

  /// What a program of the model, without weights, prints.
  std::string runProgram(std::vector<const char *> flags) {
    strait_model_desc weightless = model;
    weightless.weights_bytes = 0;
    strait_kernel_fn copy = [](void *const *buffers, const int64_t *, void *,
                               int64_t begin, int64_t) {
      std::memcpy(static_cast<float *>(buffers[2]) + 4 * begin,
                  static_cast<float *>(buffers[0]) + 4 * begin, 16);
    };
    recording_kernel("copy", copy, 3, 1);
    strait_kernel_desc kernels[] = {model.kernels[0], model.kernels[1]};
    kernels[0].name = "copy";
    weightless.kernels = kernels;
    flags.insert(flags.begin(), {"net", "--random", "1", "--shape", "x=3x4"});
    testing::internal::CaptureStdout();
    int status = program_run(&weightless, nullptr, int(flags.size()),
                             const_cast<char **>(flags.data()), 1);
    std::string out = testing::internal::GetCapturedStdout();
    EXPECT_EQ(status, 0);
    return out;
  }

  recording *driver = nullptr;
  strait_entry_desc entries[2];
  strait_model_desc model;
  strait_module_options options;
  strait_instance_options instanceOptions;
  strait_module *module = nullptr;
  strait_instance *instance = nullptr;
  strait_error error = {};
};

const float x[] = {1, -2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

TEST_F(CudaTest, RunsWithCopiesAtTheEdgesOnly) {
  open();
  EXPECT_STREQ(strait_module_device(module), "recording driver");
  EXPECT_EQ(driver->writes, 1); // the weights
  ASSERT_EQ(run(instance, x, 3), 0) << error.text;
  expectResult(instance, x, 3);
  EXPECT_EQ(driver->launches, 2);
  EXPECT_EQ(driver->last_grid, 3u);
  EXPECT_EQ(driver->last_block, 256u);
  EXPECT_EQ(driver->writes, 2);
  EXPECT_EQ(driver->reads, 1);
  EXPECT_EQ(driver->copies, 0);
  // The second run allocates nothing.
  int live = driver->live_memory;
  ASSERT_EQ(run(instance, x + 4, 2), 0);
  expectResult(instance, x + 4, 2);
  EXPECT_EQ(driver->live_memory, live);
  strait_memory memory;
  strait_instance_memory(instance, &memory);
  EXPECT_EQ(memory.scratch_bytes, 0u);
  // Into the caller's buffer, which needs no alignment.
  std::vector<float> y(13, 0);
  ASSERT_EQ(strait_set_output(instance, MAIN, 0, y.data() + 1, 48, &error), 0);
  ASSERT_EQ(run(instance, x, 3), 0);
  EXPECT_EQ(y[0], 0);
  EXPECT_EQ(y[12], 12 * 4 + 1);
}

TEST_F(CudaTest, CodeFitsTheGpu) {
  open();
  EXPECT_EQ(strait_module_isa(module), uint32_t(STRAIT_ISA_SM90A));
  EXPECT_TRUE(strait_module_has_isa(module, STRAIT_ISA_SM80));
  EXPECT_FALSE(strait_module_has_isa(module, STRAIT_ISA_AVX2));
  strait_instance_destroy(instance);
  instance = nullptr;
  strait_module_close(module);
  options.max_isa = STRAIT_ISA_SM80;
  open();
  EXPECT_STREQ(driver->last_image, "for 80");
  strait_instance_destroy(instance);
  instance = nullptr;
  strait_module_close(module);
  options.max_isa = STRAIT_ISA_SM90A;
  driver->major = 12;
  open();
  EXPECT_STREQ(driver->last_image, "for 80");
  ASSERT_EQ(run(instance, x, 3), 0);
  EXPECT_EQ(driver->last_block, 128u);
}

TEST_F(CudaTest, ModulesAreDescribedWithoutDriver) {
  setenv("STRAIT_LIBCUDA", "/none/libcuda.so.1", 1);
  options.describe_only = 1;
  ASSERT_EQ(strait_module_open(&model, &options, &module, &error), 0)
      << error.text;
  EXPECT_EQ(strait_module_isa(module), uint32_t(STRAIT_ISA_SM90A));
  EXPECT_EQ(strait_module_device(module), nullptr);
  EXPECT_EQ(strait_num_entries(module), 2u);
  EXPECT_EQ(strait_instance_create(module, nullptr, &instance, &error),
            STRAIT_INVALID_ARGUMENT);
  EXPECT_STREQ(error.text, "the module was opened to be described only");
  strait_state *state = nullptr;
  EXPECT_EQ(strait_state_open(module, 0, nullptr, &state, &error),
            STRAIT_INVALID_ARGUMENT);
}

TEST_F(CudaTest, EnvironmentsThatDoNotFitAreExplained) {
  setenv("STRAIT_LIBCUDA", "/none/libcuda.so.1", 1);
  expectNoModule(STRAIT_DEVICE, "cannot load NVIDIA's driver, which the "
                                "model's code for GPUs needs: ");
  setenv("STRAIT_LIBCUDA", "libm.so.6", 1);
  expectNoModule(STRAIT_DEVICE, "'libm.so.6' has no function 'cuInit'");
  setenv("STRAIT_LIBCUDA", RECORDING_DRIVER, 1);
  driver->devices = 0;
  expectNoModule(STRAIT_DEVICE, "finds no GPU");
  driver->devices = 1;
  options.device = 1;
  expectNoModule(STRAIT_DEVICE, "expected a GPU with number 1, the driver "
                                "shows 1 to this process");
  options.device = 0;
  driver->version = 11080;
  expectNoModule(STRAIT_DEVICE, "expected a driver for CUDA 12.0 or later, "
                                "found one for 11.8");
  driver->version = 12040;
  driver->major = 7;
  driver->minor = 5;
  expectNoModule(STRAIT_DEVICE, "model 'small' was compiled for sm_80");
  expectNoModule(STRAIT_DEVICE,
                 "'recording driver' has compute capability 7.5");
}

TEST_F(CudaTest, ModulesThatDoNotLoadAreExplained) {
  driver->load_result = 218;
  expectNoModule(STRAIT_DEVICE, "does not take the code of model 'small' "
                                "(ptxas: line 1 is wrong): CUDA_ERROR");
  driver->memory = 8;
  expectNoModule(STRAIT_OUT_OF_MEMORY, "the weights of model 'small' take 16 "
                                       "bytes; 'recording driver' has 8 of 8");
  driver->memory = 1 << 20;
  strait_kernel_desc kernels[] = {model.kernels[0], {"gone", {}, 2, 1}};
  model.kernels = kernels;
  expectNoModule(STRAIT_DEVICE, "has no code for kernel 'gone': "
                                "CUDA_ERROR_NOT_FOUND");
  kernels[1].num_sizes = 600;
  expectNoModule(STRAIT_BAD_ARTEFACT, "more than 512 parameters");
}

TEST_F(CudaTest, LittleMemoryIsAnErrorOfTheRun) {
  driver->memory = 600;
  open();
  std::vector<float> large(400, 1);
  EXPECT_EQ(run(instance, large.data(), 100), STRAIT_OUT_OF_MEMORY);
  EXPECT_NE(std::string(error.text).find("no memory on the device"),
            std::string::npos)
      << error.text;
  // What fits still runs.
  ASSERT_EQ(run(instance, x, 1), 0) << error.text;
  expectResult(instance, x, 1);
}

TEST_F(CudaTest, FailuresNameKernelAndNode) {
  open();
  driver->launch_result = 701;
  EXPECT_EQ(run(instance, x, 3), STRAIT_DEVICE);
  EXPECT_NE(std::string(error.text).find("'scale_rows' (/scale/Mul)"),
            std::string::npos)
      << error.text;
  ASSERT_EQ(run(instance, x, 3), 0) << error.text;
  // A kernel that fails is noticed when the results are waited for.
  driver->kernel_result = 700;
  EXPECT_EQ(run(instance, x, 3), STRAIT_DEVICE);
  EXPECT_NE(std::string(error.text).find("after kernel 'add_one' (/shift/Add;"),
            std::string::npos)
      << error.text;
  EXPECT_NE(std::string(error.text).find("CUDA_ERROR_ILLEGAL_ADDRESS"),
            std::string::npos)
      << error.text;
}

TEST_F(CudaTest, SynchronousLaunchesNameTheOneThatFailed) {
  setenv("STRAIT_CUDA_SYNC", "1", 1);
  open();
  driver->kernel_result = 700;
  EXPECT_EQ(run(instance, x, 3), STRAIT_DEVICE);
  EXPECT_EQ(std::string(error.text).find("kernel 'scale_rows' (/scale/Mul)"),
            0u)
      << error.text;
}

TEST_F(CudaTest, ProfilesHaveTheDevicesTimes) {
  static std::vector<strait_launch_event> events;
  events.clear();
  instanceOptions.on_launch = [](void *, const strait_launch_event *event) {
    events.push_back(*event);
  };
  open();
  ASSERT_EQ(run(instance, x, 3), 0);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].end_ns - events[0].start_ns, 2500000u);
  EXPECT_STREQ(events[1].kernel, "add_one");
  EXPECT_EQ(events[1].tasks, 3);
}

TEST_F(CudaTest, BenchNamesTheGpuAndShowsNoEmulatedTimes) {
  std::vector<const char *> text = {"--bench", "--iterations", "2"};
  std::vector<const char *> json = {"--bench", "--iterations", "2", "--json"};
  std::string out = runProgram(text);
  EXPECT_EQ(out.find("median "), 0u) << out;
  EXPECT_NE(out.find("on recording driver, code for sm_90a"), std::string::npos)
      << out;
  EXPECT_NE(runProgram(json).find(R"("device": "recording driver", "threads")"),
            std::string::npos);
  driver->name = "emulated sm_90";
  out = runProgram(text);
  EXPECT_EQ(out.find("emulated, which tells no times of a GPU: 2 runs\n"), 0u)
      << out;
  EXPECT_EQ(out.find(" ms"), std::string::npos) << out;
  out = runProgram(json);
  EXPECT_NE(out.find(R"("emulated": true)"), std::string::npos) << out;
  EXPECT_EQ(out.find("_ms"), std::string::npos) << out;
}

TEST_F(CudaTest, StatesStayOnTheDevice) {
  open();
  strait_state *past = nullptr, *whole = nullptr;
  ASSERT_EQ(strait_state_open(module, 0, nullptr, &past, &error), 0);
  ASSERT_EQ(strait_state_open(module, 1, nullptr, &whole, &error), 0);
  strait_tensor value;
  ASSERT_EQ(strait_state_get(whole, &value, &error), 0);
  EXPECT_EQ(static_cast<float *>(value.data)[1], 0);
  ASSERT_EQ(strait_attach_state(instance, 0, past, &error), 0);
  // Two rows come in each run; the third drops one first, in overlapping
  // memory.
  std::vector<float> expected;
  for (int i = 0; i < 3; ++i) {
    float rows[] = {float(2 * i), float(2 * i + 1)};
    int64_t drop = i == 2;
    strait_tensor xs = {rows, STRAIT_F32, 1, two};
    strait_tensor drops = {&drop, STRAIT_I64, 0, nullptr};
    ASSERT_EQ(strait_set_input(instance, 1, 0, &xs, &error), 0) << error.text;
    ASSERT_EQ(strait_set_input(instance, 1, 1, &drops, &error), 0);
    ASSERT_EQ(strait_run(instance, 1, nullptr, &error), 0) << error.text;
    expected.erase(expected.begin(), expected.begin() + drop);
    expected.insert(expected.end(), rows, rows + 2);
    ASSERT_EQ(strait_get_output(instance, 1, 0, &value, &error), 0);
    ASSERT_EQ(value.dims[0], int64_t(expected.size() + 1));
    for (size_t k = 0; k < expected.size(); ++k)
      EXPECT_EQ(static_cast<float *>(value.data)[k], expected[k]) << i;
    EXPECT_EQ(static_cast<float *>(value.data)[expected.size()],
              float(expected.size()));
  }
  EXPECT_EQ(strait_state_length(past), 5);
  strait_state_destroy(past);
  strait_state_destroy(whole);
}

TEST_F(CudaTest, BoundStatesAreReadFromTheDevice) {
  open();
  strait_state *state = nullptr;
  ASSERT_EQ(strait_state_create(module, MAIN, 0, nullptr, &state, &error), 0);
  float start[] = {1, 1, 1, 1};
  int64_t dims[] = {1, 4};
  strait_tensor value = {start, STRAIT_F32, 2, dims};
  ASSERT_EQ(strait_state_set(state, &value, &error), 0);
  start[0] = 9; // the state has its own copy
  ASSERT_EQ(strait_bind_state(instance, MAIN, 0, 0, state, &error), 0);
  float expected[] = {1, 1, 1, 1};
  for (int run = 0; run < 4; ++run) {
    ASSERT_EQ(strait_run(instance, MAIN, nullptr, &error), 0) << error.text;
    ASSERT_EQ(strait_get_output(instance, MAIN, 0, &value, &error), 0);
    EXPECT_EQ(value.data, nullptr);
    ASSERT_EQ(strait_state_get(state, &value, &error), 0);
    for (int i = 0; i < 4; ++i) {
      expected[i] = expected[i] * theWeights[i] + 1;
      EXPECT_EQ(static_cast<float *>(value.data)[i], expected[i]);
    }
  }
  strait_state_destroy(state);
}

TEST_F(CudaTest, CallersContextStreamAndMemoryAreUsed) {
  // The caller is one that uses the driver itself.
  void *library = dlopen(RECORDING_DRIVER, RTLD_NOW);
  auto find = [&](const char *name) { return dlsym(library, name); };
  auto retain =
      reinterpret_cast<int (*)(void **, int)>(find("cuDevicePrimaryCtxRetain"));
  auto release =
      reinterpret_cast<int (*)(int)>(find("cuDevicePrimaryCtxRelease_v2"));
  auto push = reinterpret_cast<int (*)(void *)>(find("cuCtxPushCurrent_v2"));
  auto pop = reinterpret_cast<int (*)(void **)>(find("cuCtxPopCurrent_v2"));
  auto makeStream =
      reinterpret_cast<int (*)(void **, unsigned)>(find("cuStreamCreate"));
  auto endStream =
      reinterpret_cast<int (*)(void *)>(find("cuStreamDestroy_v2"));
  auto allocate = reinterpret_cast<int (*)(unsigned long long *, size_t)>(
      find("cuMemAlloc_v2"));
  auto free =
      reinterpret_cast<int (*)(unsigned long long)>(find("cuMemFree_v2"));
  unsigned long long memory[2];
  ASSERT_EQ(retain(&options.device_context, 0), 0);
  ASSERT_EQ(push(options.device_context), 0);
  ASSERT_EQ(makeStream(&instanceOptions.device_stream, 1), 0);
  ASSERT_EQ(allocate(&memory[0], sizeof x), 0);
  ASSERT_EQ(allocate(&memory[1], sizeof x), 0);
  open();
  EXPECT_EQ(driver->live_contexts, 1);
  // The caller's stream, and none for weights any more.
  EXPECT_EQ(driver->live_streams, 1);
  std::memcpy(reinterpret_cast<void *>(memory[0]), x, sizeof x);
  int64_t dims[] = {3, 4};
  strait_tensor in = {reinterpret_cast<void *>(memory[0]), STRAIT_F32, 2, dims};
  ASSERT_EQ(strait_set_device_input(instance, MAIN, 0, &in, &error), 0)
      << error.text;
  ASSERT_EQ(strait_set_device_output(instance, MAIN, 0,
                                     reinterpret_cast<void *>(memory[1]),
                                     sizeof x, &error),
            0);
  int writes = driver->writes;
  ASSERT_EQ(strait_run(instance, MAIN, nullptr, &error), 0) << error.text;
  EXPECT_EQ(driver->writes, writes);
  EXPECT_EQ(driver->reads, 0);
  expectResult(instance, x, 3);
  strait_tensor out;
  ASSERT_EQ(strait_get_output(instance, MAIN, 0, &out, &error), 0);
  EXPECT_EQ(out.data, reinterpret_cast<void *>(memory[1]));
  // Back to memory of the process.
  ASSERT_EQ(strait_set_output(instance, MAIN, 0, nullptr, 0, &error), 0);
  ASSERT_EQ(run(instance, x, 2), 0);
  expectResult(instance, x, 2);
  in.data = reinterpret_cast<void *>(memory[0] + 4);
  EXPECT_EQ(strait_set_device_input(instance, MAIN, 0, &in, &error),
            STRAIT_INVALID_ARGUMENT);
  EXPECT_NE(std::string(error.text).find("aligned to 64 bytes"),
            std::string::npos);
  strait_instance_destroy(instance);
  instance = nullptr;
  strait_module_close(module);
  module = nullptr;
  EXPECT_EQ(driver->live_contexts, 1);
  EXPECT_EQ(endStream(instanceOptions.device_stream), 0);
  EXPECT_EQ(free(memory[0]) | free(memory[1]), 0);
  void *own;
  EXPECT_EQ(pop(&own) | release(0), 0);
  // A model for CPUs has no use for any of this.
  model.backend = nullptr;
  options.device = 7;
  ASSERT_EQ(strait_module_open(&model, &options, &module, &error), 0);
  instanceOptions.device_stream = nullptr;
  ASSERT_EQ(strait_instance_create(module, &instanceOptions, &instance, &error),
            0);
  EXPECT_EQ(strait_set_device_input(instance, MAIN, 0, &in, &error),
            STRAIT_INVALID_ARGUMENT);
  EXPECT_NE(std::string(error.text).find("compiled for CPUs"),
            std::string::npos);
}

TEST_F(CudaTest, InstancesRunOnStreamsOfTheirOwn) {
  open();
  auto work = [&](int seed) {
    strait_error failure;
    strait_instance *mine = nullptr;
    ASSERT_EQ(strait_instance_create(module, nullptr, &mine, &failure), 0);
    for (int i = 0; i < 100; ++i) {
      float data[] = {float(seed), float(i), 2, 3};
      int64_t dims[] = {1, 4};
      strait_tensor tensor = {data, STRAIT_F32, 2, dims};
      ASSERT_EQ(strait_set_input(mine, MAIN, 0, &tensor, &failure), 0);
      ASSERT_EQ(strait_run(mine, MAIN, nullptr, &failure), 0) << failure.text;
      ASSERT_EQ(strait_get_output(mine, MAIN, 0, &tensor, &failure), 0);
      EXPECT_EQ(static_cast<float *>(tensor.data)[0], seed + 1);
      EXPECT_EQ(static_cast<float *>(tensor.data)[1], 2 * i + 1);
    }
    strait_instance_destroy(mine);
  };
  std::thread one(work, 1), other(work, 2);
  one.join();
  other.join();
  // Two models in one process, one GPU.
  strait_module *second = nullptr;
  ASSERT_EQ(strait_module_open(&model, &options, &second, &error), 0);
  strait_instance *another = nullptr;
  ASSERT_EQ(strait_instance_create(second, nullptr, &another, &error), 0);
  ASSERT_EQ(run(another, x, 2), 0);
  ASSERT_EQ(run(instance, x + 4, 2), 0);
  expectResult(another, x, 2);
  expectResult(instance, x + 4, 2);
  strait_instance_destroy(another);
  strait_module_close(second);
}

} // namespace
