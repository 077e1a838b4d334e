// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What became of a model's layers: kernels, arithmetic, traffic, memory, and
// what detectors saw but could not use.
#ifndef STRAIT_COMPILER_REPORT_H
#define STRAIT_COMPILER_REPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

#include <string>
#include <vector>

namespace strait {

/// One launch, in order. Sizes that depend on data leave numbers empty.
struct ReportedLaunch {
  std::string kernel, kind;
  std::vector<std::string> nodes;
  std::optional<int64_t> flops, bytes;
};

/// A piece of the arena, held from before launch `first` to after `last`.
struct ReportedBuffer {
  int64_t offset, bytes;
  size_t first, last;
};

struct ReportedEntry {
  std::string name;
  /// Inputs with the sizes that all numbers are for.
  std::vector<std::string> inputs;
  /// Some of these sizes are examples: the model leaves them open.
  bool isExample = false;
  std::vector<ReportedLaunch> launches;
  std::vector<ReportedBuffer> buffers;
  int64_t arenaBytes = 0;
  /// The most bytes that are in use at one time.
  int64_t liveBytes = 0;
  /// Buffers whose sizes depend on data.
  size_t openBuffers = 0;
};

/// An ONNX node as it was imported, and the launches that compute it: none if
/// it was folded away, is a view, or only computes sizes.
struct ReportedNode {
  std::string name, op;
  std::vector<std::pair<size_t, size_t>> launches; // entry, launch
};

/// What a detector found but did not rewrite.
struct MissedRewrite {
  std::string pass;
  std::vector<std::string> nodes;
  std::string reason;
};

class Report {
public:
  /// Listens from here on to what the passes of a context miss.
  explicit Report(mlir::MLIRContext &context);
  /// Takes the nodes of an imported model.
  void takeNodes(mlir::ModuleOp module);
  /// Takes the programs of the schedule level.
  void takeSchedule(mlir::ModuleOp module);

  std::string model;
  /// What code is made for, by its instruction sets.
  std::vector<std::string> targets;
  std::vector<ReportedEntry> entries;
  std::vector<ReportedNode> nodes;
  std::vector<MissedRewrite> missed;

private:
  void takeProgram(mlir::Operation *program, mlir::ModuleOp module);
};

/// Writes the report to `where`: "-" stands for a text on `out`, else a file
/// that ends in .json or .html and appears completely or not at all.
llvm::Error writeReport(const Report &report, llvm::StringRef where,
                        llvm::raw_ostream &out);

void printReport(const Report &report, llvm::raw_ostream &out);
void printReportJson(const Report &report, llvm::raw_ostream &out);
/// One page without references to other files.
void printReportPage(const Report &report, llvm::raw_ostream &out);

} // namespace strait

#endif // STRAIT_COMPILER_REPORT_H
