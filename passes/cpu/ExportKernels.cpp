// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// @k__body(ptr..., i64..., ptr, i64, i64) -> and @k(buffers, sizes, scratch,
// begin, end), which unpacks the two arrays (strait_kernel_fn).
#include "passes/cpu/Passes.h"

#include "passes/loops/KernelEntry.h"

namespace strait::cpu {
#define GEN_PASS_DEF_EXPORTKERNELSPASS
#include "passes/cpu/Passes.h.inc"
} // namespace strait::cpu

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

/// Element `index` of the array at `base`.
static Value loadElement(OpBuilder &builder, Location loc, Value base,
                         Type element, int32_t index) {
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Value address = LLVM::GEPOp::create(builder, loc, pointer, element, base,
                                      ArrayRef<LLVM::GEPArg>{index});
  return LLVM::LoadOp::create(builder, loc, element, address);
}

static LogicalResult exportKernel(const KernelBody &body) {
  LLVM::LLVMFuncOp function = body.function;
  Location loc = function.getLoc();
  OpBuilder builder(function);
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Type i64 = builder.getI64Type();
  auto entry = body.createEntry(builder, body.name,
                                {pointer, pointer, pointer, i64, i64});
  SmallVector<Value> operands;
  for (int64_t buffer = 0; buffer < body.buffers; ++buffer)
    operands.push_back(
        loadElement(builder, loc, entry.getArgument(0), pointer, buffer));
  for (int64_t size = 0; size < body.sizes; ++size)
    operands.push_back(
        loadElement(builder, loc, entry.getArgument(1), i64, size));
  llvm::append_range(operands, entry.getArguments().drop_front(2));
  return body.call(builder, operands);
}

namespace {
struct ExportKernels : cpu::impl::ExportKernelsPassBase<ExportKernels> {
  void runOnOperation() override {
    if (failed(forEachKernelBody(getOperation(), exportKernel)))
      return signalPassFailure();
  }
};
} // namespace
