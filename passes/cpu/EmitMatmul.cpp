// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.matmul on CPUs:
//
//   for task (batch, block of rows, block of panels):
//     [compute the rows of A into scratch, if A is a prologue]
//     for group of panels in the block:
//       [pack the group into scratch, if B is an activation]
//       for tile of rows in the block:
//         kernel.ukernel over k: epilogue, store; meanwhile
//                        a share of the next group comes into L2
//
// B's group is read by all rows of the block while it is in L1 or L2; A's rows
// are read in place. The columns after the last full group are one tile of
// their own, its last vector masked. Where the number of rows is not known, the
// whole is emitted for very few rows too, with wider groups: too few rows do not
// hide the latency of fma.
#include "passes/cpu/Generators.h"

#include "passes/analysis/RootShape.h"
#include "passes/loops/Epilogue.h"
#include "passes/loops/IndexMath.h"
#include "passes/cpu/PanelPacking.h"
#include "passes/cpu/RowLadder.h"
#include "passes/loops/TileAttributes.h"
#include "passes/cpu/Ukernel.h"
#include "passes/cpu/VectorSweep.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

namespace {
struct MatmulEmitter {
  KernelFunction &function;
  kernel::MatmulOp op;
  const Epilogue &epilogue;
  Location loc;
  // Of the tile attribute.
  int64_t rowBlock = 0, panelBlock = 0, rows = 0, panels = 0, fetchAhead = 0;
  BlockTile tile = {};
  // Values of the entry block.
  Value a = {}, b = {}, m = {}, n = {}, k = {};
  Value rowBlocks = {}, panelBlocks = {}, scratch = {};
  bool packed = false, sharedRhs = false;
  SmallVector<int64_t> possibleRows = {}; // of a block; empty: unknown
  std::optional<FusedMap> prologue = {}; // computes a block of A's rows into a
  LogicalResult result = success();

  /// What one task works on.
  struct Task {
    Value batch, row, rowCount; // block of rows
    Value bBase;                // of the batch in B
    Value aheadRate;            // see BlockOperands; null: nothing is fetched
  };

  /// A tile of `height` rows from `row` of the task's block on.
  void emitTile(OpBuilder &builder, const Task &task, Value row, int64_t height,
                Value panelBase, Value panelStep, Value column,
                const UkernelColumns &columns) {
    IndexMath math(builder, loc);
    BlockOperands operands{a, {}, packed ? b : scratch, {}};
    Value first = math.add(task.row, row);
    Value batchBase = math.mul(task.batch, math.mul(m, k));
    SmallVector<Value> coordinates;
    for (int64_t r = 0; r < height; ++r) {
      Value at = math.add(first, r);
      coordinates.push_back(at);
      if (prologue)
        operands.rows.push_back(math.mul(math.add(row, r), k));
      else
        operands.rows.push_back(math.add(batchBase, math.mul(at, k)));
    }
    for (int64_t panel = 0; panel < columns.panels(tile.lanes); ++panel)
      operands.panels.push_back(
          math.add(panelBase, math.mul(panelStep, panel)));
    if (task.aheadRate) {
      // Tile by tile through the group that follows this one in memory.
      Value next = math.add(panelBase, math.mul(panelStep, panels));
      Value passed = math.mul(math.mul(math.div(row, rows), k), task.aheadRate);
      operands.ahead = math.add(next, math.div(passed, 1024));
      operands.aheadRate = task.aheadRate;
    }
    BlockTile shape = tile;
    shape.vectors = columns.vectors;
    ReductionLoop loop{k, math.constant(1), math.constant(panelWidth)};
    BlockSums block = createUkernel(builder, loc, shape, operands, loop,
                                    coordinates, columns.count,
                                    epilogue.length());
    IndexMath in(block.builder, loc);
    Value position[] = {task.batch, block.coordinates[0],
                        in.add(column, block.column)};
    if (failed(epilogue.store(block.builder, block.sums, position, block.mask)))
      result = failure();
  }

  /// Computes the task's rows of A.
  void emitPrologue(OpBuilder &builder, const Task &task) {
    Type element = builder.getF32Type();
    IndexMath(builder, loc).forEach(
        task.rowCount, [&](OpBuilder &inside, Value row) {
          IndexMath math(inside, loc);
          Value to = math.mul(row, k), from = math.add(task.row, row);
          auto emit = [&](OpBuilder &b, Value at, int64_t lanes,
                          Value mask) -> LogicalResult {
            Value position[] = {task.batch, from, at};
            auto values = prologue->evaluate(b, position, mask, lanes);
            if (failed(values))
              return failure();
            Value whole = toVector(b, loc, values->front(), lanes);
            Value place = IndexMath(b, loc).add(to, at);
            if (!mask)
              storeElements(b, loc, whole, a, place, element);
            else
              vector::MaskedStoreOp::create(b, loc, a, place, mask, whole);
            return success();
          };
          if (failed(sweepVectors(inside, loc, math.constant(0), k,
                                  4 * tile.lanes, tile.lanes, emit)))
            result = failure();
        });
  }

