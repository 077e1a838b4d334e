// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops, enumerations and interfaces of the graph dialect; see GraphOps.td.
#ifndef STRAIT_DIALECTS_GRAPH_GRAPHOPS_H
#define STRAIT_DIALECTS_GRAPH_GRAPHOPS_H

#include "dialects/graph/GraphDialect.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace strait::graph {
class SymbolicShapeAnalysis;
/// The shape rule that all elementwise ops share (numpy broadcasting).
llvm::LogicalResult inferElementwise(mlir::Operation *op,
                                     SymbolicShapeAnalysis &shapes);
} // namespace strait::graph

#include "dialects/graph/GraphEnums.h.inc"
#include "dialects/graph/GraphInterfaces.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/graph/GraphAttributes.h.inc"
#define GET_OP_CLASSES
#include "dialects/graph/GraphOps.h.inc"

#endif // STRAIT_DIALECTS_GRAPH_GRAPHOPS_H
