// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// If and Loop: subgraphs become regions that read outer values directly.

#include "frontends/onnx/OpTable.h"
#include "frontends/onnx/onnx-ml.pb.h"

using namespace mlir;

namespace strait::importer {

/// A branch that must be taken needs no op, and no other branch.
static LogicalResult inlineBranch(NodeContext &n,
                                  const onnx::GraphProto &branch) {
  auto results = n.importSubgraph(branch, {});
  if (failed(results) || !*results)
    return failure();
  if ((*results)->size() != n.numOutputs())
    return n.emitError() << "has a branch with " << (*results)->size()
                         << " outputs, expected " << n.numOutputs();
  for (auto [index, value] : llvm::enumerate(**results))
    n.setOutput(index, value);
  return success();
}

/// Imports a branch into a region of its own and yields its results.
static FailureOr<SmallVector<Value>>
importBranch(NodeContext &n, const onnx::GraphProto &branch, Region &region) {
  OpBuilder::InsertionGuard guard(n.builder);
  n.builder.createBlock(&region);
  auto results = n.importSubgraph(branch, {});
  if (failed(results) || !*results)
    return failure();
  if ((*results)->size() != n.numOutputs())
    return n.emitError() << "has a branch with " << (*results)->size()
                         << " outputs, expected " << n.numOutputs();
  graph::YieldOp::create(n.builder, n.loc, **results);
  return **results;
}

/// A condition or count as a scalar.
static Value asScalar(NodeContext &n, Value value) {
  return !value || n.rankOf(value) == 0 ? value : n.reshape(value, {});
}

static LogicalResult importIf(NodeContext &n) {
  const onnx::GraphProto *thenBranch = n.attributes.requireGraph("then_branch");
  const onnx::GraphProto *elseBranch = n.attributes.requireGraph("else_branch");
  if (n.attributes.failed())
    return failure();
  if (std::optional<SmallVector<int64_t>> known = n.knownInts(n.input(0)))
    if (known->size() == 1)
      return inlineBranch(n, known->front() ? *thenBranch : *elseBranch);
  Value condition = asScalar(n, n.input(0));

  // The results' types follow from the regions, so these are filled first.
  auto draft = graph::IfOp::create(n.builder, n.loc, TypeRange(), condition);
  auto thenResults = importBranch(n, *thenBranch, draft.getThenRegion());
  if (failed(thenResults))
    return failure();
  auto elseResults = importBranch(n, *elseBranch, draft.getElseRegion());
  if (failed(elseResults))
    return failure();
  SmallVector<Type> elements;
  for (auto [index, a, b] : llvm::enumerate(*thenResults, *elseResults)) {
    if (n.elementOf(a) != n.elementOf(b))
      return n.emitError() << "has branches with output " << index
                           << " of types " << a.getType() << " and "
                           << b.getType() << ", expected one element type";
    if (n.rankOf(a) != n.rankOf(b))
      return n.unsupported("branches with output " + Twine(index) +
                           " of ranks " + Twine(n.rankOf(a)) + " and " +
                           Twine(n.rankOf(b)));
    elements.push_back(UnrankedTensorType::get(n.elementOf(a)));
  }
  auto op = graph::IfOp::create(n.builder, n.loc, elements, condition);
  op.getThenRegion().takeBody(draft.getThenRegion());
  op.getElseRegion().takeBody(draft.getElseRegion());
  draft.erase();
  n.inferTypes(op);
  for (auto [index, value] : llvm::enumerate(op.getResults()))
    n.setOutput(index, value);
  return success();
}

/// The type that covers both: dims that differ become dynamic.
static FailureOr<Type> joinTypes(NodeContext &n, Type before, Type after,
                                 size_t index) {
  auto a = cast<RankedTensorType>(before), b = cast<RankedTensorType>(after);
  if (a.getElementType() != b.getElementType())
    return n.emitError() << "changes the type of carried value " << index
                         << " from " << a << " to " << b;
  if (a.getRank() != b.getRank())
    return n.unsupported("carried value " + Twine(index) +
                         " that changes its rank");
  SmallVector<int64_t> shape;
  for (auto [x, y] : llvm::zip(a.getShape(), b.getShape()))
    shape.push_back(x == y ? x : ShapedType::kDynamic);
  return Type(RankedTensorType::get(shape, a.getElementType()));
}

namespace {
/// One try to import a loop's body, for one choice of carried types.
struct LoopDraft {
  graph::LoopOp op;
  /// What the body yields: condition, carried values, scan outputs.
  SmallVector<Value> yielded;
};
} // namespace

static FailureOr<LoopDraft> importBody(NodeContext &n,
                                       const onnx::GraphProto &body,
                                       Value count, Value condition,
                                       ValueRange carried,
                                       ArrayRef<Type> carriedTypes) {
  LoopDraft draft;
  draft.op = graph::LoopOp::create(n.builder, n.loc, TypeRange(), count,
                                   condition, carried);
  OpBuilder::InsertionGuard guard(n.builder);
  Block *block = n.builder.createBlock(&draft.op.getBody());
  auto scalarOf = [](Type element) {
    return RankedTensorType::get({}, element);
  };
  SmallVector<Value> arguments;
  arguments.push_back(
      block->addArgument(scalarOf(n.builder.getI64Type()), n.loc));
  arguments.push_back(
      block->addArgument(scalarOf(n.builder.getI1Type()), n.loc));
  for (Type type : carriedTypes)
    arguments.push_back(block->addArgument(type, n.loc));
  auto results = n.importSubgraph(body, arguments);
  if (failed(results) || !*results)
    return failure();
  if ((*results)->size() != n.numOutputs() + 1 ||
      n.numOutputs() < carried.size())
    return n.emitError() << "has a body with " << (*results)->size()
                         << " outputs, expected " << n.numOutputs() + 1
                         << " for " << carried.size() << " carried values";
  draft.yielded = **results;
  draft.yielded[0] = asScalar(n, draft.yielded[0]);
  graph::YieldOp::create(n.builder, n.loc, draft.yielded);
  return draft;
}

static LogicalResult importLoop(NodeContext &n) {
  const onnx::GraphProto *body = n.attributes.requireGraph("body");
  if (n.attributes.failed())
    return failure();
  Value count = asScalar(n, n.input(0)), condition = asScalar(n, n.input(1));
  SmallVector<Value> carried;
  if (n.inputs.size() > 2)
    carried.append(n.inputs.begin() + 2, n.inputs.end());
  if (llvm::is_contained(carried, Value()))
    return n.emitError() << "has a carried value without a name";
  SmallVector<Type> types(ValueRange(carried).getTypes());

  // A body may change the dims of what it carries. Its types are then those
  // that hold for every iteration: import again with fewer static dims until
  // they do, which ends at the latest when all are dynamic.
  LoopDraft draft;
  for (;;) {
    FailureOr<LoopDraft> next =
        importBody(n, *body, count, condition, carried, types);
    if (failed(next))
      return failure();
    bool stable = true;
    for (size_t i = 0; i < carried.size(); ++i) {
      Value value = next->yielded[i + 1];
      FailureOr<Type> joined = joinTypes(n, types[i], value.getType(), i);
      if (failed(joined))
        return failure();
      stable &= *joined == types[i];
      types[i] = *joined;
    }
    if (stable) {
      draft = *next;
      break;
    }
    n.discard(next->op);
  }

  SmallVector<Type> results;
  for (Value value : llvm::drop_begin(draft.yielded))
    results.push_back(UnrankedTensorType::get(n.elementOf(value)));
  auto op = graph::LoopOp::create(n.builder, n.loc, results, count, condition,
                                  carried);
  op.getBody().takeBody(draft.op.getBody());
  draft.op.erase();
  n.inferTypes(op);
  for (auto [index, value] : llvm::enumerate(op.getResults()))
    n.setOutput(index, value);
  return success();
}

constexpr int kLast = kLatestOpset;
static const OpRow kRows[] = {
    {"If", 1, kLast, 1, 1, importIf},
    {"Loop", 1, kLast, 0, -1, importLoop},
};

ArrayRef<OpRow> controlRows() { return kRows; }

} // namespace strait::importer
