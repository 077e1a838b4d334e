// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// schedule.program -> llvm.func of the type strait_entry_fn.
#include "passes/schedule/Passes.h"

#include "passes/schedule/HostFunction.h"
#include "passes/schedule/ModelSymbols.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Transforms/DialectConversion.h"

namespace strait {
#define GEN_PASS_DEF_LOWERTOHOSTPASS
#include "passes/schedule/Passes.h.inc"
} // namespace strait

using namespace mlir;
using namespace strait;

/// Arithmetic of the emitted function, still in arith ops, to LLVM's.
static LogicalResult convertArithmetic(LLVM::LLVMFuncOp function) {
  MLIRContext *context = function.getContext();
  LLVMTypeConverter types(context);
  RewritePatternSet patterns(context);
  arith::populateCeilFloorDivExpandOpsPatterns(patterns);
  arith::populateArithToLLVMConversionPatterns(types, patterns);
  ConversionTarget target(*context);
  target.addLegalDialect<LLVM::LLVMDialect>();
  target.addIllegalDialect<arith::ArithDialect>();
  return applyPartialConversion(function, target, std::move(patterns));
}

namespace {
struct LowerToHostPass : strait::impl::LowerToHostPassBase<LowerToHostPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    llvm::DenseMap<Operation *, unsigned> launchNumbers;
    for (auto [number, launch] : llvm::enumerate(numberedLaunches(module)))
      launchNumbers[launch] = number;
    TableWriter texts(module, "strait.check.");
    SmallVector<schedule::ProgramOp> programs(
        module.getOps<schedule::ProgramOp>());
    for (schedule::ProgramOp program : programs) {
      LLVM::LLVMFuncOp function = entryFunction(module, program);
      if (failed(HostFunction(program, function, launchNumbers, texts).emit()) ||
          failed(convertArithmetic(function)))
        return signalPassFailure();
    }
    for (schedule::ProgramOp program : programs)
      program.erase();
    for (auto state :
         llvm::make_early_inc_range(module.getOps<schedule::StateOp>()))
      state.erase();
  }
};
} // namespace
