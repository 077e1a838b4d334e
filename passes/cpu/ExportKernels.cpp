// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// @k__body(ptr..., i64..., ptr, i64, i64) -> and @k(buffers, sizes, scratch,
// begin, end), which unpacks the two arrays (strait_kernel_fn).
#include "passes/cpu/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "passes/loops/KernelFunction.h"

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

static LogicalResult exportKernel(LLVM::LLVMFuncOp body,
                                  DenseI64ArrayAttr abi) {
  StringRef name = body.getSymName();
  if (!name.consume_back("__body"))
    return body.emitOpError("expected a name that ends in __body");
  Location loc = body.getLoc();
  OpBuilder builder(body);
  builder.setInsertionPointAfter(body);
  auto pointer = LLVM::LLVMPointerType::get(body.getContext());
  Type i64 = builder.getI64Type();
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(body.getContext()),
      {pointer, pointer, pointer, i64, i64});
  auto entry = LLVM::LLVMFuncOp::create(builder, loc, name, type);
  Block *block = entry.addEntryBlock(builder);
  builder.setInsertionPointToStart(block);
  SmallVector<Value> operands;
  for (int64_t buffer = 0; buffer < abi[0]; ++buffer)
    operands.push_back(loadElement(builder, loc, block->getArgument(0),
                                   pointer, buffer));
  for (int64_t size = 0; size < abi[1]; ++size)
    operands.push_back(loadElement(builder, loc, block->getArgument(1), i64,
                                   size));
  llvm::append_range(operands, block->getArguments().drop_front(2));
  if (operands.size() != body.getNumArguments())
    return body.emitOpError("expected ")
           << operands.size() << " arguments, found "
           << body.getNumArguments();
  LLVM::CallOp::create(builder, loc, body, operands);
  LLVM::ReturnOp::create(builder, loc, ValueRange());
  body.setLinkage(LLVM::Linkage::Internal);
  body->removeAttr(kernelAbiAttr);
  return success();
}

namespace {
struct ExportKernels : cpu::impl::ExportKernelsPassBase<ExportKernels> {
  void runOnOperation() override {
    auto functions =
        llvm::to_vector(getOperation().getOps<LLVM::LLVMFuncOp>());
    for (LLVM::LLVMFuncOp function : functions)
      if (auto abi = function->getAttrOfType<DenseI64ArrayAttr>(kernelAbiAttr))
        if (failed(exportKernel(function, abi)))
          return signalPassFailure();
  }
};
} // namespace
