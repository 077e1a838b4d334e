// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// func.func of kernel.launch on tensors -> schedule.program over buffers.
#include "passes/schedule/Passes.h"

#include "passes/schedule/ProgramBuilder.h"

namespace strait {
#define GEN_PASS_DEF_BUILDSCHEDULEPASS
#include "passes/schedule/Passes.h.inc"
} // namespace strait

using namespace mlir;
using namespace strait;

namespace {
struct BuildSchedulePass
    : strait::impl::BuildSchedulePassBase<BuildSchedulePass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SymbolTable symbols(module);
    WeightTable weights(module, symbols);
    SmallVector<func::FuncOp> functions(module.getOps<func::FuncOp>());
    for (func::FuncOp function : functions) {
      if (function.isDeclaration())
        continue;
      FailureOr<schedule::ProgramOp> program =
          ProgramBuilder(function, symbols, weights).build();
      if (failed(program))
        return signalPassFailure();
      function.erase();
    }
  }
};
} // namespace
