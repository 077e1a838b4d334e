// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.conv2d on CPUs: a block product whose rows are output pixels.
//
//   for task (image, block of output rows, group, block of panels):
//     [copy the input rows under the block into scratch, zeros around them]
//     for group of panels in the block:
//       for tile of pixels in the block, across the ends of rows:
//         kernel.ukernel over kh, then kw and channels: epilogue, store
//
// Rows and columns of a dilated window that lie in the padding for a whole
// block or tile are skipped. With dilation 1 and one group, the elements under
// a window's row lie next to each other: kw and channels are one loop of KW * C,
// which keeps first layers of three channels fast.
#include "passes/cpu/Generators.h"

#include "passes/loops/Epilogue.h"
#include "passes/loops/IndexMath.h"
#include "passes/cpu/PaddedRows.h"
#include "passes/cpu/RowLadder.h"
#include "passes/loops/TileAttributes.h"
#include "passes/cpu/Ukernel.h"
#include "passes/loops/WindowSpan.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

namespace {
struct Conv2DEmitter {
  KernelFunction &function;
  const Epilogue &epilogue;
  Location loc;
  Window window;
  int64_t groups = 1, channels = 1; // channels per group
  int64_t outputs = 1;              // output channels per group
  // Of the tile attribute.
  int64_t rowBlock = 0, panelBlock = 0, rows = 0, panels = 0;
  BlockTile tile = {};
  // Values of the entry block.
  Value input = {}, weights = {}, scratch = {};
  Value inputH = {}, inputW = {}, outputH = {}, outputW = {}, rowBlocks = {};
  SmallVector<int64_t> possiblePixels = {}; // of a block; empty: unknown
  LogicalResult result = success();

  struct Task {
    Value image, row, rowCount;  // block of output rows
    Value group, panelIndex;     // block of panels
    WindowRows source;           // input under the block
  };

  int64_t allChannels() const { return groups * channels; }
  int64_t depth() const {
    return window.kernelH * window.kernelW * channels;
  }
  int64_t allPanels() const {
    return std::max<int64_t>(1, (outputs + panelWidth - 1) / panelWidth);
  }
  int64_t panelBlocks() const {
    return (allPanels() + panelBlock - 1) / panelBlock;
  }

  /// The columns kw of the window that are inside the image for some pixel of
  /// a tile at (ys[i], xs[i]); all of them if few could be outside.
  std::pair<Value, Value> windowColumns(IndexMath &math, ArrayRef<Value> ys,
                                        ArrayRef<Value> xs) {
    if (window.dilationW == 1 || (!window.left && !window.right))
      return {math.constant(0), math.constant(window.kernelW)};
    // Tiles that end in another row may meet any column.
    Value oneRow =
        math.compare(arith::CmpIPredicate::eq, ys.front(), ys.back());
    Value first = math.select(oneRow, xs.front(), math.constant(0));
    Value last = math.select(oneRow, xs.back(),
                             math.sub(outputW, math.constant(1)));
    WindowAxis axis{window.kernelW, window.strideW, window.dilationW,
                    window.left, inputW};
    return {axis.below(math, axis.first(math, last), math.constant(0)),
            axis.below(math, axis.first(math, first), inputW)};
  }

  /// The sum over the window rows of the task and window columns
  /// [columns.first, columns.second); moves the operands to its first step.
  SmallVector<ReductionLoop> reduction(IndexMath &math, const Task &task,
                                       std::pair<Value, Value> columns,
                                       BlockOperands &operands) {
    const WindowRows &source = task.source;
    Value columnStep = math.constant(window.dilationW * allChannels());
    int64_t columnTaps = channels * panelWidth;
    int64_t rowTaps = window.kernelW * columnTaps;
    Value inputMove = math.add(math.mul(source.begin, source.windowPitch),
                               math.mul(columns.first, columnStep));
    Value tapsMove = math.add(math.mul(source.begin, rowTaps),
                              math.mul(columns.first, columnTaps));
    for (Value &row : operands.rows)
      row = math.add(row, inputMove);
    for (Value &panel : operands.panels)
      panel = math.add(panel, tapsMove);
    auto number = [&](int64_t value) { return math.constant(value); };
    SmallVector<ReductionLoop> loops;
    loops.push_back({math.sub(source.end, source.begin), source.windowPitch,
                     number(rowTaps)});
    if (groups == 1 && window.dilationW == 1) {
      loops.push_back({number(window.kernelW * channels), number(1),
                       number(panelWidth)});
      return loops;
    }
    loops.push_back({math.sub(columns.second, columns.first), columnStep,
                     number(columnTaps)});
    loops.push_back({number(channels), number(1), number(panelWidth)});
    return loops;
  }

