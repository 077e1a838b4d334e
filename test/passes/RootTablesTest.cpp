// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// No root is forgotten: every target cuts each one into tasks and writes its
// code.
#include "passes/analysis/Tiling.h"
#include "passes/cpu/Generators.h"
#include "passes/cuda/Generators.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace strait;

template <typename EmitFn>
static void expectRows(const TilingTable &tilings,
                       const RootTable<EmitFn> &generators) {
  MLIRContext context;
  context.loadDialect<kernel::KernelDialect>();
  unsigned roots = 0;
  for (RegisteredOperationName op : context.getRegisteredOperations()) {
    StringRef name = op.getStringRef();
    if (!op.hasInterface<kernel::RootInterface>())
      continue;
    ++roots;
    EXPECT_TRUE(tilings.lookup(name)) << name.str() << ": no tiling";
    EXPECT_TRUE(generators.lookup(name)) << name.str() << ": no code";
  }
  EXPECT_EQ(roots, tilings.roots.size());
  EXPECT_EQ(roots, generators.roots.size());
}

TEST(RootTablesTest, EveryRootHasItsRowsOnCpus) {
  expectRows(cpuTilings(), cpu::generators());
}

TEST(RootTablesTest, EveryRootHasItsRowsOnGpus) {
  expectRows(cudaTilings(), cuda::generators());
}

TEST(RootTablesTest, NoRowForWhatIsNoRoot) {
  EXPECT_FALSE(cpuTilings().lookup("kernel.reshape"));
  EXPECT_FALSE(cpu::generators().lookup("kernel.reshape"));
  EXPECT_FALSE(cudaTilings().lookup("kernel.reshape"));
  EXPECT_FALSE(cuda::generators().lookup("kernel.reshape"));
}
