// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// @k__body(ptr..., i64..., scratch, begin, end) -> and @k(ptr..., i64...), a
// kernel: block number t does task t, with dynamic shared memory as scratch.
#include "passes/cuda/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "passes/loops/KernelFunction.h"

namespace strait::cuda {
#define GEN_PASS_DEF_EXPORTCUDAKERNELSPASS
#include "passes/cuda/Passes.h.inc"
} // namespace strait::cuda

using namespace mlir;
using namespace strait;

/// Alignment of a block's scratch: what TMA's widest swizzle asks for.
static constexpr uint64_t scratchAlignment = 1024;
static constexpr unsigned sharedSpace = 3;

/// The array that starts where the block's dynamic shared memory does.
static LLVM::GlobalOp declareScratch(ModuleOp module) {
  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), 0);
  return LLVM::GlobalOp::create(builder, module.getLoc(), type,
                                /*isConstant=*/false, LLVM::Linkage::External,
                                "strait_scratch", Attribute(), scratchAlignment,
                                sharedSpace);
}

/// Versions of a kernel for several GPUs lie in images of their own, where each
/// has the kernel's name.
static StringRef kernelName(StringRef version) {
  return version.split('.').first;
}

static LogicalResult exportKernel(LLVM::LLVMFuncOp body, DenseI64ArrayAttr abi,
                                  LLVM::GlobalOp scratch) {
  StringRef name = body.getSymName();
  if (!name.consume_back("__body"))
    return body.emitOpError("expected a name that ends in __body");
  Location loc = body.getLoc();
  OpBuilder builder(body);
  builder.setInsertionPointAfter(body);
  auto pointer = LLVM::LLVMPointerType::get(body.getContext());
  Type i64 = builder.getI64Type();
  SmallVector<Type> types(abi[0], pointer);
  types.append(abi[1], i64);
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(body.getContext()), types);
  auto entry = LLVM::LLVMFuncOp::create(builder, loc, kernelName(name), type);
  entry->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(),
                 builder.getUnitAttr());
  auto threads = NVVM::NVVMDialect::getReqntidAttrName();
  entry->setAttr(threads, body->getAttr(threads));
  body->removeAttr(threads);

  Block *block = entry.addEntryBlock(builder);
  builder.setInsertionPointToStart(block);
  Value shared = LLVM::AddressOfOp::create(builder, loc, scratch);
  Value area = LLVM::AddrSpaceCastOp::create(builder, loc, pointer, shared);
  Value number = NVVM::BlockIdXOp::create(builder, loc, builder.getI32Type());
  Value begin = LLVM::ZExtOp::create(builder, loc, i64, number);
  Value one = LLVM::ConstantOp::create(builder, loc, i64,
                                       builder.getI64IntegerAttr(1));
  Value end = LLVM::AddOp::create(builder, loc, begin, one);
  SmallVector<Value> operands(block->getArguments());
  operands.append({area, begin, end});
  if (operands.size() != body.getNumArguments())
    return body.emitOpError("expected ")
           << operands.size() << " arguments, found "
           << body.getNumArguments();
  LLVM::CallOp::create(builder, loc, body, operands);
  LLVM::ReturnOp::create(builder, loc, ValueRange());
  body.setLinkage(LLVM::Linkage::Internal);
  body.setAlwaysInline(true);
  body->removeAttr(kernelAbiAttr);
  return success();
}

namespace {
struct ExportCudaKernels
    : cuda::impl::ExportCudaKernelsPassBase<ExportCudaKernels> {
  void runOnOperation() override {
    auto functions =
        llvm::to_vector(getOperation().getOps<LLVM::LLVMFuncOp>());
    LLVM::GlobalOp scratch;
    for (LLVM::LLVMFuncOp function : functions) {
      auto abi = function->getAttrOfType<DenseI64ArrayAttr>(kernelAbiAttr);
      if (!abi)
        continue;
      if (!scratch)
        scratch = declareScratch(getOperation());
      if (failed(exportKernel(function, abi, scratch)))
        return signalPassFailure();
    }
  }
};
} // namespace
