// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/MissedRewrites.h"

#include "mlir/IR/Remarks.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;
using namespace strait;

void strait::reportMissed(Location loc, StringRef pass, StringRef reason) {
  remark::missed(loc, remark::RemarkOpts::name("missed").category(pass))
      << reason;
}

void MissedRewriteListener::notifyMatchFailure(
    Location loc, llvm::function_ref<void(Diagnostic &)> reason) {
  if (!loc->getContext()->getRemarkEngine())
    return;
  Diagnostic diagnostic(loc, DiagnosticSeverity::Remark);
  reason(diagnostic);
  std::string text = diagnostic.str();
  StringRef words(text);
  if (!words.starts_with("no ") && !words.contains(" is no "))
    reportMissed(loc, pass, words);
}

LogicalResult strait::applyAndReportMissed(Operation *op,
                                           RewritePatternSet patterns,
                                           StringRef pass) {
  MissedRewriteListener listener(pass);
  GreedyRewriteConfig config;
  config.setListener(&listener);
  return applyPatternsGreedily(op, std::move(patterns), config);
}
