// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/schedule/WeightTable.h"

#include "passes/schedule/WeightBytes.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace strait;

WeightTable::WeightTable(ModuleOp module)
    : module(module), builder(OpBuilder::atBlockBegin(module.getBody())) {}

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
  llvm::BLAKE3 hasher;
  hasher.update(StringRef(bytes->data(), bytes->size()));
  auto hash = hasher.final<>();
  std::string key(hash.begin(), hash.end());
  key += std::to_string(bytes->size());
  schedule::BlobOp &blob = byContent[key];
  if (!blob) {
    end = llvm::alignTo(end, 64);
    std::string name;
    do { // An entry may have such a name.
      name = "w" + std::to_string(numNames++);
    } while (module.lookupSymbol(name));
    blob = schedule::BlobOp::create(builder, loc, name, end, value);
    end += bytes->size();
  }
  byAttribute[value] = blob;
  return blob;
}
