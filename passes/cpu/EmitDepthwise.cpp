// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.depthwise_conv2d on CPUs, vectors along the channels:
//
//   for task (image, block of output rows):
//     [copy the input rows under the block into scratch, zeros around them]
//     for row, for 16 channels, for tile of pixels:
//       accumulators = sum over kh, kw of input * weight
//       epilogue, store
//
// Within a window row, each input vector is loaded once and used by all pixels
// of the tile whose window covers it.
#include "passes/cpu/Generators.h"

#include "passes/cpu/BlockStore.h"
#include "passes/cpu/IndexMath.h"
#include "passes/cpu/PaddedRows.h"
#include "passes/cpu/RowLadder.h"
#include "passes/cpu/TileAttributes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

namespace {
struct DepthwiseEmitter {
  KernelFunction &function;
  const Epilogue &epilogue;
  Location loc;
  Window window;
  int64_t channels = 1;
  // Of the tile attribute.
  int64_t lanes = 8, rowBlock = 0, rows = 0, vectors = 0;
  // Values of the entry block.
  Value weights = {}, scratch = {}, outputH = {}, outputW = {}, rowBlocks = {};
  ImageSource source = {};
  LogicalResult result = success();

  struct Task {
    Value image, row;
    WindowRows input;
  };

  Value load(OpBuilder &builder, Value memref, Value at, Value mask) const {
    auto type = VectorType::get({lanes}, builder.getF32Type());
    if (!mask)
      return vector::LoadOp::create(builder, loc, type, memref, at);
    Value zero =
        arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
    return vector::MaskedLoadOp::create(builder, loc, type, memref, at, mask,
                                        zero);
  }

  /// One row of the window for `height` pixels; `inputAt` and `weightsAt` are
  /// those of kw = 0.
  void emitWindowRow(OpBuilder &builder, const Task &task, Value inputAt,
                     Value weightsAt, int64_t height,
                     const BlockColumns &columns, SmallVector<Value> &sums) {
    IndexMath math(builder, loc);
    auto at = [&](Value base, int64_t pixel, int64_t vector) {
      return math.add(base, pixel * channels + vector * lanes);
    };
    for (int64_t vector = 0; vector < columns.vectors; ++vector) {
      SmallVector<Value> taps;
      for (int64_t kw = 0; kw < window.kernelW; ++kw)
        taps.push_back(load(builder, weights, at(weightsAt, kw, vector),
                            columns.mask(vector)));
      for (int64_t x = 0; x < window.inputColumns(height); ++x) {
        Value pixel;
        for (int64_t r = 0; r < height; ++r) {
          int64_t offset = x - r * window.strideW;
          if (offset < 0 || offset % window.dilationW != 0 ||
              offset / window.dilationW >= window.kernelW)
            continue;
          if (!pixel)
            pixel = load(builder, task.input.memref, at(inputAt, x, vector),
                         columns.mask(vector));
          Value &sum = sums[r * columns.vectors + vector];
          sum = vector::FMAOp::create(builder, loc, pixel,
                                      taps[offset / window.dilationW], sum);
        }
      }
    }
  }

  void emitTile(OpBuilder &builder, const Task &task, Value y, Value x,
                int64_t height, Value channel, const BlockColumns &columns) {
    IndexMath math(builder, loc);
    Value inputAt = math.add(
        math.add(task.input.at,
                 math.mul(math.mul(y, window.strideH), task.input.pitch)),
        math.add(math.mul(x, window.strideW * channels), channel));
    auto type = VectorType::get({lanes}, builder.getF32Type());
    Value zero =
        arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
    SmallVector<Value> sums(height * columns.vectors, zero);
    auto step = [&](OpBuilder &inside, Value kh, SmallVector<Value> &acc) {
      IndexMath in(inside, loc);
      Value from = in.add(
          inputAt, in.mul(kh, in.mul(task.input.pitch, window.dilationH)));
      Value taps =
          in.add(channel, in.mul(kh, window.kernelW * channels));
      emitWindowRow(inside, task, from, taps, height, columns, acc);
    };
    if (window.kernelH == 1) {
      step(builder, math.constant(0), sums);
    } else {
      auto loop = scf::ForOp::create(
          builder, loc, math.constant(0), math.constant(window.kernelH),
          math.constant(1), sums,
          [&](OpBuilder &inside, Location, Value kh, ValueRange carried) {
            SmallVector<Value> acc(carried);
            step(inside, kh, acc);
            scf::YieldOp::create(inside, loc, acc);
          });
      sums.assign(loop.getResults().begin(), loop.getResults().end());
    }
    auto position = [&](OpBuilder &inside, Value r) {
      IndexMath in(inside, loc);
      return SmallVector<Value>{task.image, in.add(task.row, y), in.add(x, r)};
    };
    if (failed(storeBlock(builder, function, epilogue, sums, columns, channel,
                          position)))
      result = failure();
  }

