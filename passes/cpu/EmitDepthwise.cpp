// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// kernel.depthwise_conv2d on CPUs, vectors along the channels:
//
//   for task (image, block of output rows):
//     for row, for tile of pixels, for vectors of channels:
//       accumulators = sum over the rows kh inside the image, all kw, of
//                      input * weight
//       epilogue, store
//
// Channels innermost: a tile reads its few pixels as streams, which prefetchers
// follow, and the taps stay in L1. Within a window row, each input vector is
// loaded once and used by all pixels of the tile whose window covers it.
// Nothing is padded: window rows outside of
// the image are no part of the loop, and of a tile at the left or right edge
// the columns outside are left out where that is known now, or masked.
#include "passes/cpu/Generators.h"

#include "passes/analysis/Window.h"
#include "passes/cpu/BlockStore.h"
#include "passes/loops/IndexMath.h"
#include "passes/cpu/RowLadder.h"
#include "passes/loops/TileAttributes.h"
#include "passes/loops/WindowSpan.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace strait;
using namespace strait::cpu;

/// Tiles at one edge that are written out one by one, with their columns
/// known; more of them share a loop.
static constexpr int64_t maxStraightTiles = 2;

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
  Value input = {}, weights = {};
  Value inputH = {}, inputW = {}, outputH = {}, outputW = {}, rowBlocks = {};
  LogicalResult result = success();

  struct Row {
    Value image, y;      // of the result
    Value from;          // input position of (kh = 0, column 0, channel 0)
    Value khBegin, khEnd; // window rows inside the image
  };
  struct Tile {
    Value x; // first pixel
    int64_t height;
    /// Per input column under the tile: null if it exists, else whether.
    SmallVector<Value> exists;
  };

  int64_t width() const { return vectors * lanes; }

  Value load(OpBuilder &builder, Value memref, Value at, Value mask) const {
    auto type = VectorType::get({lanes}, builder.getF32Type());
    if (!mask)
      return vector::LoadOp::create(builder, loc, type, memref, at);
    Value zero =
        arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
    return vector::MaskedLoadOp::create(builder, loc, type, memref, at, mask,
                                        zero);
  }

  /// `mask`, and only if `exists`; null stands for all.
  Value both(OpBuilder &builder, Value mask, Value exists) const {
    if (!exists)
      return mask;
    auto type = VectorType::get({lanes}, builder.getI1Type());
    Value all = vector::BroadcastOp::create(builder, loc, type, exists);
    return mask ? arith::AndIOp::create(builder, loc, mask, all).getResult()
                : all;
  }

  /// One row of the window; `inputAt` is the position of the tile's first
  /// column, `weightsAt` that of kw = 0.
  void emitWindowRow(OpBuilder &builder, const Tile &tile, Value inputAt,
                     Value weightsAt, const BlockColumns &columns,
                     SmallVector<Value> &sums) {
    IndexMath math(builder, loc);
    for (int64_t vector = 0; vector < columns.vectors; ++vector) {
      Value mask = columns.mask(vector);
      SmallVector<Value> taps;
      for (int64_t kw = 0; kw < window.kernelW; ++kw)
        taps.push_back(
            load(builder, weights,
                 math.add(weightsAt, kw * channels + vector * lanes), mask));
      for (auto [x, exists] : llvm::enumerate(tile.exists)) {
        if (exists && IndexMath::isKnown(exists, 0))
          continue;
        Value pixel;
        for (int64_t r = 0; r < tile.height; ++r) {
          int64_t offset = int64_t(x) - r * window.strideW;
          if (offset < 0 || offset % window.dilationW != 0 ||
              offset / window.dilationW >= window.kernelW)
            continue;
          if (!pixel)
            pixel = load(builder, input,
                         math.add(inputAt, x * channels + vector * lanes),
                         both(builder, mask, exists));
          Value &sum = sums[r * columns.vectors + vector];
          sum = vector::FMAOp::create(builder, loc, pixel,
                                      taps[offset / window.dilationW], sum);
        }
      }
    }
  }

  void emitVectors(OpBuilder &builder, const Row &row, const Tile &tile,
                   Value channel, const BlockColumns &columns) {
    IndexMath math(builder, loc);
    Value from = math.add(
        math.add(row.from, math.mul(tile.x, window.strideW * channels)),
        channel);
    auto type = VectorType::get({lanes}, builder.getF32Type());
    Value zero =
        arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
    SmallVector<Value> sums(tile.height * columns.vectors, zero);
    auto step = [&](OpBuilder &inside, Value kh, SmallVector<Value> &acc) {
      IndexMath in(inside, loc);
      Value pitch = in.mul(inputW, window.dilationH * channels);
      emitWindowRow(inside, tile, in.add(from, in.mul(kh, pitch)),
                    in.add(channel, in.mul(kh, window.kernelW * channels)),
                    columns, acc);
    };
    if (IndexMath::isKnown(row.khBegin, 0) &&
        IndexMath::isKnown(row.khEnd, 1)) {
      step(builder, math.constant(0), sums);
    } else {
      auto loop = scf::ForOp::create(
          builder, loc, row.khBegin, row.khEnd, math.constant(1), sums,
          [&](OpBuilder &inside, Location, Value kh, ValueRange carried) {
            SmallVector<Value> acc(carried);
            step(inside, kh, acc);
            scf::YieldOp::create(inside, loc, acc);
          });
      sums.assign(loop.getResults().begin(), loop.getResults().end());
    }
    auto position = [&](OpBuilder &inside, Value r) {
      return SmallVector<Value>{row.image, row.y,
                                IndexMath(inside, loc).add(tile.x, r)};
    };
    if (failed(storeBlock(builder, function, epilogue, sums, columns, channel,
                          position)))
      result = failure();
  }

  void emitTile(OpBuilder &builder, const Row &row, Value x, int64_t height,
                bool inside) {
    IndexMath math(builder, loc);
    Tile tile{x, height, {}};
    for (int64_t column = 0; column < window.inputColumns(height); ++column)
      tile.exists.push_back(inside ? Value() : columnExists(math, x, column));
    int64_t whole = channels / width() * width();
    math.forEach(math.constant(0), math.constant(whole), width(),
                 [&](OpBuilder &each, Value channel) {
                   emitVectors(each, row, tile, channel,
                               BlockColumns::fixed(each, loc, width(), lanes));
                 });
    if (whole < channels)
      emitVectors(builder, row, tile, math.constant(whole),
                  BlockColumns::fixed(builder, loc, channels - whole, lanes));
  }

  /// Null if the input has the column of tile `x`, else whether it has.
  Value columnExists(IndexMath &math, Value x, int64_t column) const {
    Value at = math.add(math.mul(x, window.strideW), column - window.left);
    auto known = IndexMath::known(at), extent = IndexMath::known(inputW);
    if (known && *known < 0)
      return math.compare(arith::CmpIPredicate::ne, at, at);
    if (known && extent && *known < *extent)
      return {};
    // Unsigned: what is negative is no column either.
    return math.compare(arith::CmpIPredicate::ult, at, inputW);
  }

  bool isInside(int64_t x, int64_t height, int64_t inputWidth) const {
    int64_t first = x * window.strideW - window.left;
    return first >= 0 && first + window.inputColumns(height) <= inputWidth;
  }

  using EmitTile = llvm::function_ref<void(OpBuilder &, Value x,
                                           int64_t height, bool inside)>;

  /// Tiles of a row whose extents are known: those at the edges one by one.
  void emitKnownRow(OpBuilder &builder, int64_t outputWidth,
                    int64_t inputWidth, EmitTile emit) {
    IndexMath math(builder, loc);
    RowSplit split = splitRows(outputWidth, rows);
    int64_t x = 0;
    for (auto [count, height] : {std::pair(split.full, rows),
                                 std::pair(split.less, rows - 1),
                                 std::pair(int64_t(split.rest > 0),
                                           split.rest)}) {
      for (int64_t tile = 0; tile < count;) {
        bool inside = isInside(x, height, inputWidth);
        int64_t run = 1;
        while (tile + run < count &&
               isInside(x + run * height, height, inputWidth) == inside)
          ++run;
        int64_t end = x + run * height;
        if (inside || run > maxStraightTiles)
          math.forEach(math.constant(x), math.constant(end), height,
                       [&](OpBuilder &each, Value at) {
                         emit(each, at, height, inside);
                       });
        else
          for (int64_t at = x; at < end; at += height)
            emit(builder, math.constant(at), height, /*inside=*/false);
        x = end;
        tile += run;
      }
    }
  }

  /// Tiles of a row of unknown extent: the last one overlaps its neighbour,
  /// and rows shorter than a tile go pixel by pixel.
  void emitUnknownRow(OpBuilder &builder, EmitTile emit) {
    IndexMath math(builder, loc);
    Value fits = math.compare(arith::CmpIPredicate::sge, outputW,
                              math.constant(rows));
    auto branch = scf::IfOp::create(builder, loc, fits, /*withElse=*/true);
    OpBuilder wide = branch.getThenBodyBuilder();
    IndexMath inWide(wide, loc);
    inWide.forEach(
        inWide.constant(0), outputW, rows, [&](OpBuilder &each, Value at) {
          IndexMath in(each, loc);
          Value x = in.min(at, in.sub(outputW, in.constant(rows)));
          Value first = in.mul(x, window.strideW);
          Value end = in.add(first, window.inputColumns(rows) - window.left);
          Value inside = arith::AndIOp::create(
              each, loc,
              in.compare(arith::CmpIPredicate::sge, first,
                         in.constant(window.left)),
              in.compare(arith::CmpIPredicate::sle, end, inputW));
          auto edge = scf::IfOp::create(each, loc, inside, /*withElse=*/true);
          OpBuilder plain = edge.getThenBodyBuilder();
          emit(plain, x, rows, /*inside=*/true);
          OpBuilder masked = edge.getElseBodyBuilder();
          emit(masked, x, rows, /*inside=*/false);
        });
    OpBuilder narrow = branch.getElseBodyBuilder();
    IndexMath(narrow, loc).forEach(outputW, [&](OpBuilder &each, Value x) {
      emit(each, x, 1, /*inside=*/false);
    });
  }

  void emitRow(OpBuilder &builder, Value image, Value y) {
    IndexMath math(builder, loc);
    WindowAxis axis{window.kernelH, window.strideH, window.dilationH,
                    window.top, inputH};
    Row row{image, y, {}, math.constant(0), math.constant(window.kernelH)};
    Value first = axis.first(math, y);
    if (window.top || window.bottom) {
      row.khBegin = axis.below(math, first, math.constant(0));
      row.khEnd = axis.below(math, first, inputH);
    }
    row.from = math.mul(
        math.sub(math.mul(math.add(math.mul(image, inputH), first), inputW),
                 math.constant(window.left)),
        channels);
    auto emit = [&](OpBuilder &each, Value x, int64_t height, bool inside) {
      emitTile(each, row, x, height, inside);
    };
    auto out = IndexMath::known(outputW), in = IndexMath::known(inputW);
    if (out && in)
      emitKnownRow(builder, *out, *in, emit);
    else
      emitUnknownRow(builder, emit);
  }

  void emitTask(OpBuilder &builder, Value index) {
    IndexMath math(builder, loc);
    Value image = math.div(index, rowBlocks);
    Value first = math.mul(math.rem(index, rowBlocks), rowBlock);
    Value last = math.min(math.add(first, rowBlock), outputH);
    math.forEach(first, last, 1, [&](OpBuilder &inside, Value y) {
      emitRow(inside, image, y);
    });
  }
};
} // namespace

LogicalResult cpu::emitDepthwiseConv2D(KernelFunction &function,
                                       kernel::DepthwiseConv2DOp op) {
  if (failed(expectF32(op, op->getOperandTypes())) || failed(Window::check(op)))
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
  function.forEachTask([&](OpBuilder &builder, Value index) {
    emitter.emitTask(builder, index);
  });
  return emitter.result;
}
