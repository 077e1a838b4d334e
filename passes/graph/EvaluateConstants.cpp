// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops on constants only -> strait.weight with their result. All constant
// subgraphs of a function are compiled as one program and run once: constants
// have the semantics of compiled code because they are computed by it.
#include "passes/graph/EvaluateConstants.h"
#include "dialects/graph/GraphOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace strait;

/// A result may be this much larger than its operands together: an expanded
/// constant is cheaper computed at run time than stored.
static constexpr int64_t kMaxGrowth = 2;
static constexpr int64_t kSmallBytes = 64 * 1024;

static int64_t bytesOf(Type type) {
  auto ranked = cast<RankedTensorType>(type);
  int64_t width =
      std::max<int64_t>(8, ranked.getElementType().getIntOrFloatBitWidth());
  return ranked.getNumElements() * width / 8;
}

/// Whether `op` can be computed now, its operands in `constants` being known.
static bool isEvaluable(Operation *op,
                        const llvm::SetVector<Operation *> &constants) {
  if (!isa<graph::GraphDialect>(op->getDialect()) || op->getNumRegions() ||
      op->getNumResults() == 0 || isa<graph::WeightOp>(op) ||
      !isMemoryEffectFree(op))
    return false;
  int64_t read = 0;
  for (Value operand : op->getOperands()) {
    Operation *producer = operand.getDefiningOp();
    if (!producer ||
        !(isa<graph::WeightOp>(producer) || constants.contains(producer)))
      return false;
    read += bytesOf(operand.getType());
  }
  int64_t written = 0;
  for (Type type : op->getResultTypes()) {
    auto ranked = dyn_cast<RankedTensorType>(type);
    if (!ranked || !ranked.hasStaticShape() ||
        !ranked.getElementType().isIntOrFloat())
      return false;
    written += bytesOf(type);
  }
  return written <= std::max(kMaxGrowth * read, kSmallBytes);
}

/// Whether the op costs nothing where it stands: a view of a weight, or the
/// transpose of one that a product reads as it lies.
static bool isFree(Operation *op) {
  if (!op->getNumOperands() ||
      !isa_and_nonnull<graph::WeightOp>(op->getOperand(0).getDefiningOp()))
    return false;
  if (isa<graph::ReshapeOp>(op))
    return true;
  auto transpose = dyn_cast<graph::TransposeOp>(op);
  if (!transpose)
    return false;
  ArrayRef<int64_t> perm = transpose.getPerm();
  SmallVector<int64_t> swap =
      llvm::to_vector(llvm::seq<int64_t>(0, perm.size()));
  if (perm.size() < 2)
    return false;
  std::swap(swap[perm.size() - 1], swap[perm.size() - 2]);
  return perm == ArrayRef(swap) &&
         llvm::all_of(op->getUses(), [](OpOperand &use) {
           return isa<graph::MatmulOp>(use.getOwner()) &&
                  use.getOperandNumber() == 1;
         });
}

/// Clones `constants` and the weights that they read into a function @main
/// that returns `wanted`.
static OwningOpRef<ModuleOp>
extract(func::FuncOp func, const llvm::SetVector<Operation *> &constants,
        ArrayRef<Value> wanted) {
  OpBuilder builder(func.getContext());
  OwningOpRef<ModuleOp> module = ModuleOp::create(func.getLoc());
  if (auto parent = func->getParentOfType<ModuleOp>())
    (*module)->setDiscardableAttrs(parent->getDiscardableAttrDictionary());
  builder.setInsertionPointToStart(module->getBody());
  SmallVector<Type> types;
  for (Value value : wanted)
    types.push_back(value.getType());
  auto main = func::FuncOp::create(builder, func.getLoc(), "main",
                                   builder.getFunctionType({}, types));
  for (unsigned i = 0; i < wanted.size(); ++i)
    main.setResultAttr(i, "strait.name",
                       builder.getStringAttr("constant" + std::to_string(i)));
  builder.setInsertionPointToStart(main.addEntryBlock());
  IRMapping mapping;
  for (Operation *op : constants) {
    for (Value operand : op->getOperands())
      if (auto weight = operand.getDefiningOp<graph::WeightOp>())
        if (!mapping.contains(operand))
          builder.clone(*weight, mapping);
    builder.clone(*op, mapping);
  }
  SmallVector<Value> results;
  for (Value value : wanted)
    results.push_back(mapping.lookup(value));
  func::ReturnOp::create(builder, func.getLoc(), results);
  return module;
}

namespace {
class EvaluateConstantsPass
    : public PassWrapper<EvaluateConstantsPass, OperationPass<func::FuncOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(EvaluateConstantsPass)
  explicit EvaluateConstantsPass(EvaluateFn evaluate)
      : evaluate(std::move(evaluate)) {}
  StringRef getArgument() const override {
    return "strait-evaluate-constants";
  }
  StringRef getDescription() const override {
    return "compiles and runs ops on constants, leaving their results";
  }

private:
  void runOnOperation() override;
  EvaluateFn evaluate;
};
} // namespace

void EvaluateConstantsPass::runOnOperation() {
  func::FuncOp func = getOperation();
  llvm::SetVector<Operation *> constants;
  for (Operation &op : func.getBody().front())
    if (isEvaluable(&op, constants))
      constants.insert(&op);
  SmallVector<Value> wanted;
  for (Operation *op : constants)
    for (Value result : op->getResults())
      if (!isFree(op) && llvm::any_of(result.getUsers(), [&](Operation *user) {
            return !constants.contains(user);
          }))
        wanted.push_back(result);
  if (wanted.empty())
    return markAllAnalysesPreserved();

  OwningOpRef<ModuleOp> module = extract(func, constants, wanted);
  FailureOr<SmallVector<ElementsAttr>> values = evaluate(*module);
  if (failed(values))
    return signalPassFailure();
  OpBuilder builder(func.getContext());
  for (auto [value, attr] : llvm::zip(wanted, *values)) {
    builder.setInsertionPoint(value.getDefiningOp());
    Value weight =
        graph::WeightOp::create(builder, value.getLoc(), value.getType(), attr);
    value.replaceAllUsesWith(weight);
  }
  for (Operation *op : llvm::reverse(constants))
    if (op->use_empty())
      op->erase();
}

std::unique_ptr<Pass>
strait::createEvaluateConstantsPass(EvaluateFn evaluate) {
  return std::make_unique<EvaluateConstantsPass>(std::move(evaluate));
}
