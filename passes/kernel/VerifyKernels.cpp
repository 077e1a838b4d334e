// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Checks what schedules and code generators rely on; changes nothing.
#include "passes/kernel/Passes.h"

#include "dialects/graph/GraphOps.h"
#include "dialects/kernel/KernelOps.h"
#include "dialects/schedule/ScheduleOps.h"
#include "mlir/IR/OperationSupport.h"

namespace strait {
#define GEN_PASS_DEF_VERIFYKERNELSPASS
#include "passes/kernel/Passes.h.inc"
} // namespace strait

using namespace mlir;
using namespace strait;

/// Tasks and scratch are numbers that follow from the sizes. Tile, tasks and
/// scratch are given as attributes, so that all versions are looked at alike.
static LogicalResult verifyVersion(kernel::FuncOp kernel,
                                   DictionaryAttr version) {
  unsigned sizes = kernel.getBody().getNumArguments() - kernel.getNumInputs();
  for (StringRef name : {"tasks", "scratch"}) {
    auto map = version.getAs<AffineMapAttr>(name);
    if (!map)
      return kernel.emitOpError("expected '")
             << name << "', which strait-select-tiles sets";
    if (map.getValue().getNumDims() != 0 ||
        map.getValue().getNumSymbols() != sizes ||
        map.getValue().getNumResults() != 1)
      return kernel.emitOpError("expected '")
             << name << "' to map " << sizes
             << " sizes to one number, as strait-select-tiles sets it, found "
             << map;
  }
  if (!version.getAs<DictionaryAttr>("tile"))
    return kernel.emitOpError("expected a 'tile', which strait-select-tiles "
                              "sets");
  return success();
}

/// One version for each target of the module.
static LogicalResult verifyVersions(kernel::FuncOp kernel, size_t targets) {
  if (failed(verifyVersion(kernel, kernel->getAttrDictionary())))
    return failure();
  ArrayAttr versions = kernel.getVersionsAttr();
  size_t found = 1 + (versions ? versions.size() : 0);
  if (found != targets)
    return kernel.emitOpError("expected ")
           << targets << " versions, one for each target, as "
           << "strait-select-tiles makes them, found " << found;
  if (versions)
    for (auto version : versions.getAsRange<DictionaryAttr>())
      if (failed(verifyVersion(kernel, version)))
        return failure();
  return success();
}

/// One root at most, between maps and what they are made of.
static LogicalResult verifyBody(kernel::FuncOp kernel) {
  Operation *root = nullptr;
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    if (isa<kernel::RootInterface>(op)) {
      if (root)
        return op.emitOpError("expected one root per kernel, as "
                              "strait-fuse-regions keeps it, found a second "
                              "beside ")
               << root->getName();
      root = &op;
    } else if (!isa<linalg::LinalgDialect, tensor::TensorDialect,
                    arith::ArithDialect, affine::AffineDialect>(
                   op.getDialect())) {
      return op.emitOpError("expected maps and one root in a kernel, which "
                            "strait-form-regions makes");
    }
  }
  return success();
}

/// A launch fits its kernel.
static LogicalResult verifyLaunch(kernel::LaunchOp launch,
                                  SymbolTable &symbols) {
  auto kernel = symbols.lookup<kernel::FuncOp>(launch.getKernel());
  if (!kernel)
    return launch.emitOpError("expected a kernel.func @") << launch.getKernel();
  Block &body = kernel.getBody().front();
  auto types = llvm::to_vector(launch.getInputs().getTypes());
  types.append(launch.getSizes().size(),
               IndexType::get(launch.getContext()));
  if (TypeRange(types) != body.getArgumentTypes())
    return launch.emitOpError("expected operands ")
           << body.getArgumentTypes() << " of kernel.func @"
           << launch.getKernel() << ", found " << TypeRange(types);
  TypeRange results = body.getTerminator()->getOperandTypes();
  if (launch.getResultTypes() != results)
    return launch.emitOpError("expected results ")
           << results << " of kernel.func @" << launch.getKernel()
           << ", found " << launch.getResultTypes();
  return success();
}

/// Launches, views, weights, control flow, checks and arithmetic on sizes are
/// left.
static LogicalResult verifyHostOp(Operation *op, SymbolTable &symbols) {
  if (auto launch = dyn_cast<kernel::LaunchOp>(op))
    return verifyLaunch(launch, symbols);
  if (isa<kernel::RegionOp>(op))
    return op->emitOpError("expected a launch, which strait-outline-kernels "
                           "makes of every region");
  if (isa<kernel::ReshapeOp, kernel::SliceOp, kernel::JoinOp, graph::WeightOp,
          graph::IfOp, graph::LoopOp, graph::YieldOp, func::ReturnOp,
          schedule::CheckOp>(op))
    return success();
  if (isa<graph::GraphDialect>(op->getDialect()))
    return op->emitOpError("expected kernels instead, which "
                           "strait-form-regions makes of ops that compute");
  if (isa<tensor::DimOp, tensor::ExtractOp, tensor::FromElementsOp>(op) ||
      isa<arith::ArithDialect, affine::AffineDialect>(op->getDialect()))
    return success();
  return op->emitOpError("expected only launches, views, weights, control "
                         "flow and arithmetic on sizes after "
                         "strait-form-regions");
}

/// No kernel is another under a second name.
static LogicalResult verifyDistinct(ArrayRef<kernel::FuncOp> kernels) {
  StringRef name = SymbolTable::getSymbolAttrName();
  auto attributes = [&](kernel::FuncOp kernel) {
    NamedAttrList list(kernel->getAttrs());
    list.erase(name);
    return list.getDictionary(kernel.getContext());
  };
  llvm::MapVector<Attribute, SmallVector<kernel::FuncOp>> groups;
  for (kernel::FuncOp kernel : kernels) {
    SmallVector<kernel::FuncOp> &group = groups[attributes(kernel)];
    for (kernel::FuncOp other : group)
      if (OperationEquivalence::isRegionEquivalentTo(
              &kernel.getBody(), &other.getBody(),
              OperationEquivalence::IgnoreLocations))
        return kernel.emitOpError("expected distinct kernels, as "
                                  "strait-outline-kernels makes them, found "
                                  "the same as @")
               << other.getSymName();
    group.push_back(kernel);
  }
  return success();
}

namespace {
struct VerifyKernelsPass
    : strait::impl::VerifyKernelsPassBase<VerifyKernelsPass> {
  LogicalResult verify() {
    auto targets = graph::TargetAttr::listOf(getOperation());
    if (failed(targets))
      return failure();
    SymbolTable symbols(getOperation());
    SmallVector<kernel::FuncOp> kernels;
    for (Operation &op : *getOperation().getBody()) {
      if (auto kernel = dyn_cast<kernel::FuncOp>(op)) {
        if (failed(verifyVersions(kernel, targets->size())) ||
            failed(verifyBody(kernel)))
          return failure();
        kernels.push_back(kernel);
        continue;
      }
      auto function = dyn_cast<func::FuncOp>(op);
      if (!function)
        return op.emitOpError("expected only functions and kernels after "
                              "strait-outline-kernels");
      WalkResult result = function.getBody().walk<WalkOrder::PreOrder>(
          [&](Operation *inner) -> WalkResult {
            return verifyHostOp(inner, symbols);
          });
      if (result.wasInterrupted())
        return failure();
    }
    return verifyDistinct(kernels);
  }

  void runOnOperation() override {
    markAllAnalysesPreserved();
    if (failed(verify()))
      signalPassFailure();
  }
};
} // namespace
