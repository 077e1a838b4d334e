// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// MLIR's diagnostics as a user of compile-model reads them.
#ifndef STRAIT_COMPILER_DIAGNOSTICS_H
#define STRAIT_COMPILER_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/raw_ostream.h"

namespace strait {

/// Prints `net.onnx: error: node 'conv1': message` for every diagnostic of a
/// context; `model` is the path of net.onnx.
class UserDiagnostics : public mlir::ScopedDiagnosticHandler {
public:
  UserDiagnostics(mlir::MLIRContext *context, llvm::StringRef model,
                  llvm::raw_ostream &out);
  unsigned errors() const { return count; }

private:
  unsigned count = 0;
};

} // namespace strait

#endif // STRAIT_COMPILER_DIAGNOSTICS_H
