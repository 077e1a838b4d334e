// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What detectors see but cannot use, for reports.
#ifndef STRAIT_PASSES_ANALYSIS_MISSEDREWRITES_H
#define STRAIT_PASSES_ANALYSIS_MISSEDREWRITES_H

#include "mlir/IR/PatternMatch.h"

namespace strait {

/// Remarks that `pass` did not rewrite what stands at `loc`. Costs nothing when
/// nobody listens.
void reportMissed(mlir::Location loc, llvm::StringRef pass,
                  llvm::StringRef reason);

/// Applies `patterns` to `op` until nothing changes; failed matches that are of
/// interest become such remarks.
llvm::LogicalResult applyAndReportMissed(mlir::Operation *op,
                                         mlir::RewritePatternSet patterns,
                                         llvm::StringRef pass);

/// Turns the reasons of a rewriter's failed matches into such remarks. Those
/// which say that there is no candidate ("no factor", "operand is no product")
/// are of no interest and left out.
class MissedRewriteListener : public mlir::RewriterBase::Listener {
public:
  explicit MissedRewriteListener(llvm::StringRef pass) : pass(pass) {}
  void notifyMatchFailure(
      mlir::Location loc,
      llvm::function_ref<void(mlir::Diagnostic &)> reason) override;

private:
  llvm::StringRef pass;
};

} // namespace strait

#endif // STRAIT_PASSES_ANALYSIS_MISSEDREWRITES_H
