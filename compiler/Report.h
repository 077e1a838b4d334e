// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What became of a model's layers.
#ifndef STRAIT_COMPILER_REPORT_H
#define STRAIT_COMPILER_REPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

namespace strait {

/// One row per launch of the module's programs, in order: the ONNX nodes that
/// it computes, its kernel, its arithmetic and traffic (where static). `where`
/// is "-" for a table on `out`, or the JSON file to write.
llvm::Error writeReport(mlir::ModuleOp module, llvm::StringRef where,
                        llvm::raw_ostream &out);

} // namespace strait

#endif // STRAIT_COMPILER_REPORT_H
