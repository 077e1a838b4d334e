// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The order in which the nodes of one graph can be imported.
#ifndef STRAIT_FRONTENDS_ONNX_NODEORDER_H
#define STRAIT_FRONTENDS_ONNX_NODEORDER_H

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/SmallVector.h"
#include <google/protobuf/repeated_field.h>
#include <string>

namespace onnx {
class NodeProto;
} // namespace onnx

namespace strait::importer {

/// The name that a node goes by in locations and diagnostics: its own, or
/// operator and position when it has none.
std::string nodeName(const onnx::NodeProto &node, size_t index);

struct OrderedNode {
  const onnx::NodeProto *node;
  std::string name;
};

/// Sorts nodes so that each follows those whose results it uses (also from
/// inside of its subgraphs), and otherwise keeps the file's order. Two nodes
/// with one result name, and cycles, are errors that name the nodes.
mlir::FailureOr<llvm::SmallVector<OrderedNode, 0>>
orderNodes(const google::protobuf::RepeatedPtrField<onnx::NodeProto> &nodes,
           mlir::Location loc);

} // namespace strait::importer

#endif // STRAIT_FRONTENDS_ONNX_NODEORDER_H
