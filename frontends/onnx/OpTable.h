// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The table of ONNX operators: one row per operator and range of versions.
#ifndef STRAIT_FRONTENDS_ONNX_OPTABLE_H
#define STRAIT_FRONTENDS_ONNX_OPTABLE_H

#include "frontends/onnx/NodeContext.h"

namespace strait::importer {

/// The newest opset of the default domain whose operators are known here.
constexpr int kLatestOpset = 28;

using ImportFn = mlir::LogicalResult (*)(NodeContext &);

struct OpRow {
  llvm::StringRef name;
  /// Opset versions that the row covers, both inclusive.
  int since, until;
  /// Inputs that must be there, and how many there can be (-1: any number).
  int minInputs, maxInputs;
  ImportFn import;
  llvm::StringRef domain = "";
};

llvm::ArrayRef<OpRow> elementwiseRows();
llvm::ArrayRef<OpRow> linearRows();
llvm::ArrayRef<OpRow> einsumRows();
llvm::ArrayRef<OpRow> windowRows();
llvm::ArrayRef<OpRow> reductionRows();
llvm::ArrayRef<OpRow> normalizationRows();
llvm::ArrayRef<OpRow> shapeRows();
llvm::ArrayRef<OpRow> movementRows();
llvm::ArrayRef<OpRow> indexingRows();
llvm::ArrayRef<OpRow> resizeRows();
llvm::ArrayRef<OpRow> recurrentRows();
llvm::ArrayRef<OpRow> controlRows();
llvm::ArrayRef<OpRow> constantRows();
llvm::ArrayRef<OpRow> attentionRows();

/// The row for an operator in a version of its domain's opset, or null.
const OpRow *findRow(llvm::StringRef domain, llvm::StringRef name,
                     int64_t version);

/// Why `findRow` found none: "unknown operator", or the versions there are.
std::string missingRowReason(llvm::StringRef domain, llvm::StringRef name);

} // namespace strait::importer

#endif // STRAIT_FRONTENDS_ONNX_OPTABLE_H
