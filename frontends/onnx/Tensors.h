// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constant tensors of a model as MLIR attributes.
#ifndef STRAIT_FRONTENDS_ONNX_TENSORS_H
#define STRAIT_FRONTENDS_ONNX_TENSORS_H

#include "frontends/onnx/ExternalData.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/DenseMap.h"

namespace strait::importer {

/// The number of elements of a static shape; nothing when a dimension is
/// negative or the number cannot be a size in memory.
std::optional<int64_t> elementCount(llvm::ArrayRef<int64_t> shape);

/// Turns TensorProtos into attributes: small ones are DenseElementsAttr, the
/// rest resource blobs that are never copied again. Equal bytes share one
/// blob. Elements are row-major, little endian, each in whole bytes (bool and
/// 4-bit types: one byte per element).
class TensorImporter {
public:
  TensorImporter(mlir::MLIRContext *context, llvm::StringRef modelFolder)
      : context(context), external(modelFolder) {}

  /// Null after a diagnostic. Raw data of large tensors moves out of
  /// `tensor`; asking again for the same tensor gives the same attribute.
  mlir::ElementsAttr importTensor(const onnx::TensorProto &tensor,
                            mlir::Location loc);

  /// The type of a tensor with these dimensions, after the checks that every
  /// shape in a file needs. Null after a diagnostic.
  static mlir::RankedTensorType tensorType(llvm::ArrayRef<int64_t> shape,
                                           mlir::Type elementType,
                                           mlir::Location loc);

private:
  mlir::ElementsAttr convert(const onnx::TensorProto &tensor,
                             mlir::Location loc);
  mlir::ElementsAttr makeAttr(mlir::RankedTensorType type,
                              llvm::StringRef name,
                              mlir::AsmResourceBlob blob);

  mlir::MLIRContext *context;
  ExternalData external;
  llvm::DenseMap<const onnx::TensorProto *, mlir::ElementsAttr> imported;
  llvm::DenseMap<uint64_t,
                 llvm::SmallVector<mlir::DenseResourceElementsHandle, 1>>
      blobsByKey;
};

} // namespace strait::importer

#endif // STRAIT_FRONTENDS_ONNX_TENSORS_H
