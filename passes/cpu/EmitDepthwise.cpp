// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.depthwise_conv2d on CPUs, vectors along the channels:
//
//   for task (image, block of output rows), for 16 channels:
//     copy their input under the block into scratch [rows][W + padding][16],
//     zeros around
//     for row, for tile of pixels:
//       accumulators = sum over kh, kw of input * weight
//       epilogue, store
//
// The copy pays for itself: pixels that lie one cache line apart, whatever the
// number of channels, stay in L1 while every window row reads them again. Within
// a window row, each input vector is loaded once and used by all pixels of the
// tile whose window covers it.
#include "passes/cpu/Generators.h"

#include "passes/analysis/Window.h"
#include "passes/cpu/BlockStore.h"
#include "passes/cpu/IndexMath.h"
#include "passes/cpu/RowCopy.h"
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
  Value input = {}, weights = {}, scratch = {};
  Value inputH = {}, inputW = {}, outputH = {}, outputW = {}, rowBlocks = {};
  LogicalResult result = success();

  struct Task {
    Value image, row, rowCount; // block of output rows
  };

  /// Channels of a pixel in scratch.
  int64_t width() const { return vectors * lanes; }
  Value scratchPitch(IndexMath &math) const {
    return math.mul(math.add(inputW, window.left + window.right), width());
  }

  Value load(OpBuilder &builder, Value memref, Value at, Value mask) const {
    auto type = VectorType::get({lanes}, builder.getF32Type());
    if (!mask)
      return vector::LoadOp::create(builder, loc, type, memref, at);
    Value zero =
        arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
    return vector::MaskedLoadOp::create(builder, loc, type, memref, at, mask,
                                        zero);
  }

  /// The input of the channels from `channel` on under the block's rows.
  void emitCopy(OpBuilder &builder, const Task &task, Value channel,
                const BlockColumns &columns) {
    IndexMath math(builder, loc);
    Value pitch = scratchPitch(math);
    Value count = math.add(math.mul(math.sub(task.rowCount, math.constant(1)),
                                    window.strideH),
                           (window.kernelH - 1) * window.dilationH + 1);
    Value first = math.sub(math.mul(task.row, window.strideH),
                           math.constant(window.top));
    math.forEach(count, [&](OpBuilder &outer, Value i) {
      IndexMath out(outer, loc);
      Value y = out.add(first, i); // negative above the image
      Value at = out.mul(i, pitch);
      Value exists = out.compare(arith::CmpIPredicate::ult, y, inputH);
      auto branch = scf::IfOp::create(outer, loc, exists, /*withElse=*/true);
      OpBuilder inside = branch.getThenBodyBuilder();
      IndexMath in(inside, loc);
      Value pixels = in.mul(in.add(in.mul(task.image, inputH), y), inputW);
      Value middle = in.add(at, window.left * width());
      emitClearRun(inside, loc, scratch, at,
                   in.constant(window.left * width()), lanes);
      in.forEach(inputW, [&](OpBuilder &copy, Value x) {
        IndexMath each(copy, loc);
        Value from = each.add(each.mul(each.add(pixels, x), channels), channel);
        Value to = each.add(middle, each.mul(x, width()));
        for (int64_t vector = 0; vector < columns.vectors; ++vector) {
          Value part = load(copy, input, each.add(from, vector * lanes),
                            columns.mask(vector));
          vector::StoreOp::create(copy, loc, part, scratch,
                                  each.add(to, vector * lanes));
        }
      });
      emitClearRun(inside, loc, scratch,
                   in.add(middle, in.mul(inputW, width())),
                   in.constant(window.right * width()), lanes);
      OpBuilder otherwise = branch.getElseBodyBuilder();
      emitClearRun(otherwise, loc, scratch, at, pitch, lanes);
    });
  }

  /// One row of the window for `height` pixels; `inputAt` and `weightsAt` are
  /// those of kw = 0.
  void emitWindowRow(OpBuilder &builder, Value inputAt, Value weightsAt,
                     int64_t height, const BlockColumns &columns,
                     SmallVector<Value> &sums) {
    IndexMath math(builder, loc);
    auto at = [&](Value base, int64_t position) {
      return math.add(base, position);
    };
    for (int64_t vector = 0; vector < columns.vectors; ++vector) {
      SmallVector<Value> taps;
      for (int64_t kw = 0; kw < window.kernelW; ++kw)
        taps.push_back(load(builder, weights,
                            at(weightsAt, kw * channels + vector * lanes),
                            columns.mask(vector)));
      for (int64_t x = 0; x < window.inputColumns(height); ++x) {
        Value pixel;
        for (int64_t r = 0; r < height; ++r) {
          int64_t offset = x - r * window.strideW;
          if (offset < 0 || offset % window.dilationW != 0 ||
              offset / window.dilationW >= window.kernelW)
            continue;
          if (!pixel)
            pixel = load(builder, scratch,
                         at(inputAt, x * width() + vector * lanes), {});
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
    Value pitch = scratchPitch(math);
    Value inputAt = math.add(math.mul(math.mul(y, window.strideH), pitch),
                             math.mul(x, window.strideW * width()));
    auto type = VectorType::get({lanes}, builder.getF32Type());
    Value zero =
        arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
    SmallVector<Value> sums(height * columns.vectors, zero);
    auto step = [&](OpBuilder &inside, Value kh, SmallVector<Value> &acc) {
      IndexMath in(inside, loc);
      Value from = in.add(
          inputAt, in.mul(kh, in.mul(pitch, window.dilationH)));
      Value taps =
          in.add(channel, in.mul(kh, window.kernelW * channels));
      emitWindowRow(inside, from, taps, height, columns, acc);
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

  void emitChannels(OpBuilder &builder, const Task &task, Value channel,
                    const BlockColumns &columns) {
    emitCopy(builder, task, channel, columns);
    SmallVector<int64_t> possible;
    if (auto known = IndexMath::known(outputW))
      possible.push_back(*known);
    IndexMath(builder, loc).forEach(
        task.rowCount, [&](OpBuilder &outer, Value y) {
          emitRowLadder(outer, loc, outputW, rows, possible,
                        [&](OpBuilder &inside, Value x, int64_t height) {
                          emitTile(inside, task, y, x, height, channel,
                                   columns);
                        });
        });
  }

  void emitTask(OpBuilder &builder, Value index) {
    IndexMath math(builder, loc);
    Task task;
    task.image = math.div(index, rowBlocks);
    task.row = math.mul(math.rem(index, rowBlocks), rowBlock);
    task.rowCount = math.min(math.sub(outputH, task.row), rowBlock);
    int64_t full = channels / width() * width();
    math.forEach(math.constant(0), math.constant(full), width(),
                 [&](OpBuilder &inside, Value channel) {
                   emitChannels(inside, task, channel,
                                BlockColumns::fixed(inside, loc, width(),
                                                    lanes));
                 });
    if (full < channels)
      emitChannels(builder, task, math.constant(full),
                   BlockColumns::fixed(builder, loc, channels - full, lanes));
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
  emitter.input = function.flatInput(*input);
  emitter.inputH = function.size(in[1]);
  emitter.inputW = function.size(in[2]);
  emitter.weights = function.flatInput(*taps);
  emitter.outputH = function.size(out[1]);
  emitter.outputW = function.size(out[2]);
  emitter.rowBlocks = function.size(out[1].ceilDiv(emitter.rowBlock));
  const Window &window = emitter.window;
  AffineExpr elements = (in[2] + (window.left + window.right)) *
                        (emitter.width() * window.inputRows(emitter.rowBlock));
  auto type = MemRefType::get({ShapedType::kDynamic},
                              function.builder().getF32Type());
  emitter.scratch =
      function.carveScratch(getAffineConstantExpr(0, op.getContext()), type,
                            function.size(elements));
  function.forEachTask([&](OpBuilder &builder, Value index) {
    emitter.emitTask(builder, index);
  });
  return emitter.result;
}