  void emitChannels(OpBuilder &builder, const Task &task, Value y,
                    Value channel, const BlockColumns &columns) {
    SmallVector<int64_t> possible;
    if (auto known = IndexMath::known(outputW))
      possible.push_back(*known);
    emitRowLadder(builder, loc, outputW, rows, possible,
                  [&](OpBuilder &inside, Value x, int64_t height) {
                    emitTile(inside, task, y, x, height, channel, columns);
                  });
  }

  void emitTask(OpBuilder &builder, Value index) {
    IndexMath math(builder, loc);
    Task task;
    task.image = math.div(index, rowBlocks);
    task.row = math.mul(math.rem(index, rowBlocks), rowBlock);
    Value count = math.min(math.sub(outputH, task.row), rowBlock);
    task.input = emitWindowRows(builder, loc, window, source, task.image,
                                task.row, count, scratch);
    math.forEach(count, [&](OpBuilder &outer, Value y) {
      IndexMath out(outer, loc);
      int64_t width = vectors * lanes, full = channels / width * width;
      out.forEach(out.constant(0), out.constant(full), width,
                  [&](OpBuilder &inside, Value channel) {
                    emitChannels(
                        inside, task, y, channel,
                        BlockColumns::fixed(inside, loc, width, lanes));
                  });
      if (full < channels)
        emitChannels(outer, task, y, out.constant(full),
                     BlockColumns::fixed(outer, loc, channels - full, lanes));
    });
  }
};
} // namespace

LogicalResult cpu::emitDepthwiseConv2D(KernelFunction &function,
                                       kernel::DepthwiseConv2DOp op) {
  if (failed(expectF32(op)) || failed(Window::check(op)))
    return failure();
  auto weights = cast<RankedTensorType>(op.getWeights().getType());
  auto input = function.inputIndex(op.getInput());
  auto taps = function.inputIndex(op.getWeights());
  if (!input || !taps)
    return op.emitOpError("expected its operands to be inputs of the kernel");
  if (!weights.hasStaticShape() || weights.getRank() != 3)
    return op.emitOpError("expected static weights [KH, KW, C]");
  FailureOr<Epilogue> epilogue = Epilogue::create(function, op);
  if (failed(epilogue))
    return failure();
  DepthwiseEmitter emitter{
      function, *epilogue, op.getLoc(),
      Window::of(op, weights.getDimSize(0), weights.getDimSize(1))};
  if (failed(TileAttributes(function.kernel())
                 .read({{"row_block", &emitter.rowBlock},
                        {"rows", &emitter.rows},
                        {"vectors", &emitter.vectors},
                        {"lanes", &emitter.lanes}})))
    return failure();
  emitter.channels = weights.getDimSize(2);
  ArrayRef<AffineExpr> in = function.inputShape(*input);
  ArrayRef<AffineExpr> out = function.resultShape(0);
  emitter.source = {function.flatInput(*input), function.size(in[1]),
                    function.size(in[2]), emitter.channels, emitter.lanes};
  emitter.weights = function.flatInput(*taps);
  emitter.outputH = function.size(out[1]);
  emitter.outputW = function.size(out[2]);
  emitter.rowBlocks = function.size(out[1].ceilDiv(emitter.rowBlock));
  const Window &window = emitter.window;
  if (window.hasPadding()) {
    AffineExpr elements = (in[2] + (window.left + window.right)) *
                          (emitter.channels * window.inputRows(emitter.rowBlock));
    auto type = MemRefType::get({ShapedType::kDynamic},
                                function.builder().getF32Type());
    emitter.scratch =
        function.carveScratch(getAffineConstantExpr(0, op.getContext()), type,
                              function.size(elements));
  }
  function.forEachTask([&](OpBuilder &builder, Value index) {
    emitter.emitTask(builder, index);
  });
  return emitter.result;
}
