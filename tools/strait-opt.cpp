// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// strait-opt: runs passes of Strait and of MLIR on textual IR, for tests.
#include "dialects/graph/GraphDialect.h"
#include "dialects/kernel/KernelOps.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "passes/graph/Passes.h"
#include "passes/kernel/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::registerAllPasses();
  registry.insert<strait::graph::GraphDialect, strait::kernel::KernelDialect>();
  strait::graph::registerGraphPasses();
  strait::registerStraitKernelPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "Strait's pass runner\n", registry));
}
