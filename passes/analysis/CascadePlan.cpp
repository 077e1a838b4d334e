// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/CascadePlan.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace strait;

/// A task should be worth this many scalar operations, to hide its launch.
static constexpr int64_t operationsPerTask = 131072;
/// A vector of libm-like functions counts as this many operations.
static constexpr int64_t operationsPerFunction = 12;

static bool isFunction(Operation &op) {
  return op.getName().getDialectNamespace() == "math" &&
         !isa<math::AbsFOp, math::AbsIOp, math::FmaOp, math::FloorOp,
              math::CeilOp, math::RoundEvenOp, math::TruncOp,
              math::CopySignOp>(op);
}

/// Scalar operations of one point of a step.
static int64_t operationsOf(linalg::GenericOp op) {
  int64_t count = 1;
  for (Operation &inner : op.getBody()->without_terminator()) {
    if (isFunction(inner) || isa<tensor::ExtractOp>(inner))
      count += operationsPerFunction;
    else if (!isa<arith::ConstantOp>(inner))
      count += 1;
  }
  return count;
}

/// Is computing the step again cheaper than keeping its result?
static bool isCheap(linalg::GenericOp op) {
  for (Operation &inner : op.getBody()->without_terminator())
    if (isFunction(inner) ||
        isa<tensor::ExtractOp, arith::DivFOp, arith::DivSIOp, arith::DivUIOp,
            arith::RemSIOp, arith::RemUIOp, arith::RemFOp>(inner))
      return false;
  return op.getNumReductionLoops() == 0 && operationsOf(op) <= 4;
}

static SmallVector<unsigned> distinct(ArrayRef<unsigned> loops) {
  llvm::SetVector<unsigned> unique(loops.begin(), loops.end());
  return unique.takeVector();
}

void CascadePlan::formStages() {
  DenseMap<unsigned, unsigned> stageOf;
  for (auto [number, step] : llvm::enumerate(loops.steps)) {
    SmallVector<unsigned> parallel, reduced;
    for (unsigned loop = 0; loop < loops.numLoops(); ++loop) {
      if (!step.has(loop) || loops.isShared[loop])
        continue;
      (step.isReduced[loop] ? reduced : parallel).push_back(loop);
    }
    auto domain = [&](ArrayRef<unsigned> a, ArrayRef<unsigned> b) {
      SmallVector<unsigned> all(a);
      llvm::append_range(all, b);
      llvm::sort(all);
      return all;
    };
    // The first stage in which all operands can be had.
    unsigned first = 0;
    auto after = [&](Value value, bool inPlace) {
      auto known = loops.values.find(value);
      if (known == loops.values.end())
        return;
      unsigned producer = known->second.step;
      bool samePoint =
          inPlace && !loops.steps[producer].isReduction() &&
          domain(stages[stageOf[producer]].parallel,
                 stages[stageOf[producer]].reduced) ==
              domain(parallel, reduced);
      first = std::max(first, stageOf[producer] + (samePoint ? 0 : 1));
    };
    linalg::GenericOp op = step.op;
    for (unsigned operand = 0; operand < op.getNumDpsInputs(); ++operand)
      after(op.getDpsInputs()[operand], loops.readsInPlace(step, operand));
    op->walk([&](tensor::ExtractOp extract) {
      after(extract.getTensor(), false);
    });

    unsigned place = first;
    for (; place < stages.size(); ++place) {
      CascadeStage &stage = stages[place];
      if (domain(stage.parallel, stage.reduced) != domain(parallel, reduced))
        continue;
      if (!step.isReduction() || stage.reduced == reduced)
        break;
      // A stage without reductions takes the form of its first one.
      if (stage.reduced.empty()) {
        stage.parallel = parallel;
        stage.reduced = reduced;
        break;
      }
    }
    if (place == stages.size())
      stages.push_back({{}, parallel, reduced});
    stages[place].steps.push_back(number);
    stageOf[number] = place;
  }
}

