// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// States and several entries: a module written at the schedule level, compiled
// to a library and run.
#include "mlir/Interfaces/InferTypeOpInterface.h"

#include "compiler/EmitObject.h"
#include "compiler/LinkedWeights.h"
#include "compiler/Pipelines.h"
#include "compiler/Targets.h"
#include "dialects/kernel/KernelOps.h"
#include "dialects/schedule/ScheduleOps.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Parser/Parser.h"
#include "strait/runtime.h"
#include "test/compiler/ArtefactFixture.h"

#include <cstdlib>

using namespace mlir;

namespace {

// @push keeps the newest rows, at most four, and a count of all; the rows are
// in two halves, [2, rows, 3]. @sum adds a weight and all rows of the first
// half. @stop changes what it can, then fails.
const char *const theModule = R"(
schedule.blob @start at 64 = dense<[0.5, 10.0]> : tensor<2xf32>
schedule.state @rows : tensor<2x?x3xf32> capacity 4
schedule.state @count : tensor<1xi64>
schedule.program @push inputs [#schedule.tensor<"x" : tensor<2x?x3xf32>>]
    outputs [#schedule.tensor<"held" : tensor<1xi64>>] {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %k = schedule.dim 0[1]
  schedule.output_dims 0[%c1]
  schedule.begin_run
  %x = schedule.input 0
  %rows, %n = schedule.held @rows
  %count, %one = schedule.held @count
  %all = arith.addi %n, %k : index
  %over = arith.subi %all, %c4 : index
  %drop = arith.maxsi %over, %c0 : index
  %kept = schedule.rotate @rows by %drop held %n
  %now = schedule.append %x rows %k to @rows at %kept
  %slab = schedule.slab 0 bytes %c8
  %seen = schedule.read %count[%c0] : i64
  %k64 = arith.index_cast %k : index to i64
  %next = arith.addi %seen, %k64 : i64
  schedule.write %next to %slab[%c0] : i64
  %same = schedule.overwrite @count with %slab rows %c1
  %held = schedule.output 0
  %now64 = arith.index_cast %now : index to i64
  schedule.write %now64 to %held[%c0] : i64
  schedule.return
}
schedule.program @sum inputs [] outputs [#schedule.tensor<"sum" : tensor<1xf32>>] {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %go = arith.constant true
  schedule.output_dims 0[%c1]
  schedule.begin_run
  %w = schedule.weight @start
  %rows, %n = schedule.held @rows
  %sum = schedule.output 0
  %first = schedule.read %w[%c1] : f32
  schedule.write %first to %sum[%c0] : f32
  %values = arith.muli %n, %c3 : index
  %done = schedule.loop %values while %go carried(%c0) : index {
  ^bb0(%i: index, %last: index):
    %value = schedule.read %rows[%i] : f32
    %before = schedule.read %sum[%c0] : f32
    %after = arith.addf %before, %value : f32
    schedule.write %after to %sum[%c0] : f32
    schedule.yield %go, %i : i1, index
  }
  schedule.return
}
schedule.program @stop inputs [#schedule.tensor<"x" : tensor<2x1x3xf32>>,
                               #schedule.tensor<"change" : tensor<1xi1>>]
    outputs [] {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  schedule.begin_run
  %x = schedule.input 0
  %change = schedule.input 1
  %rows, %n = schedule.held @rows
  %now = schedule.append %x rows %c1 to @rows at %n
  %yes = schedule.read %change[%c0] : i1
  schedule.if %yes {
    %less = schedule.rotate @rows by %c1 held %now
    schedule.yield
  } else {
    schedule.yield
  }
  schedule.check %c0 equals %c1, "the run"
  schedule.return
}
)";

class StatesTest : public ArtefactTest {
protected:
  enum { PUSH = 0, SUM = 1, STOP = 2, ROWS = 0, COUNT = 1 };

  void SetUp() override {
    ArtefactTest::SetUp();
    compile();
    ASSERT_EQ(strait_module_open_file(in("states.so").c_str(), nullptr, &module,
                                      &error),
              0)
        << error.text;
    strait_instance_options options;
    strait_instance_options_init(&options);
    options.allocator = {
        [](void *count, size_t bytes, size_t alignment) -> void * {
          ++*static_cast<int *>(count);
          void *memory = nullptr;
          return posix_memalign(&memory, alignment, bytes) ? nullptr : memory;
        },
        [](void *, void *memory, size_t) { std::free(memory); }, &allocations};
    ASSERT_EQ(strait_instance_create(module, &options, &instance, &error), 0);
    for (auto [index, state] : llvm::enumerate(states)) {
      ASSERT_EQ(strait_state_open(module, index, nullptr, &state, &error), 0);
      ASSERT_EQ(strait_attach_state(instance, index, state, &error), 0)
          << error.text;
    }
  }

  void compile() {
    DialectRegistry registry;
    registerAllDialects(registry);
    registerAllExtensions(registry);
    registry.insert<strait::kernel::KernelDialect,
                    strait::schedule::ScheduleDialect>();
    MLIRContext context(registry);
    OwningOpRef<ModuleOp> parsed =
        parseSourceString<ModuleOp>(theModule, &context);
    ASSERT_TRUE(parsed);
    strait::CompileOptions options;
    options.model = "states";
    strait::graph::TargetAttr::setList(*parsed,
                                       strait::baselineTarget(context));
    PassManager manager(&context);
    strait::PipelineBuilder pipeline(manager);
    strait::buildSchedulePipeline(pipeline, options);
    strait::buildCodePipeline(pipeline, options);
    ASSERT_TRUE(succeeded(manager.run(*parsed)));
    SmallVector<SmallString<0>> objects;
    ASSERT_TRUE(succeeded(
        strait::emitObjects(
        *parsed, llvm::CodeGenOptLevel::Default, /*jobs=*/1, objects)));
    auto weights = strait::weightsToLink(*parsed);
    ASSERT_TRUE(succeeded(weights));
    SmallVector<StringRef> views(objects.begin(), objects.end());
    std::string to = in("states.so");
    ASSERT_SUCCESS(strait::linkSharedLibrary({views, *weights, to, {}}));
  }

  void TearDown() override {
    strait_instance_destroy(instance);
    for (strait_state *state : states)
      strait_state_destroy(state);
    strait_module_close(module);
    ArtefactTest::TearDown();
  }

  /// Runs an entry on `rows` rows of each half: `first`, `first` + 1, ... in
  /// the one, the same times 100 in the other.
  strait_code run(uint32_t entry, int64_t rows, float first,
                  bool change = false) {
    alignas(64) float x[2][8][3] = {};
    for (int64_t i = 0; i < rows; ++i)
      for (int column = 0; column < 3; ++column) {
        float value = first + float(i);
        (&x[0][0][0])[i * 3 + column] = value;
        (&x[0][0][0])[(rows + i) * 3 + column] = 100 * value;
      }
    int64_t dims[] = {2, rows, 3}, one[] = {1};
    strait_tensor tensor = {x, STRAIT_F32, 3, dims};
    strait_tensor flag = {&change, STRAIT_BOOL, 1, one};
    if (entry != SUM)
      EXPECT_EQ(strait_set_input(instance, entry, 0, &tensor, &error), 0)
          << error.text;
    if (entry == STOP)
      EXPECT_EQ(strait_set_input(instance, entry, 1, &flag, &error), 0)
          << error.text;
    return strait_run(instance, entry, nullptr, &error);
  }

  template <typename T> T output(uint32_t entry) {
    strait_tensor tensor = {};
    EXPECT_EQ(strait_get_output(instance, entry, 0, &tensor, &error), 0)
        << error.text;
    return tensor.data ? *static_cast<T *>(tensor.data) : T();
  }

  float sum() {
    EXPECT_EQ(run(SUM, 0, 0), 0) << error.text;
    return output<float>(SUM);
  }

  int allocations = 0;
  strait_module *module = nullptr;
  strait_instance *instance = nullptr;
  strait_state *states[2] = {};
  strait_error error = {};
};

TEST_F(StatesTest, EntriesShareStatesAndWeights) {
  EXPECT_EQ(sum(), 10);
  ASSERT_EQ(run(PUSH, 1, 1), 0) << error.text;
  EXPECT_EQ(output<int64_t>(PUSH), 1);
  EXPECT_EQ(sum(), 10 + 3 * 1);
  ASSERT_EQ(run(PUSH, 2, 2), 0) << error.text; // 1 2 3
  EXPECT_EQ(sum(), 10 + 3 * 6);
  ASSERT_EQ(run(PUSH, 3, 4), 0) << error.text; // 3 4 5 6: the oldest go
  EXPECT_EQ(output<int64_t>(PUSH), 4);
  EXPECT_EQ(sum(), 10 + 3 * 18);
  EXPECT_EQ(strait_state_length(states[ROWS]), 4);
  // Both halves move together.
  strait_tensor value;
  ASSERT_EQ(strait_state_get(states[ROWS], &value, &error), 0);
  EXPECT_EQ(value.dims[1], 4);
  for (int i = 0; i < 4; ++i)
    for (int column = 0; column < 3; ++column) {
      const float *data = static_cast<float *>(value.data);
      EXPECT_EQ(data[i * 3 + column], 3 + i);
      EXPECT_EQ(data[(4 + i) * 3 + column], 100 * (3 + i));
    }
  ASSERT_EQ(strait_state_get(states[COUNT], &value, &error), 0);
  EXPECT_EQ(*static_cast<int64_t *>(value.data), 6);
  // The same again allocates nothing.
  int before = allocations;
  for (int i = 0; i < 20; ++i)
    ASSERT_EQ(run(PUSH, 3, 4), 0) << error.text;
  sum();
  EXPECT_EQ(allocations, before);
}

TEST_F(StatesTest, AFailedRunChangesNothingOrEmpties) {
  ASSERT_EQ(run(PUSH, 2, 1), 0) << error.text;
  // What it appended does not count.
  EXPECT_EQ(run(STOP, 1, 7), STRAIT_INVALID_INPUT);
  EXPECT_EQ(strait_state_length(states[ROWS]), 2);
  EXPECT_EQ(sum(), 10 + 3 * 3);
  // It had moved older rows already.
  EXPECT_EQ(run(STOP, 1, 7, true), STRAIT_INVALID_INPUT);
  EXPECT_EQ(strait_state_length(states[ROWS]), 0);
  EXPECT_EQ(sum(), 10);
}

TEST_F(StatesTest, RowsBeyondTheCapacityAreRefused) {
  ASSERT_EQ(run(PUSH, 3, 1), 0) << error.text;
  EXPECT_EQ(run(PUSH, 5, 1), STRAIT_INVALID_INPUT);
  EXPECT_STREQ(error.text, "state 'rows' has room for 4 rows: cannot write 5 "
                           "from row 0");
}

TEST_F(StatesTest, SequencesTakeTurns) {
  ASSERT_EQ(run(PUSH, 1, 1), 0) << error.text;
  strait_state *other = nullptr;
  ASSERT_EQ(strait_state_open(module, ROWS, nullptr, &other, &error), 0);
  ASSERT_EQ(strait_attach_state(instance, ROWS, other, &error), 0);
  EXPECT_EQ(sum(), 10);
  ASSERT_EQ(run(PUSH, 1, 5), 0) << error.text;
  ASSERT_EQ(strait_attach_state(instance, ROWS, states[ROWS], &error), 0);
  EXPECT_EQ(sum(), 10 + 3 * 1);
  EXPECT_EQ(strait_state_length(other), 1);
  strait_state_reset(other);
  EXPECT_EQ(strait_state_length(other), 0);
  strait_state_destroy(other);
}

TEST_F(StatesTest, MisuseIsExplained) {
  EXPECT_EQ(strait_num_states(module), 2u);
  EXPECT_EQ(strait_find_state(module, "count"), COUNT);
  EXPECT_EQ(strait_find_state(module, "none"), -1);
  EXPECT_EQ(strait_find_state_desc(module, 2), nullptr);
  EXPECT_EQ(strait_attach_state(instance, ROWS, states[COUNT], &error),
            STRAIT_INVALID_ARGUMENT);
  EXPECT_STREQ(error.text, "state 'rows': expected what strait_state_open made "
                           "for it, got another state");
  EXPECT_EQ(strait_attach_state(instance, 2, states[COUNT], &error),
            STRAIT_INVALID_ARGUMENT);
  EXPECT_EQ(strait_bind_state(instance, PUSH, 0, 0, states[ROWS], &error),
            STRAIT_INVALID_ARGUMENT);
  ASSERT_EQ(strait_attach_state(instance, ROWS, nullptr, &error), 0);
  EXPECT_EQ(run(SUM, 0, 0), STRAIT_INVALID_INPUT);
  EXPECT_STREQ(error.text, "state 'rows' is not attached to the instance");
}

} // namespace
