// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.ukernel -> loops of rank-1 updates (MicroKernel.h), then its region
// for every vector of sums.
//
// With `by_rows` the sums go to the stack, and a loop over the rows picks them
// up from there while they are in L1: all columns of a row as one wide vector,
// whose registers take each step of a long computation side by side.
#include "passes/cpu/Passes.h"

#include "dialects/kernel/KernelOps.h"
#include "passes/loops/IndexMath.h"
#include "passes/cpu/MicroKernel.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace strait::cpu {
#define GEN_PASS_DEF_LOWERUKERNELSPASS
#include "passes/cpu/Passes.h.inc"
} // namespace strait::cpu

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

namespace {
class UkernelLowering {
public:
  explicit UkernelLowering(func::FuncOp function) : function(function) {}
  void lower(kernel::UkernelOp op);

private:
  void storeByRows(OpBuilder &builder, kernel::UkernelOp op,
                   ArrayRef<Value> sums);
  /// Room on the stack, the same for all blocks of one shape.
  Value stack(ArrayRef<int64_t> shape, Type element, Location loc);

  func::FuncOp function;
  llvm::DenseMap<Type, Value> stackAreas;
};
} // namespace

/// A copy of the region of `op` for one vector of sums.
static void copyRegion(OpBuilder &builder, kernel::UkernelOp op,
                       ValueRange coordinates, Value column, Value sums,
                       Value mask) {
  Block &region = op.getStore().front();
  SmallVector<Value> arguments(coordinates);
  arguments.append({column, sums});
  if (mask)
    arguments.push_back(mask);
  IRMapping mapping;
  mapping.map(region.getArguments(), arguments);
  for (Operation &inner : region.without_terminator())
    builder.clone(inner, mapping);
}

/// The columns from `first` on that exist, if not all do.
static Value maskOf(OpBuilder &builder, kernel::UkernelOp op, int64_t first) {
  Value columns = op.getColumns();
  if (!columns)
    return {};
  Location loc = op.getLoc();
  IndexMath math(builder, loc);
  int64_t width = op.width();
  auto type = VectorType::get({width}, builder.getI1Type());
  auto known = IndexMath::known(columns);
  // create_mask takes signed bounds: below zero means no lane.
  if (!known)
    return vector::CreateMaskOp::create(
        builder, loc, type, math.sub(columns, math.constant(first)));
  SmallVector<bool> exists(width);
  for (int64_t lane = 0; lane < width; ++lane)
    exists[lane] = first + lane < *known;
  return arith::ConstantOp::create(builder, loc,
                                   DenseElementsAttr::get(type, exists));
}

static void storeByVectors(OpBuilder &builder, kernel::UkernelOp op,
                           ArrayRef<Value> sums) {
  IndexMath math(builder, op.getLoc());
  int64_t rows = op.getRows().size(), vectors = op.getVectors();
  size_t perRow = op.coordinatesPerRow();
  for (int64_t vector = 0; vector < vectors; ++vector) {
    Value column = math.constant(vector * op.getLanes());
    Value mask = maskOf(builder, op, vector * op.getLanes());
    for (int64_t row = 0; row < rows; ++row)
      copyRegion(builder, op, op.getCoordinates().slice(row * perRow, perRow),
                 column, sums[row * vectors + vector], mask);
  }
}

Value UkernelLowering::stack(ArrayRef<int64_t> shape, Type element,
                             Location loc) {
  auto type = MemRefType::get(shape, element);
  Value &area = stackAreas[type];
  if (!area) {
    OpBuilder entry = OpBuilder::atBlockBegin(&function.getBody().front());
    area = memref::AllocaOp::create(entry, loc, type,
                                    entry.getI64IntegerAttr(64));
  }
  return area;
}

void UkernelLowering::storeByRows(OpBuilder &builder, kernel::UkernelOp op,
                                  ArrayRef<Value> sums) {
  Location loc = op.getLoc();
  IndexMath math(builder, loc);
  int64_t rows = op.getRows().size(), vectors = op.getVectors();
  int64_t perRow = op.coordinatesPerRow();
  auto vectorType = VectorType::get({op.width()}, builder.getF32Type());
  Value area = stack({rows, op.width()}, builder.getF32Type(), loc);
  Value places;
  if (perRow != 0)
    places = stack({rows, perRow}, builder.getIndexType(), loc);
  for (int64_t row = 0; row < rows; ++row) {
    Value at = math.constant(row);
    for (int64_t vector = 0; vector < vectors; ++vector)
      vector::StoreOp::create(
          builder, loc, sums[row * vectors + vector], area,
          ValueRange{at, math.constant(vector * op.getLanes())});
    for (int64_t i = 0; i < perRow; ++i)
      memref::StoreOp::create(builder, loc,
                              op.getCoordinates()[row * perRow + i], places,
                              ValueRange{at, math.constant(i)});
  }
  Value mask = maskOf(builder, op, 0);
  math.forEach(math.constant(rows), [&](OpBuilder &inside, Value row) {
    IndexMath in(inside, loc);
    Value zero = in.constant(0);
    SmallVector<Value> coordinates;
    for (int64_t i = 0; i < perRow; ++i)
      coordinates.push_back(memref::LoadOp::create(
          inside, loc, places, ValueRange{row, in.constant(i)}));
    Value sum = vector::LoadOp::create(inside, loc, vectorType, area,
                                       ValueRange{row, zero});
    copyRegion(inside, op, coordinates, zero, sum, mask);
  });
}

void UkernelLowering::lower(kernel::UkernelOp op) {
  OpBuilder builder(op);
  Location loc = op.getLoc();
  BlockTile tile;
  tile.lanes = op.getLanes();
  tile.vectors = op.getVectors();
  tile.unroll = op.getUnroll();
  tile.prefetch = op.getPrefetch();
  BlockOperands operands{op.getA(), SmallVector<Value>(op.getRows()),
                         op.getB(), SmallVector<Value>(op.getPanels())};
  if (!op.getAhead().empty()) {
    operands.ahead = op.getAhead()[0];
    operands.aheadRate = op.getAhead()[1];
  }
  SmallVector<ReductionLoop> loops;
  for (auto [count, aStep, bStep] :
       llvm::zip(op.getCounts(), op.getASteps(), op.getBSteps()))
    loops.push_back({count, aStep, bStep});
  SmallVector<Value> sums =
      emitBlockProduct(builder, loc, tile, operands, loops);
  if (op.getByRows())
    storeByRows(builder, op, sums);
  else
    storeByVectors(builder, op, sums);
  op.erase();
}

namespace {
struct LowerUkernelsPass
    : cpu::impl::LowerUkernelsPassBase<LowerUkernelsPass> {
  void runOnOperation() override {
    UkernelLowering lowering(getOperation());
    getOperation().walk([&](kernel::UkernelOp op) { lowering.lower(op); });
  }
};
} // namespace