void CascadePlan::placeValues() {
  DenseMap<unsigned, unsigned> stageOf;
  for (auto [place, stage] : llvm::enumerate(stages))
    for (unsigned number : stage.steps)
      stageOf[number] = place;
  Operation *yield = loops.group.body->getTerminator();
  for (CascadeStep &step : loops.steps)
    for (Value result : step.op.getResults()) {
      CascadeStorage place;
      for (unsigned loop : distinct(loops.values[result].dims))
        if (!loops.isShared[loop])
          place.inner.push_back(loop);
      place.inRegister = place.inner.empty();
      // A reduction that leaves inner loops is finished in memory.
      place.inScratch = step.isReduction() && !place.inRegister;
      storage[result] = place;
    }
  auto isYielded = [&](Value value) {
    return llvm::is_contained(yield->getOperands(), value);
  };
  for (auto [place, stage] : llvm::enumerate(stages)) {
    llvm::SetVector<unsigned> steps(stage.steps.begin(), stage.steps.end());
    for (unsigned i = 0; i < steps.size(); ++i) {
      CascadeStep &step = loops.steps[steps[i]];
      auto read = [&](Value value, bool inPlace) {
        auto known = loops.values.find(value);
        if (known == loops.values.end() ||
            steps.contains(known->second.step) || storage[value].inRegister)
          return;
        CascadeStep &producer = loops.steps[known->second.step];
        bool sameLoops = true;
        for (unsigned loop = 0; loop < loops.numLoops(); ++loop)
          sameLoops &= producer.has(loop) == step.has(loop);
        bool isAgain = style.isSimt() ? !producer.isReduction()
                                      : isCheap(producer.op);
        if (inPlace && sameLoops && isAgain && !isYielded(value))
          steps.insert(known->second.step);
        else
          storage[value].inScratch = true;
      };
      for (unsigned operand = 0; operand < step.op.getNumDpsInputs(); ++operand)
        read(step.op.getDpsInputs()[operand],
             loops.readsInPlace(step, operand));
      step.op->walk([&](tensor::ExtractOp extract) {
        auto known = loops.values.find(extract.getTensor());
        if (known != loops.values.end())
          storage[extract.getTensor()].inScratch = true;
      });
    }
    stage.steps = steps.takeVector();
    llvm::sort(stage.steps);
  }
  // Results are read back from their buffers.
  for (auto &[value, place] : storage)
    if (isYielded(value))
      place.inScratch = false;
  dropUnused();
}

/// Steps that were recomputed elsewhere may have no use left in a stage.
void CascadePlan::dropUnused() {
  Operation *yield = loops.group.body->getTerminator();
  llvm::DenseSet<unsigned> stored;
  for (CascadeStage &stage : stages) {
    llvm::DenseSet<unsigned> needed;
    for (unsigned number : llvm::reverse(stage.steps)) {
      linalg::GenericOp op = loops.steps[number].op;
      bool keep = needed.contains(number);
      for (Value result : op.getResults())
        keep |= storage[result].inScratch || storage[result].inRegister ||
                llvm::is_contained(yield->getOperands(), result);
      if (!keep)
        continue;
      needed.insert(number);
      for (Value operand : op.getDpsInputs()) {
        auto known = loops.values.find(operand);
        if (known != loops.values.end())
          needed.insert(known->second.step);
      }
    }
    llvm::erase_if(stage.steps,
                   [&](unsigned number) { return !needed.contains(number); });
  }
  llvm::erase_if(stages, [](CascadeStage &stage) { return stage.steps.empty(); });
}

