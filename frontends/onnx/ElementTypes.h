// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ONNX element types and their MLIR forms.
#ifndef STRAIT_FRONTENDS_ONNX_ELEMENTTYPES_H
#define STRAIT_FRONTENDS_ONNX_ELEMENTTYPES_H

#include "mlir/IR/BuiltinTypes.h"
#include <string>

namespace strait::importer {

/// The MLIR type of a TensorProto::DataType; null for strings and for values
/// that are no data type. Signed integers are signless, unsigned ones keep
/// their sign (ui8), bool is i1.
mlir::Type elementType(int32_t dataType, mlir::MLIRContext *context);

/// The name of a data type as ONNX spells it ("FLOAT16"), or "data type 99".
std::string dataTypeName(int32_t dataType);

/// Bits that one element takes in ONNX raw data (bool: 8, int4: 4); 0 for
/// types without a raw form.
unsigned rawBits(int32_t dataType);

/// Bytes that one element takes in a buffer of ours (int4: 1, bool: 1).
unsigned storageBytes(mlir::Type elementType);

} // namespace strait::importer

#endif // STRAIT_FRONTENDS_ONNX_ELEMENTTYPES_H
