// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/schedule/WeightTable.h"

#include "dialects/ContentKey.h"
#include "passes/schedule/WeightBytes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace strait;

WeightTable::WeightTable(ModuleOp module, const SymbolTable &symbols)
    : symbols(symbols), builder(OpBuilder::atBlockBegin(module.getBody())) {}

FailureOr<schedule::BlobOp> WeightTable::get(ElementsAttr value, Location loc) {
  if (schedule::BlobOp known = byAttribute.lookup(value))
    return known;
  SmallVector<char> storage;
  FailureOr<ArrayRef<char>> bytes = weightBytes(value, storage);
  if (failed(bytes))
    return emitError(loc) << "expected a constant of whole-byte elements with "
                             "all its data, found "
                          << value.getType(),
           failure();
  SmallVector<schedule::BlobOp> &candidates = byContent[contentKey(*bytes)];
  auto same = llvm::find_if(candidates, [&](schedule::BlobOp other) {
    SmallVector<char> otherStorage;
    auto otherBytes = weightBytes(other.getValue(), otherStorage);
    return succeeded(otherBytes) && *otherBytes == *bytes;
  });
  schedule::BlobOp blob;
  if (same != candidates.end()) {
    blob = *same;
  } else {
    end = llvm::alignTo(end, 64);
    std::string name;
    do { // An entry may have such a name.
      name = "w" + std::to_string(numNames++);
    } while (symbols.lookup(name));
    blob = schedule::BlobOp::create(builder, loc, name, end, value);
    end += bytes->size();
    candidates.push_back(blob);
  }
  byAttribute[value] = blob;
  return blob;
}