void CascadePlan::chooseVectors() {
  // Contiguous accesses count, the more loops they have the more.
  SmallVector<int64_t> score(loops.numLoops(), 0);
  int64_t widest = 8;
  bool hasFunctions = false;
  auto seeType = [&](Type type) {
    Type element = getElementTypeOrSelf(type);
    int64_t width =
        element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
    // Narrow floats are computed in f32.
    widest = std::max(widest, isa<FloatType>(element)
                                  ? std::max<int64_t>(width, 32)
                                  : width);
  };
  for (CascadeStep &step : loops.steps) {
    for (auto [operand, access] : llvm::enumerate(step.reads)) {
      seeType(step.op.getDpsInputs()[operand].getType());
      if (loops.values.contains(step.op.getDpsInputs()[operand]))
        continue;
      int64_t rank = llvm::count_if(access.strides, [](AffineExpr stride) {
        return constantExtent(stride) != 0;
      });
      for (unsigned loop = 0; loop < loops.numLoops(); ++loop)
        if (constantExtent(access.strides[loop]) == 1)
          score[loop] += rank;
    }
    for (Value result : step.op.getResults()) {
      seeType(result.getType());
      auto &dims = loops.values[result].dims;
      if (llvm::is_contained(loops.group.body->getTerminator()->getOperands(),
                             result) &&
          !dims.empty())
        score[dims.back()] += 2 * int64_t(distinct(dims).size());
    }
    for (Operation &inner : step.op.getBody()->without_terminator())
      hasFunctions |= isFunction(inner);
  }
  for (unsigned loop = 0; loop < loops.numLoops(); ++loop)
    if (constantExtent(loops.extents[loop]) != 1 &&
        (!vectorLoop || score[loop] >= score[*vectorLoop]))
      vectorLoop = loop;
  if (!vectorLoop && loops.numLoops() != 0)
    vectorLoop = loops.numLoops() - 1;
  columns = vectorLoop && loops.isShared[*vectorLoop];
  for (unsigned loop = 0; loop < loops.numLoops(); ++loop)
    if (loops.isShared[loop] && loop != vectorLoop)
      rows.push_back(loop);

  // Several registers at once hide latencies; functions need some themselves.
  if (style.isSimt()) {
    rungs.push_back(1);
    return;
  }
  int64_t one = std::min<int64_t>(style.lanes * 32 / widest, 64);
  int64_t widestRung = std::min<int64_t>(one * (hasFunctions ? 2 : 4), 64);
  if (vectorLoop)
    if (auto extent = constantExtent(loops.extents[*vectorLoop]))
      while (widestRung > 1 && widestRung > *extent)
        widestRung /= 2;
  if (widestRung > 1)
    rungs.push_back(widestRung);
  if (widestRung > one)
    rungs.push_back(one);
  rungs.push_back(1);
}

bool CascadePlan::isTurned(const CascadeStep &step, unsigned operand) const {
  linalg::GenericOp op = step.op;
  Value tensor = op.getDpsInputs()[operand];
  Type element = getElementTypeOrSelf(tensor.getType());
  const CascadeAccess &access = step.reads[operand];
  return loops.group.inputIndex(tensor) && access.isLinear &&
         element.isIntOrFloat() && element.getIntOrFloatBitWidth() == 32 &&
         constantExtent(access.strides[*tileLoop]) == 1 &&
         constantExtent(access.strides[*vectorLoop]) != 0;
}

/// Does a row of the results hold nothing but the few columns, so that rows
/// follow each other in memory?
bool CascadePlan::canInterleave(unsigned row) const {
  auto across = constantExtent(loops.extents[*vectorLoop]);
  if (!across || *across < 2 || *across > 7)
    return false;
  return llvm::all_of(
      loops.group.body->getTerminator()->getOperands(), [&](Value value) {
        SmallVector<unsigned> dims = distinct(loops.values.find(value)->second.dims);
        return dims.size() >= 2 && dims.back() == *vectorLoop &&
               dims[dims.size() - 2] == row;
      });
}

/// Only maps are tiled, and only if tiles of 8 x 8 fit or rows interleave.
void CascadePlan::chooseTiles() {
  if (style.isSimt() || !columns || stages.size() != 1 || !stages[0].isRow())
    return;
  auto fits = [&](unsigned loop) {
    return constantExtent(loops.extents[loop]).value_or(8) >= 8;
  };
  for (unsigned row : rows) {
    tileLoop = row;
    interleaved = canInterleave(row);
    if (fits(row) && (interleaved || fits(*vectorLoop)))
      for (unsigned number : stages[0].steps)
        for (unsigned i = 0; i < loops.steps[number].reads.size(); ++i)
          if (isTurned(loops.steps[number], i))
            return;
  }
  tileLoop.reset();
  interleaved = false;
}

