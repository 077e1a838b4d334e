// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// All families of the graph dialect.
#ifndef STRAIT_DIALECTS_GRAPH_GRAPHOPS_TD
#define STRAIT_DIALECTS_GRAPH_GRAPHOPS_TD

include "mlir/Interfaces/ControlFlowInterfaces.td"
include "dialects/graph/AttentionOps.td"
include "dialects/graph/ConstantOps.td"
include "dialects/graph/ControlOps.td"
include "dialects/graph/ElementwiseOps.td"
include "dialects/graph/LinearOps.td"
include "dialects/graph/MovementOps.td"
include "dialects/graph/RecurrentOps.td"
include "dialects/graph/ReductionOps.td"
include "dialects/graph/TargetAttr.td"

#endif // STRAIT_DIALECTS_GRAPH_GRAPHOPS_TD
