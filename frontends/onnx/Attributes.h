// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Typed access to the attributes of one ONNX node.
#ifndef STRAIT_FRONTENDS_ONNX_ATTRIBUTES_H
#define STRAIT_FRONTENDS_ONNX_ATTRIBUTES_H

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include <optional>

namespace onnx {
class AttributeProto;
class GraphProto;
class NodeProto;
class TensorProto;
} // namespace onnx

namespace strait::importer {

/// The attributes that a function body's `ref_attr_name`s refer to.
using AttributeScope = llvm::StringMap<const onnx::AttributeProto *>;

/// Reads attributes by name and type. A wrong type or value is reported at
/// once (node, attribute, expected, found) and remembered in `failed()`; the
/// call then returns the default, so that callers need no check of their own.
/// Attributes that nobody asked for are errors: ignoring one would compute
/// something else than the model says.
class AttributeReader {
public:
  /// `scope` is null outside of function bodies.
  AttributeReader(const onnx::NodeProto &node, const AttributeScope *scope,
                  mlir::Location loc);

  bool has(llvm::StringRef name) { return find(name) != nullptr; }
  int64_t getInt(llvm::StringRef name, int64_t otherwise);
  bool getBool(llvm::StringRef name, bool otherwise);
  double getFloat(llvm::StringRef name, double otherwise);
  std::string getString(llvm::StringRef name, llvm::StringRef otherwise);
  /// A string out of a closed set.
  std::string getWord(llvm::StringRef name, llvm::StringRef otherwise,
                      llvm::ArrayRef<llvm::StringRef> allowed);
  /// Empty when absent.
  llvm::SmallVector<int64_t> getInts(llvm::StringRef name);
  llvm::SmallVector<double> getFloats(llvm::StringRef name);
  llvm::SmallVector<std::string> getStrings(llvm::StringRef name);
  /// Null when absent.
  const onnx::TensorProto *getTensor(llvm::StringRef name);
  const onnx::GraphProto *getGraph(llvm::StringRef name);

  /// As above for attributes without a default: absence is an error.
  int64_t requireInt(llvm::StringRef name);
  llvm::SmallVector<int64_t> requireInts(llvm::StringRef name);
  const onnx::GraphProto *requireGraph(llvm::StringRef name);

  /// Marks an attribute that has no meaning for a compiler as read.
  void ignore(llvm::StringRef name) { find(name); }

  /// The attribute itself, references resolved; null when absent.
  const onnx::AttributeProto *find(llvm::StringRef name);
  /// All attributes by name, for a call of a function.
  const AttributeScope &all() const { return attributes; }

  bool failed() const { return anyFailed; }
  /// Reports attributes that were never asked for.
  mlir::LogicalResult checkAllRead();
  /// Starts an error about one attribute.
  mlir::InFlightDiagnostic emitError(llvm::StringRef name);

private:
  const onnx::AttributeProto *find(llvm::StringRef name, int expectedType);
  void reportMissing(llvm::StringRef name);

  AttributeScope attributes;
  llvm::StringMap<bool> wasRead;
  std::string opType;
  mlir::Location loc;
  bool anyFailed = false;
};

} // namespace strait::importer

#endif // STRAIT_FRONTENDS_ONNX_ATTRIBUTES_H
