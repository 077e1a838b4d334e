// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// No root is forgotten: CPUs cut each one into tasks and write its code.
#include "passes/cpu/Generators.h"

#include "passes/analysis/Tiling.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace strait;

TEST(RootTablesTest, EveryRootHasItsRows) {
  MLIRContext context;
  context.loadDialect<kernel::KernelDialect>();
  unsigned roots = 0;
  for (RegisteredOperationName op : context.getRegisteredOperations()) {
    StringRef name = op.getStringRef();
    if (!op.hasInterface<kernel::RootInterface>())
      continue;
    ++roots;
    EXPECT_TRUE(cpuTilings().lookup(name)) << name.str() << ": no tiling";
    EXPECT_TRUE(cpu::generators().lookup(name)) << name.str() << ": no code";
  }
  EXPECT_EQ(roots, cpuTilings().roots.size());
  EXPECT_EQ(roots, cpu::generators().roots.size());
}

TEST(RootTablesTest, NoRowForWhatIsNoRoot) {
  EXPECT_FALSE(cpuTilings().lookup("kernel.reshape"));
  EXPECT_FALSE(cpu::generators().lookup("kernel.reshape"));
}
