// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The graph dialect's class; see GraphBase.td.
#ifndef STRAIT_DIALECTS_GRAPH_GRAPHDIALECT_H
#define STRAIT_DIALECTS_GRAPH_GRAPHDIALECT_H

#include "mlir/IR/Dialect.h"

#include "dialects/graph/GraphDialect.h.inc"

#endif // STRAIT_DIALECTS_GRAPH_GRAPHDIALECT_H
