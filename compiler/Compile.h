// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One compilation from model file to artefact.
#ifndef STRAIT_COMPILER_COMPILE_H
#define STRAIT_COMPILER_COMPILE_H

#include "compiler/Options.h"
#include "llvm/Support/raw_ostream.h"

namespace strait {

/// Exit codes of compile-model (design section 8).
enum ExitCode { exitDone = 0, exitInput = 1, exitUsage = 2, exitInternal = 70 };

/// Compiles `options.model`. Results (IR, report) go to `out`, progress and
/// diagnostics to `log`. Writes the artefact completely or not at all.
int compileModel(const CompileOptions &options, llvm::raw_ostream &out,
                 llvm::raw_ostream &log);

/// One line per ONNX operator and version range.
void printSupportedOps(llvm::raw_ostream &out);

/// Names that `stopAfter` may have under `options`. One that several passes have
/// stands for the last of them.
llvm::SmallVector<std::string> stoppingPoints(const CompileOptions &options);

/// Whether a compilation comes to the end of the schedule level, of which a
/// report tells.
bool reachesSchedule(const CompileOptions &options);

} // namespace strait

#endif // STRAIT_COMPILER_COMPILE_H