  /// All rows of the block times the group of panels that starts at `panel`.
  /// `count`: its columns, where not all exist.
  void emitGroup(OpBuilder &builder, const Task &task, Value panel,
                 const UkernelColumns &columns, Value count) {
    IndexMath math(builder, loc);
    Value panelSize = math.mul(k, panelWidth);
    Value column = math.mul(panel, panelWidth);
    Value base = math.add(task.bBase, math.mul(panel, panelSize));
    if (!packed) {
      base = math.constant(0);
      emitPacking(builder, task, column, columns, count);
    }
    emitRowLadder(builder, loc, task.rowCount, rows, possibleRows,
                  [&](OpBuilder &inside, Value row, int64_t height) {
                    emitTile(inside, task, row, height, base, panelSize,
                             column, columns);
                  });
  }

  void emitPacking(OpBuilder &builder, const Task &task, Value column,
                   const UkernelColumns &columns, Value count) {
    IndexMath math(builder, loc);
    bool transposed = op.getPanels() == kernel::PanelLayout::transposed;
    int64_t width = columns.vectors * tile.lanes;
    for (int64_t first = 0; first < width; first += panelWidth) {
      Value at = math.add(column, first);
      PanelSource source;
      source.memref = b;
      source.base =
          math.add(task.bBase, transposed ? math.mul(at, k) : at);
      source.depth = k;
      source.depthStride = transposed ? math.constant(1) : n;
      source.columnStride = transposed ? k : math.constant(1);
      source.transposed = transposed;
      bool last = first + panelWidth >= width;
      Value existing =
          last && count ? math.sub(count, math.constant(first)) : Value();
      emitPackPanel(builder, loc, source, existing, scratch,
                    math.mul(k, first));
    }
  }

  /// `fewPanels[i]`: the panels of a group where there are i + 1 rows.
  void emitTask(OpBuilder &builder, Value index, ArrayRef<int64_t> fewPanels) {
    OpBuilder inside = builder;
    for (auto [i, wide] : llvm::enumerate(fewPanels)) {
      int64_t height = i + 1;
      IndexMath math(inside, loc);
      auto branch = scf::IfOp::create(
          inside, loc,
          math.compare(arith::CmpIPredicate::eq, m, math.constant(height)),
          /*withElse=*/true);
      MatmulEmitter few = *this;
      OpBuilder then = branch.getThenBodyBuilder();
      few.m = IndexMath(then, loc).constant(height);
      few.rows = height;
      few.possibleRows = {height};
      few.panels = wide;
      few.fetchAhead = 0;
      few.tile.unroll = height == 1 ? 1 : 2;
      few.emitTask(then, index);
      if (failed(few.result))
        result = failure();
      inside = branch.getElseBodyBuilder();
    }
    emitTask(inside, index);
  }

  void emitTask(OpBuilder &builder, Value index) {
    IndexMath math(builder, loc);
    Value panelIndex = math.rem(index, panelBlocks);
    Value outer = math.div(index, panelBlocks);
    Task task;
    task.batch = math.div(outer, rowBlocks);
    Value rowIndex = math.rem(outer, rowBlocks);
    task.row = math.mul(rowIndex, rowBlock);
    task.rowCount = math.min(math.sub(m, task.row), rowBlock);
    if (possibleRows.size() == 1)
      task.rowCount = math.constant(possibleRows[0]);
    if (prologue)
      emitPrologue(builder, task);
    if (fetchAhead) {
      Value tiles = math.max(math.ceilDiv(task.rowCount, rows),
                             math.constant(fetchAhead));
      task.aheadRate =
          math.div(math.constant(1024 * panelWidth * panels), tiles);
    }
    Value perBatch = packed ? math.mul(math.ceilDiv(n, panelWidth),
                                       math.mul(k, panelWidth))
                            : math.mul(k, n);
    task.bBase =
        sharedRhs ? math.constant(0) : math.mul(task.batch, perBatch);

    int64_t groupColumns = panels * panelWidth;
    Value fullPanels = math.mul(math.div(n, groupColumns), panels);
    Value begin = math.mul(panelIndex, panelBlock);
    Value end = math.min(math.add(begin, panelBlock), fullPanels);
    auto known = IndexMath::known(n);
    if (!known || *known >= groupColumns)
      math.forEach(begin, end, panels, [&](OpBuilder &inside, Value panel) {
        auto columns =
            UkernelColumns::first(inside, loc, groupColumns, tile.lanes);
        emitGroup(inside, task, panel, columns, {});
      });

    Value left = math.sub(n, math.mul(fullPanels, panelWidth));
    if (IndexMath::isKnown(left, 0))
      return;
    Value isLast = math.compare(arith::CmpIPredicate::eq, panelIndex,
                                math.sub(panelBlocks, math.constant(1)));
    Value some = math.compare(arith::CmpIPredicate::sgt, left,
                              math.constant(0));
    auto branch = scf::IfOp::create(
        builder, loc, builder.createOrFold<arith::AndIOp>(loc, isLast, some),
        /*withElse=*/false);
    OpBuilder inside = branch.getThenBodyBuilder();
    auto leftKnown = IndexMath::known(left);
    auto columns = UkernelColumns::first(inside, loc, left, tile.lanes);
    bool ragged = !leftKnown || *leftKnown % panelWidth != 0;
    emitGroup(inside, task, fullPanels, columns, ragged ? left : Value());
  }
};
} // namespace