  /// `height` pixels from pixel `pixel` of the block on, times the group of
  /// panels at `weightsAt`.
  void emitTile(OpBuilder &builder, const Task &task, Value pixel,
                int64_t height, Value weightsAt, Value column,
                const UkernelColumns &columns) {
    IndexMath math(builder, loc);
    // Coordinates of each pixel, one division for all.
    SmallVector<Value> ys, xs;
    Value y = math.div(pixel, outputW), x = math.rem(pixel, outputW);
    for (int64_t r = 0; r < height; ++r) {
      ys.push_back(y);
      xs.push_back(x);
      if (r + 1 == height)
        break;
      Value next = math.add(x, 1);
      Value wraps = math.compare(arith::CmpIPredicate::eq, next, outputW);
      x = math.select(wraps, math.constant(0), next);
      y = math.select(wraps, math.add(y, 1), y);
    }
    BlockOperands operands{task.source.memref, {}, weights, {}};
    Value groupAt = math.mul(task.group, channels);
    for (int64_t r = 0; r < height; ++r) {
      Value at = math.add(
          math.mul(math.mul(ys[r], window.strideH), task.source.pitch),
          math.mul(xs[r], window.strideW * allChannels()));
      operands.rows.push_back(
          math.add(math.add(at, task.source.at), groupAt));
    }
    for (int64_t panel = 0; panel < columns.panels(tile.lanes); ++panel)
      operands.panels.push_back(
          math.add(weightsAt, panel * depth() * panelWidth));
    BlockTile shape = tile;
    shape.vectors = columns.vectors;
    SmallVector<ReductionLoop> loops =
        reduction(math, task, windowColumns(math, ys, xs), operands);
    SmallVector<Value> coordinates;
    for (int64_t r = 0; r < height; ++r)
      coordinates.append({ys[r], xs[r]});
    BlockSums block = createUkernel(builder, loc, shape, operands, loops,
                                    coordinates, columns.count,
                                    epilogue.length());
    IndexMath in(block.builder, loc);
    Value position[] = {task.image, in.add(task.row, block.coordinates[0]),
                        block.coordinates[1], in.add(column, block.column)};
    if (failed(epilogue.store(block.builder, block.sums, position, block.mask)))
      result = failure();
  }

  void emitPanels(OpBuilder &builder, const Task &task, Value panel,
                  const UkernelColumns &columns) {
    IndexMath math(builder, loc);
    int64_t panelSize = depth() * panelWidth;
    Value at = math.mul(math.add(math.mul(task.group, allPanels()), panel),
                        panelSize);
    Value column = math.add(math.mul(task.group, outputs),
                            math.mul(panel, panelWidth));
    Value pixels = math.mul(task.rowCount, outputW);
    if (possiblePixels.size() == 1)
      pixels = math.constant(possiblePixels[0]);
    emitRowLadder(builder, loc, pixels, rows, possiblePixels,
                  [&](OpBuilder &inside, Value pixel, int64_t height) {
                    emitTile(inside, task, pixel, height, at, column, columns);
                  });
  }