AffineExpr CascadePlan::scratchStride(const CascadeStorage &place,
                                      unsigned loop) const {
  MLIRContext *context = loops.group.op->getContext();
  if (columns && loop == *vectorLoop)
    return getAffineConstantExpr(1, context);
  AffineExpr stride = getAffineConstantExpr(scratchColumns(), context);
  for (unsigned other : llvm::reverse(place.inner)) {
    if (other == loop)
      return stride;
    stride = multiplyExtents(stride, loops.extents[other]);
  }
  return getAffineConstantExpr(0, context);
}

void CascadePlan::sizeTasks() {
  MLIRContext *context = loops.group.op->getContext();
  points = getAffineConstantExpr(1, context);
  for (unsigned loop = 0; loop < loops.numLoops(); ++loop)
    if (loops.isShared[loop])
      points = multiplyExtents(points, loops.extents[loop]);

  if (tileLoop) {
    // Tiles, each about a 16th of a task.
    points = getAffineConstantExpr(1, context);
    for (unsigned loop = 0; loop < loops.numLoops(); ++loop) {
      AffineExpr count = loops.extents[loop];
      if (loop == *tileLoop)
        count = count.ceilDiv(tileHeight());
      else if (loop == *vectorLoop)
        count = count.ceilDiv(tileWidth);
      points = points * count;
    }
    block = getAffineConstantExpr(16, context);
    scratch = getAffineConstantExpr(0, context);
    return;
  }
  block = chooseBlock();
  placeScratch();
}

/// Points per task: enough work, or one per thread, or a row for all threads.
AffineExpr CascadePlan::chooseBlock() const {
  MLIRContext *context = loops.group.op->getContext();
  if (style.isSimt())
    return getAffineConstantExpr(columns || !vectorLoop ? style.threads : 1,
                                 context);
  AffineExpr cost = getAffineConstantExpr(0, context);
  for (const CascadeStage &stage : stages) {
    int64_t operations = 0;
    for (unsigned number : stage.steps)
      operations += operationsOf(loops.steps[number].op);
    AffineExpr trips = getAffineConstantExpr(operations, context);
    for (ArrayRef<unsigned> nest : {ArrayRef(stage.parallel),
                                    ArrayRef(stage.reduced)})
      for (unsigned loop : nest)
        trips = multiplyExtents(trips, loops.extents[loop]);
    cost = cost + trips;
  }
  // Extents may be 0 at run time, so divisors get one added.
  AffineExpr block =
      getAffineConstantExpr(operationsPerTask, context).floorDiv(cost + 1);
  // Whole vectors, and whole cache lines of any element, per task.
  return columns ? (block.floorDiv(64) + 1) * 64 : block + 1;
}

void CascadePlan::placeScratch() {
  MLIRContext *context = loops.group.op->getContext();
  scratch = getAffineConstantExpr(0, context);
  for (auto &[value, place] : storage) {
    if (!place.inScratch)
      continue;
    place.scratchOffset = scratch;
    Type element = getElementTypeOrSelf(value.getType());
    int64_t width = element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
    // Narrow floats are kept as computed, in f32.
    int64_t bytes = isa<FloatType>(element)
                        ? std::max<int64_t>(width / 8, 4)
                        : std::max<int64_t>(width / 8, 1);
    AffineExpr size = getAffineConstantExpr(bytes * scratchColumns(), context);
    for (unsigned loop : place.inner)
      size = multiplyExtents(size, loops.extents[loop]);
    scratch = scratch + size.ceilDiv(64) * 64;
  }
}

FailureOr<CascadePlan> CascadePlan::compute(Operation *regionOrFunc,
                                            CascadeStyle style) {
  FailureOr<CascadeLoops> loops = CascadeLoops::compute(regionOrFunc);
  if (failed(loops))
    return failure();
  CascadePlan plan(std::move(*loops), style);
  plan.formStages();
  plan.placeValues();
  plan.chooseVectors();
  plan.chooseTiles();
  plan.sizeTasks();
  return plan;
}
