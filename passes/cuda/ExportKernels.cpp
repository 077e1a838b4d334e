// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// @k__body(ptr..., i64..., scratch, begin, end) -> and @k(ptr..., i64...), a
// kernel: block number t does task t, with dynamic shared memory as scratch.
#include "passes/cuda/Passes.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "passes/loops/KernelEntry.h"

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

static LogicalResult exportKernel(const KernelBody &body,
                                  LLVM::GlobalOp scratch) {
  LLVM::LLVMFuncOp function = body.function;
  Location loc = function.getLoc();
  OpBuilder builder(function);
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Type i64 = builder.getI64Type();
  SmallVector<Type> types(body.buffers, pointer);
  types.append(body.sizes, i64);
  auto entry = body.createEntry(builder, kernelName(body.name), types);
  entry->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(),
                 builder.getUnitAttr());
  for (StringRef name : {NVVM::NVVMDialect::getReqntidAttrName(),
                         NVVM::NVVMDialect::getMinctasmAttrName()})
    if (Attribute value = function->removeAttr(name))
      entry->setAttr(name, value);
  function.setAlwaysInline(true);

  Value shared = LLVM::AddressOfOp::create(builder, loc, scratch);
  Value area = LLVM::AddrSpaceCastOp::create(builder, loc, pointer, shared);
  Value number = NVVM::BlockIdXOp::create(builder, loc, builder.getI32Type());
  Value begin = LLVM::ZExtOp::create(builder, loc, i64, number);
  Value one = LLVM::ConstantOp::create(builder, loc, i64,
                                       builder.getI64IntegerAttr(1));
  Value end = LLVM::AddOp::create(builder, loc, begin, one);
  SmallVector<Value> operands(entry.getArguments());
  operands.append({area, begin, end});
  return body.call(builder, operands);
}

namespace {
struct ExportCudaKernels
    : cuda::impl::ExportCudaKernelsPassBase<ExportCudaKernels> {
  void runOnOperation() override {
    LLVM::GlobalOp scratch;
    auto result =
        forEachKernelBody(getOperation(), [&](const KernelBody &body) {
          if (!scratch)
            scratch = declareScratch(getOperation());
          return exportKernel(body, scratch);
        });
    if (failed(result))
      return signalPassFailure();
  }
};
} // namespace
