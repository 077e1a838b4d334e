// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Collects a report. Numbers of programs with open sizes are for example sizes:
// the size arithmetic of the program is folded with these in place of its
// inputs' dims, as the run would evaluate it.
#include "compiler/Report.h"

#include "compiler/ArtefactFile.h"
#include "dialects/NodeNames.h"
#include "dialects/graph/GraphDialect.h"
#include "dialects/schedule/ScheduleOps.h"
#include "mlir/IR/Remarks.h"
#include "passes/analysis/KernelCost.h"
#include "passes/schedule/BufferLifetimes.h"
#include "runtime/core/plan.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <mutex>

using namespace mlir;
using namespace strait;

//===----------------------------------------------------------------------===//
// What passes miss
//===----------------------------------------------------------------------===//

static std::vector<std::string> namesOf(Location loc) {
  SmallVector<std::string> names = nodeNames(loc);
  return {names.begin(), names.end()};
}

namespace {
/// Adds every remark to the report; a later one on the same nodes counts.
class MissedRewrites : public remark::detail::MLIRRemarkStreamerBase {
public:
  explicit MissedRewrites(std::vector<MissedRewrite> &missed)
      : missed(missed) {}
  void streamOptimizationRemark(const remark::detail::Remark &r) override {
    MissedRewrite next{r.getCategoryName().str(), namesOf(r.getLocation()), ""};
    for (const auto &argument : r.getArgs())
      next.reason += argument.val;
    std::lock_guard<std::mutex> guard(lock); // functions run in parallel
    for (MissedRewrite &known : missed)
      if (known.pass == next.pass && known.nodes == next.nodes) {
        known.reason = next.reason;
        return;
      }
    missed.push_back(std::move(next));
  }

private:
  std::mutex lock;
  std::vector<MissedRewrite> &missed;
};
} // namespace

Report::Report(MLIRContext &context) {
  remark::RemarkCategories categories;
  categories.missed = "strait-.*";
  if (failed(remark::enableOptimizationRemarks(
          context, std::make_unique<MissedRewrites>(missed),
          std::make_unique<remark::RemarkEmittingPolicyAll>(), categories)))
    llvm_unreachable("a context has no listener before its report");
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

void Report::takeNodes(ModuleOp module) {
  llvm::StringSet<> seen;
  module.walk([&](Operation *op) {
    if (!isa<graph::GraphDialect>(op->getDialect()))
      return;
    StringRef kind = op->getName().stripDialect();
    if (kind == "weight" || kind == "yield")
      return;
    for (std::string &name : namesOf(op->getLoc()))
      if (seen.insert(name).second)
        nodes.push_back({name, kind.str(), {}});
  });
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

namespace {
/// The numbers that a program's arithmetic has for given input dims.
class SizeEvaluator {
public:
  explicit SizeEvaluator(ReportedEntry &entry) : entry(entry) {}
  void run(schedule::ProgramOp program);
  std::optional<int64_t> numberOf(Value value) {
    if (auto number = dyn_cast_or_null<IntegerAttr>(known.lookup(value)))
      return number.getInt();
    return std::nullopt;
  }

private:
  void bindInputs(schedule::ProgramOp program);

  ReportedEntry &entry;
  SmallVector<SmallVector<int64_t>> dims;
  llvm::DenseMap<Value, Attribute> known;
};
} // namespace

/// Open sizes: one for the outermost, which mostly is a batch, else enough for
/// a picture or a sentence that is halved some times.
static int64_t exampleExtent(size_t axis) { return axis == 0 ? 1 : 64; }

void SizeEvaluator::bindInputs(schedule::ProgramOp program) {
  llvm::StringMap<int64_t> named;
  for (Attribute input : program.getInputs()) {
    auto tensor = cast<schedule::TensorAttr>(input);
    SmallVector<int64_t> &shape =
        dims.emplace_back(tensor.getType().getShape());
    std::string text = tensor.getName().str() + "=";
    for (auto [axis, extent] : llvm::enumerate(shape)) {
      if (ShapedType::isDynamic(extent)) {
        entry.isExample = true;
        extent = exampleExtent(axis);
        ArrayAttr names = tensor.getDimNames();
        if (names && axis < names.size())
          if (StringRef name = cast<StringAttr>(names[axis]).getValue();
              !name.empty())
            extent = named.try_emplace(name, extent).first->second;
      }
      text += (axis ? "x" : "") + std::to_string(extent);
    }
    entry.inputs.push_back(text);
  }
}

void SizeEvaluator::run(schedule::ProgramOp program) {
  bindInputs(program);
  Builder builder(program.getContext());
  program.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (auto dim = dyn_cast<schedule::DimOp>(op)) {
      known[dim] = builder.getIndexAttr(dims[dim.getInput()][dim.getAxis()]);
    } else if (isa<arith::ArithDialect>(op->getDialect()) &&
               op->getNumResults() == 1) {
      SmallVector<Attribute> operands;
      for (Value operand : op->getOperands())
        operands.push_back(known.lookup(operand));
      SmallVector<OpFoldResult> folded;
      if (failed(op->fold(operands, folded)) || folded.size() != 1)
        return;
      known[op->getResult(0)] = isa<Attribute>(folded[0])
                                    ? cast<Attribute>(folded[0])
                                    : known.lookup(cast<Value>(folded[0]));
    }
  });
}