LogicalResult cpu::emitMatmul(KernelFunction &function, kernel::MatmulOp op) {
  if (failed(expectF32(op, op->getOperandTypes())))
    return failure();
  TileAttributes attributes(function.kernel());
  FailureOr<Epilogue> epilogue = Epilogue::create(function, op);
  linalg::GenericOp prologue = kernel::findPrologue(op);
  auto lhs = function.inputIndex(op.getLhs());
  auto rhs = function.inputIndex(op.getRhs());
  if (failed(epilogue))
    return failure();
  if (!(lhs || prologue) || !rhs)
    return op.emitOpError("expected its operands to be inputs of the kernel");

  MatmulEmitter emitter{function, op, *epilogue, op.getLoc()};
  BlockTile &tile = emitter.tile;
  if (failed(attributes.read({{"row_block", &emitter.rowBlock},
                              {"panel_block", &emitter.panelBlock},
                              {"rows", &emitter.rows},
                              {"panels", &emitter.panels},
                              {"lanes", &tile.lanes},
                              {"unroll", &tile.unroll},
                              {"prefetch", &tile.prefetch},
                              {"fetch_ahead", &emitter.fetchAhead}})))
    return failure();

  // Positions of dims in the shapes, so that extents come from the operands.
  ArrayRef<AffineExpr> b = function.inputShape(*rhs);
  ArrayRef<AffineExpr> c = function.resultShape(0);
  AffineExpr depth = b[op.getPanels() == kernel::PanelLayout::row_major ? 1 : 2];
  if (lhs)
    depth = function.inputShape(*lhs)[2];
  emitter.b = function.flatInput(*rhs);
  emitter.m = function.size(c[1]);
  emitter.n = function.size(c[2]);
  emitter.k = function.size(depth);
  emitter.rowBlocks = function.size(c[1].ceilDiv(emitter.rowBlock));
  emitter.panelBlocks =
      function.size(c[2].ceilDiv(emitter.panelBlock * panelWidth));
  emitter.packed = op.getPanels() == kernel::PanelLayout::packed;
  auto shared = dyn_cast<AffineConstantExpr>(b[0]);
  emitter.sharedRhs = shared && shared.getValue() == 1;
  auto type = MemRefType::get({ShapedType::kDynamic},
                              function.builder().getF32Type());
  AffineExpr rowsAt = getAffineConstantExpr(0, op.getContext());
  if (!emitter.packed) {
    rowsAt = depth * (4 * panelWidth * emitter.panels);
    emitter.scratch = function.carveScratch(
        getAffineConstantExpr(0, op.getContext()), type,
        function.size(depth * (panelWidth * emitter.panels)));
  }
  if (prologue) {
    emitter.prologue.emplace(function, prologue);
    emitter.a = function.carveScratch(
        rowsAt, type, function.size(depth * emitter.rowBlock));
  } else {
    emitter.a = function.flatInput(*lhs);
  }
  if (auto known = dyn_cast<AffineConstantExpr>(c[1])) {
    int64_t rows = known.getValue();
    if (rows >= emitter.rowBlock)
      emitter.possibleRows.push_back(emitter.rowBlock);
    if (rows % emitter.rowBlock != 0)
      emitter.possibleRows.push_back(rows % emitter.rowBlock);
  }
  ArrayRef<int64_t> fewPanels;
  if (auto few = function.kernel().getTileAttr().getAs<DenseI64ArrayAttr>(
          "few_rows_panels"))
    fewPanels = few;
  function.forEachTask([&](OpBuilder &builder, Value index) {
    emitter.emitTask(builder, index, fewPanels);
  });
  return emitter.result;
}