  void emitTask(OpBuilder &builder, Value index) {
    IndexMath math(builder, loc);
    Task task;
    task.panelIndex = math.rem(index, panelBlocks());
    Value rest = math.div(index, panelBlocks());
    task.group = math.rem(rest, groups);
    rest = math.div(rest, groups);
    Value rowIndex = math.rem(rest, rowBlocks);
    task.image = math.div(rest, rowBlocks);
    task.row = math.mul(rowIndex, rowBlock);
    task.rowCount = math.min(math.sub(outputH, task.row), rowBlock);
    ImageSource image{input, inputH, inputW, allChannels(), tile.lanes};
    OutputRows block{task.image, task.row, task.rowCount, rowBlock};
    task.source = emitWindowRows(builder, loc, window, image, block, scratch);

    int64_t full = outputs / (panels * panelWidth) * panels;
    Value begin = math.mul(task.panelIndex, panelBlock);
    Value end = math.min(math.add(begin, panelBlock), full);
    if (full > 0)
      math.forEach(begin, end, panels, [&](OpBuilder &inside, Value panel) {
        emitPanels(inside, task, panel,
                   UkernelColumns::first(inside, loc, panels * panelWidth,
                                         tile.lanes));
      });
    int64_t left = outputs - full * panelWidth;
    if (left == 0)
      return;
    Value isLast = math.compare(arith::CmpIPredicate::eq, task.panelIndex,
                                math.constant(panelBlocks() - 1));
    auto branch = scf::IfOp::create(builder, loc, isLast, /*withElse=*/false);
    OpBuilder inside = branch.getThenBodyBuilder();
    emitPanels(inside, task, IndexMath(inside, loc).constant(full),
               UkernelColumns::first(inside, loc, left, tile.lanes));
  }
};
} // namespace

LogicalResult cpu::emitConv2D(KernelFunction &function, kernel::Conv2DOp op) {
  if (failed(expectF32(op, op->getOperandTypes())) || failed(Window::check(op)))
    return failure();
  auto weights = cast<RankedTensorType>(op.getWeights().getType());
  auto output = cast<RankedTensorType>(op.getResult().getType());
  auto source = function.inputIndex(op.getInput());
  auto kernel = function.inputIndex(op.getWeights());
  if (!source || !kernel)
    return op.emitOpError("expected its operands to be inputs of the kernel");
  if (!weights.hasStaticShape() || weights.getRank() != 6 ||
      output.getRank() != 4 || output.isDynamicDim(3))
    return op.emitOpError("expected static weights and channels");
  FailureOr<Epilogue> epilogue = Epilogue::create(function, op);
  if (failed(epilogue))
    return failure();

  Conv2DEmitter emitter{
      function, *epilogue, op.getLoc(),
      Window::of(op, weights.getDimSize(2), weights.getDimSize(3))};
  BlockTile &tile = emitter.tile;
  if (failed(TileAttributes(function.kernel())
                 .read({{"row_block", &emitter.rowBlock},
                        {"panel_block", &emitter.panelBlock},
                        {"rows", &emitter.rows},
                        {"panels", &emitter.panels},
                        {"lanes", &tile.lanes},
                        {"unroll", &tile.unroll},
                        {"prefetch", &tile.prefetch}})))
    return failure();
  emitter.groups = weights.getDimSize(0);
  emitter.channels = weights.getDimSize(4);
  emitter.outputs = output.getDimSize(3) / emitter.groups;
  ArrayRef<AffineExpr> in = function.inputShape(*source);
  ArrayRef<AffineExpr> out = function.resultShape(0);
  emitter.input = function.flatInput(*source);
  emitter.weights = function.flatInput(*kernel);
  emitter.inputH = function.size(in[1]);
  emitter.inputW = function.size(in[2]);
  emitter.outputH = function.size(out[1]);
  emitter.outputW = function.size(out[2]);
  emitter.rowBlocks = function.size(out[1].ceilDiv(emitter.rowBlock));
  if (emitter.window.hasPadding()) {
    AffineExpr elements =
        (in[2] + (emitter.window.left + emitter.window.right)) *
        (emitter.allChannels() * emitter.window.heldRows(emitter.rowBlock));
    auto type = MemRefType::get({ShapedType::kDynamic},
                                function.builder().getF32Type());
    emitter.scratch =
        function.carveScratch(getAffineConstantExpr(0, op.getContext()), type,
                              function.size(elements));
  }
  auto height = dyn_cast<AffineConstantExpr>(out[1]);
  auto width = dyn_cast<AffineConstantExpr>(out[2]);
  if (height && width) {
    int64_t whole = height.getValue() / emitter.rowBlock;
    int64_t rest = height.getValue() % emitter.rowBlock;
    if (whole > 0)
      emitter.possiblePixels.push_back(emitter.rowBlock * width.getValue());
    if (rest > 0)
      emitter.possiblePixels.push_back(rest * width.getValue());
  }
  function.forEachTask([&](OpBuilder &builder, Value index) {
    emitter.emitTask(builder, index);
  });
  return emitter.result;
}