namespace {
/// A buffer of the program before its life is known in launches.
struct Placed {
  int64_t offset, bytes;
  BufferLifetimes::Interval life;
};
} // namespace

/// The buffers of slabs and plans, one arena behind the other.
static std::vector<Placed> placeBuffers(schedule::ProgramOp program,
                                        SizeEvaluator &sizes,
                                        ReportedEntry &entry) {
  BufferLifetimes lifetimes(program);
  std::vector<Placed> placed;
  llvm::DenseMap<Value, int64_t> offsets, bases;
  program.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (auto slab = dyn_cast<schedule::SlabOp>(op)) {
      bases[slab.getBase()] = entry.arenaBytes;
      entry.arenaBytes += sizes.numberOf(slab.getBytes()).value_or(0);
    } else if (auto plan = dyn_cast<schedule::PlanOp>(op)) {
      SmallVector<int64_t> bytes, places(plan.getSizes().size());
      for (Value size : plan.getSizes())
        bytes.push_back(sizes.numberOf(size).value_or(-1));
      if (llvm::is_contained(bytes, -1))
        return;
      int64_t total =
          strait_plan_offsets(bytes.size(), bytes.data(),
                              plan.getLifetimes().data(), places.data());
      if (total < 0)
        return;
      bases[plan.getBase()] = entry.arenaBytes;
      entry.arenaBytes += total;
      for (auto [value, place] : llvm::zip_equal(plan.getOffsets(), places))
        offsets[value] = place;
    } else if (auto buffer = dyn_cast<schedule::BufferOp>(op)) {
      auto base = bases.find(buffer.getBase());
      auto bytes = sizes.numberOf(buffer.getBytes());
      auto offset = sizes.numberOf(buffer.getOffset());
      if (auto place = offsets.find(buffer.getOffset()); place != offsets.end())
        offset = place->second;
      if (base == bases.end() || !bytes || !offset)
        ++entry.openBuffers;
      else
        placed.push_back(
            {base->second + *offset, *bytes, lifetimes.of(buffer.getResult())});
    }
  });
  SmallVector<int64_t> bytes;
  SmallVector<int32_t> lives;
  for (const Placed &place : placed) {
    bytes.push_back(place.bytes);
    lives.append({place.life.first, place.life.last});
  }
  entry.liveBytes =
      strait_plan_lower_bound(bytes.size(), bytes.data(), lives.data());
  return placed;
}

void Report::takeProgram(Operation *op, ModuleOp module) {
  auto program = cast<schedule::ProgramOp>(op);
  ReportedEntry &entry = entries.emplace_back();
  entry.name = program.getSymName().str();
  SizeEvaluator sizes(entry);
  sizes.run(program);
  SymbolTable symbols(module);
  BufferLifetimes positions(program);
  std::vector<int32_t> launchPositions;
  llvm::StringMap<size_t> nodeNumbers;
  for (auto [number, node] : llvm::enumerate(nodes))
    nodeNumbers[node.name] = number;
  program.walk<WalkOrder::PreOrder>([&](schedule::LaunchOp launch) {
    launchPositions.push_back(positions.position(launch));
    ReportedLaunch &row = entry.launches.emplace_back();
    row.kernel = launch.getKernel().str();
    row.nodes = namesOf(launch.getLoc());
    for (const std::string &name : row.nodes)
      if (auto node = nodeNumbers.find(name); node != nodeNumbers.end())
        nodes[node->second].launches.push_back(
            {entries.size() - 1, entry.launches.size() - 1});
    auto kernel = symbols.lookup<kernel::FuncOp>(launch.getKernel());
    if (!kernel)
      return;
    row.kind = kernel::kindOf(kernel).str();
    SmallVector<int64_t> extents;
    for (Value size : launch.getSizes())
      extents.push_back(sizes.numberOf(size).value_or(ShapedType::kDynamic));
    if (auto cost = computeKernelCost(kernel, extents)) {
      row.flops = cost->flops;
      row.bytes = cost->bytes;
    }
  });
  // Lives in launches: the first that comes not before, the last not after.
  for (const Placed &place : placeBuffers(program, sizes, entry)) {
    auto first = llvm::lower_bound(launchPositions, place.life.first);
    auto last = llvm::upper_bound(launchPositions, place.life.last);
    size_t begin = first - launchPositions.begin();
    size_t end = last - launchPositions.begin();
    entry.buffers.push_back(
        {place.offset, place.bytes, begin, end > begin ? end - 1 : begin});
  }
}

void Report::takeSchedule(ModuleOp module) {
  for (auto program : module.getOps<schedule::ProgramOp>())
    takeProgram(program, module);
}

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

llvm::Error strait::writeReport(const Report &report, StringRef where,
                                raw_ostream &out) {
  if (where == "-") {
    printReport(report, out);
    return llvm::Error::success();
  }
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (where.ends_with(".html"))
    printReportPage(report, stream);
  else
    printReportJson(report, stream);
  TemporaryFile file;
  if (llvm::Error error = file.createBeside(where, dataMode))
    return error;
  if (llvm::Error error = file.write(text))
    return error;
  return file.keepAs(where);
}
