// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Names passes as they end, for `compile-model -v`.
#ifndef STRAIT_COMPILER_PASSLOG_H
#define STRAIT_COMPILER_PASSLOG_H

#include "mlir/Pass/PassInstrumentation.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>
#include <mutex>

namespace strait {

/// One line per pass and what it ran on, with its time. Passes on several
/// functions may run at once.
class PassLog : public mlir::PassInstrumentation {
public:
  explicit PassLog(llvm::raw_ostream &log) : log(log) {}
  void runBeforePass(mlir::Pass *pass, mlir::Operation *op) override;
  void runAfterPass(mlir::Pass *pass, mlir::Operation *op) override;
  void runAfterPassFailed(mlir::Pass *pass, mlir::Operation *op) override;

private:
  using Clock = std::chrono::steady_clock;
  void print(mlir::Pass *pass, mlir::Operation *op, llvm::StringRef end);

  llvm::raw_ostream &log;
  std::mutex lock;
  llvm::DenseMap<std::pair<mlir::Pass *, mlir::Operation *>, Clock::time_point>
      begins;
};

} // namespace strait

#endif // STRAIT_COMPILER_PASSLOG_H
