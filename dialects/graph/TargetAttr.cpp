// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "dialects/graph/GraphOps.h"

#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace strait::graph;

/// Constraint 1.
LogicalResult TargetAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 Isa isa, int64_t l1, int64_t l2, int64_t l3,
                                 int64_t cores) {
  if (l1 < 1 || l2 < l1 || l3 < l2)
    return emitError() << "expected caches that grow with their level, found "
                       << l1 << ", " << l2 << " and " << l3 << " bytes";
  if (cores < 1)
    return emitError() << "expected at least one core, found " << cores;
  return success();
}

StringRef TargetAttr::llvmCpu() const {
  switch (getIsa()) {
  case Isa::Avx2:
    return "x86-64-v3";
  case Isa::Avx512:
    return "x86-64-v4";
  case Isa::Sm80:
  case Isa::Sm90a:
    return stringifyIsa(getIsa());
  }
  llvm_unreachable("covered switch");
}

FailureOr<SmallVector<TargetAttr, 2>> TargetAttr::listOf(Operation *op) {
  for (Operation *at = op; at; at = at->getParentOp())
    if (auto list = at->getAttrOfType<ArrayAttr>(listName))
      return llvm::to_vector<2>(list.getAsRange<TargetAttr>());
  return op->emitError("expected '")
         << listName << "' on the module, where the compiler puts it";
}

void TargetAttr::setList(ModuleOp module, ArrayRef<TargetAttr> targets) {
  SmallVector<Attribute> list(targets.begin(), targets.end());
  module->setAttr(listName, ArrayAttr::get(module.getContext(), list));
}

/// Constraint 2.
LogicalResult
GraphDialect::verifyOperationAttribute(Operation *op,
                                              NamedAttribute attribute) {
  if (attribute.getName() != TargetAttr::listName)
    return success();
  if (!isa<ModuleOp>(op))
    return op->emitOpError("expected '")
           << TargetAttr::listName << "' on modules only";
  auto list = dyn_cast<ArrayAttr>(attribute.getValue());
  if (!list || list.empty() || !llvm::all_of(list, llvm::IsaPred<TargetAttr>))
    return op->emitOpError("expected '")
           << TargetAttr::listName << "' to list #strait.target, found "
           << attribute.getValue();
  auto targets = llvm::to_vector(list.getAsRange<TargetAttr>());
  for (auto [lower, higher] : llvm::zip(targets, llvm::drop_begin(targets)))
    if (lower.getIsa() >= higher.getIsa())
      return op->emitOpError("expected targets from the lowest instruction "
                             "set to the highest, found ")
             << stringifyIsa(lower.getIsa()) << " before "
             << stringifyIsa(higher.getIsa());
  if (targets.front().isGpu() != targets.back().isGpu())
    return op->emitOpError("expected targets of CPUs or of GPUs, found ")
           << stringifyIsa(targets.front().getIsa()) << " beside "
           << stringifyIsa(targets.back().getIsa());
  return success();
}
