// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/analysis/TilingCpu.h"

using namespace strait;

const TilingTable &strait::cpuTilings() {
  static const RootRow<TilingRule> rows[] = {
      tilingRow<kernel::AttentionOp, cpu::cutAttention>(),
      tilingRow<kernel::ConcatOp, cpu::cutConcat>(),
      tilingRow<kernel::Conv2DOp, cpu::cutConv2D>(),
      tilingRow<kernel::DepthwiseConv2DOp, cpu::cutDepthwise>(),
      tilingRow<kernel::MatmulOp, cpu::cutMatmul>(),
      tilingRow<kernel::NonZeroOp, cpu::cutNonZero>(),
      tilingRow<kernel::Pool2DOp, cpu::cutPool2D>(),
      tilingRow<kernel::RecurrenceOp, cpu::cutRecurrence>(),
      tilingRow<kernel::ScatterOp, cpu::cutScatter>(),
      tilingRow<kernel::TopKOp, cpu::cutTopK>(),
  };
  static const TilingTable table = {cpu::cutCascade, rows};
  return table;
}
