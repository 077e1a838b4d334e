// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/loops/KernelEntry.h"

#include "passes/loops/KernelFunction.h"

using namespace mlir;
using namespace strait;

LLVM::LLVMFuncOp KernelBody::createEntry(OpBuilder &builder, StringRef name,
                                         TypeRange arguments) const {
  builder.setInsertionPointAfter(function);
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(builder.getContext()),
      SmallVector<Type>(arguments));
  auto entry =
      LLVM::LLVMFuncOp::create(builder, function->getLoc(), name, type);
  builder.setInsertionPointToStart(entry.addEntryBlock(builder));
  return entry;
}

LogicalResult KernelBody::call(OpBuilder &builder, ValueRange operands) const {
  LLVM::LLVMFuncOp body = function;
  if (operands.size() != body.getNumArguments())
    return body.emitOpError("expected ")
           << operands.size() << " arguments, found "
           << body.getNumArguments();
  LLVM::CallOp::create(builder, body.getLoc(), body, operands);
  LLVM::ReturnOp::create(builder, body.getLoc(), ValueRange());
  body.setLinkage(LLVM::Linkage::Internal);
  body->removeAttr(kernelAbiAttr);
  return success();
}

LogicalResult strait::forEachKernelBody(
    ModuleOp module,
    llvm::function_ref<LogicalResult(const KernelBody &)> emit) {
  for (auto function :
       llvm::to_vector(module.getOps<LLVM::LLVMFuncOp>())) {
    auto abi = function->getAttrOfType<DenseI64ArrayAttr>(kernelAbiAttr);
    if (!abi)
      continue;
    StringRef name = function.getSymName();
    if (!name.consume_back("__body"))
      return function.emitOpError("expected a name that ends in __body");
    if (failed(emit({function, name, abi[0], abi[1]})))
      return failure();
  }
  return success();
}
