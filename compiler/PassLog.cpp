// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/PassLog.h"

#include "mlir/IR/SymbolTable.h"
#include "mlir/Pass/Pass.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace strait;

void PassLog::runBeforePass(Pass *pass, Operation *op) {
  std::lock_guard<std::mutex> guard(lock);
  begins[{pass, op}] = Clock::now();
}

void PassLog::runAfterPass(Pass *pass, Operation *op) { print(pass, op, ""); }

void PassLog::runAfterPassFailed(Pass *pass, Operation *op) {
  print(pass, op, " failed");
}

void PassLog::print(Pass *pass, Operation *op, StringRef end) {
  std::lock_guard<std::mutex> guard(lock);
  std::chrono::duration<double> time = Clock::now() - begins[{pass, op}];
  // What only runs others on parts of the module has no name of its own.
  if (pass->getArgument().empty())
    return;
  log << llvm::formatv("  {0,-34} {1,8:F3} s", pass->getArgument(),
                       time.count());
  if (auto name =
          op->getAttrOfType<StringAttr>(SymbolTable::getSymbolAttrName()))
    log << "  @" << name.getValue();
  log << end << "\n";
}
