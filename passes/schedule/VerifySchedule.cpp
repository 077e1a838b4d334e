// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Checks the schedule before code is made of it.
#include "passes/schedule/Passes.h"

#include "dialects/kernel/KernelOps.h"
#include "passes/schedule/BufferLifetimes.h"
#include "passes/schedule/SizeArithmetic.h"
#include "passes/schedule/WeightBytes.h"

namespace strait {
#define GEN_PASS_DEF_VERIFYSCHEDULEPASS
#include "passes/schedule/Passes.h.inc"
} // namespace strait

using namespace mlir;
using namespace strait;

static LogicalResult verifyLaunch(schedule::LaunchOp launch,
                                  SymbolTable &symbols) {
  auto kernel = symbols.lookup<kernel::FuncOp>(launch.getKernel());
  if (!kernel)
    return launch.emitOpError("expected a kernel.func @") << launch.getKernel();
  size_t inputs = kernel.getNumInputs();
  size_t sizes = kernel.getBody().getNumArguments() - inputs;
  size_t results = kernel.getResultShapes().size();
  if (launch.getReads().size() != inputs ||
      launch.getWrites().size() != results || launch.getSizes().size() != sizes)
    return launch.emitOpError("expected ")
           << inputs << " buffers to read, " << results << " to write and "
           << sizes << " sizes, as kernel.func @" << launch.getKernel()
           << " has, found " << launch.getReads().size() << ", "
           << launch.getWrites().size() << " and " << launch.getSizes().size();
  return success();
}

/// The state whose memory `buffer` shows, if any.
static schedule::HeldOp heldBehind(Value buffer) {
  while (auto view = buffer.getDefiningOp<schedule::ViewOp>())
    buffer = view.getSource();
  return buffer.getDefiningOp<schedule::HeldOp>();
}

/// A run that fails must leave a state as it was: only append, overwrite and
/// rotate, of which the runtime knows, change one.
static LogicalResult verifyUntouched(Operation *op, ValueRange written) {
  for (Value buffer : written)
    if (schedule::HeldOp held = heldBehind(buffer))
      return op->emitOpError("expected states to be changed by append, "
                             "overwrite and rotate alone, found a write to @")
             << held.getState();
  return success();
}

/// Buffers at constant places must not share bytes while both are alive.
static LogicalResult verifyPlaces(schedule::ProgramOp program) {
  struct Place {
    schedule::BufferOp buffer;
    int64_t begin, end;
    BufferLifetimes::Interval life;
  };
  BufferLifetimes lifetimes(program);
  llvm::DenseMap<Value, SmallVector<Place>> slabs;
  LogicalResult result = success();
  program.walk([&](schedule::BufferOp buffer) {
    auto slab = buffer.getBase().getDefiningOp<schedule::SlabOp>();
    if (!slab)
      return;
    auto offset = constantIndexOf(buffer.getOffset());
    auto bytes = constantIndexOf(buffer.getBytes());
    auto all = constantIndexOf(slab.getBytes());
    if (!offset || !bytes || !all)
      return;
    if (*offset < 0 || *bytes < 0 || *offset > *all - *bytes) {
      result = buffer.emitOpError("expected bytes inside the slab of ")
               << *all << ", found [" << *offset << ", " << *offset + *bytes
               << ")";
      return;
    }
    if (*bytes == 0 || buffer->use_empty())
      return;
    Place place{buffer, *offset, *offset + *bytes,
                lifetimes.of(buffer.getResult())};
    for (Place &other : slabs[slab.getBase()])
      if (other.begin < place.end && place.begin < other.end &&
          other.life.first <= place.life.last &&
          place.life.first <= other.life.last) {
        result = buffer.emitOpError("expected no bytes shared with a buffer "
                                    "that is alive at the same time");
        return;
      }
    slabs[slab.getBase()].push_back(place);
  });
  return result;
}

static LogicalResult verifyOutputs(schedule::ProgramOp program) {
  SmallVector<int> told(program.getOutputs().size()),
      placed(program.getOutputs().size());
  Operation *begin = program.getBeginRun();
  for (auto dims : program.getBlock().getOps<schedule::OutputDimsOp>())
    told[dims.getOutput()] += dims->isBeforeInBlock(begin);
  program.walk(
      [&](schedule::OutputOp output) { ++placed[output.getOutput()]; });
  for (size_t i = 0; i < told.size(); ++i)
    if (told[i] != 1 || placed[i] != 1)
      return program.emitOpError("expected dims and place of output ")
             << i << " once, found " << told[i] << " and " << placed[i];
  return success();
}

namespace {
struct VerifySchedulePass
    : strait::impl::VerifySchedulePassBase<VerifySchedulePass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SymbolTable symbols(module);
    markAllAnalysesPreserved();
    for (Operation &op : *module.getBody()) {
      auto program = dyn_cast<schedule::ProgramOp>(op);
      if (!program) {
        if (!isa<schedule::BlobOp, schedule::StateOp, kernel::FuncOp>(op)) {
          op.emitOpError("expected only programs, blobs, states and kernels after "
                         "strait-build-schedule");
          return signalPassFailure();
        }
        continue;
      }
      WalkResult walked = program.walk([&](Operation *inner) {
        if (auto launch = dyn_cast<schedule::LaunchOp>(inner))
          return WalkResult(
              failed(verifyUntouched(inner, launch.getWrites()))
                  ? failure()
                  : verifyLaunch(launch, symbols));
        if (auto copy = dyn_cast<schedule::CopyOp>(inner))
          return WalkResult(verifyUntouched(inner, copy.getTarget()));
        if (auto write = dyn_cast<schedule::WriteOp>(inner))
          return WalkResult(verifyUntouched(inner, write.getTarget()));
        if (auto weight = dyn_cast<schedule::WeightOp>(inner)) {
          if (!symbols.lookup<schedule::BlobOp>(weight.getBlob()))
            return WalkResult(weight.emitOpError("expected a schedule.blob @")
                              << weight.getBlob());
        } else if (isa<schedule::AllocateOp>(inner)) {
          return WalkResult(inner->emitOpError(
              "expected a place, which strait-plan-memory gives"));
        } else if (!isa<schedule::ScheduleDialect, arith::ArithDialect>(
                       inner->getDialect())) {
          return WalkResult(inner->emitOpError(
              "expected only schedule and arith ops after "
              "strait-build-schedule"));
        }
        return WalkResult::advance();
      });
      if (walked.wasInterrupted() || failed(verifyPlaces(program)) ||
          failed(verifyOutputs(program)))
        return signalPassFailure();
    }
  }
};
} // namespace
