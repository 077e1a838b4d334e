// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/schedule/WeightBytes.h"

#include "dialects/schedule/ScheduleOps.h"
#include "passes/schedule/SizeArithmetic.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/BLAKE3.h"

using namespace mlir;
using namespace strait;

FailureOr<ArrayRef<char>>
strait::weightBytes(ElementsAttr value, SmallVectorImpl<char> &storage) {
  storage.clear();
  auto type = cast<ShapedType>(value.getType());
  auto width = bytesPerElement(type.getElementType());
  if (!width || !type.hasStaticShape())
    return failure();
  int64_t count = type.getNumElements();
  size_t bytes = size_t(count) * *width;
  bool isBool = type.getElementType().isInteger(1);

  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob || blob->getData().size() < bytes)
      return failure();
    return blob->getData().take_front(bytes);
  }
  auto dense = dyn_cast<DenseElementsAttr>(value);
  if (!dense)
    return failure();
  if (isBool) {
    for (bool element : dense.getValues<bool>())
      storage.push_back(element);
    return ArrayRef<char>(storage);
  }
  ArrayRef<char> raw = dense.getRawData();
  if (!dense.isSplat()) {
    if (raw.size() != bytes)
      return failure();
    return raw;
  }
  if (raw.size() < size_t(*width))
    return failure();
  storage.reserve(bytes);
  for (int64_t i = 0; i < count; ++i)
    storage.append(raw.begin(), raw.begin() + *width);
  return ArrayRef<char>(storage);
}

LogicalResult
strait::writeWeights(ModuleOp module,
                     llvm::function_ref<void(ArrayRef<char>)> sink) {
  SmallVector<schedule::BlobOp> blobs(module.getOps<schedule::BlobOp>());
  llvm::sort(blobs, [](schedule::BlobOp a, schedule::BlobOp b) {
    // Equal offsets: blobs of no bytes, in the order of the module.
    return a.getOffset() != b.getOffset() ? a.getOffset() < b.getOffset()
                                          : a->isBeforeInBlock(b);
  });
  uint64_t written = 0;
  auto emit = [&](ArrayRef<char> data) {
    sink(data);
    written += data.size();
  };
  SmallVector<char> storage;
  for (schedule::BlobOp blob : blobs) {
    uint64_t offset = blob.getOffset();
    // Blobs of no bytes may share the offset of the next one.
    if (offset < written)
      return blob.emitOpError("expected an offset of at least ")
                 << written << " after the blobs before it, found "
                 << offset;
    static const char zeros[4096] = {};
    while (written < offset)
      emit(ArrayRef(zeros).take_front(
          std::min<uint64_t>(sizeof(zeros), offset - written)));
    FailureOr<ArrayRef<char>> data = weightBytes(blob.getValue(), storage);
    if (failed(data))
      return blob.emitOpError("expected elements of whole bytes with all their "
                              "data, found ")
                 << blob.getValue().getType();
    emit(*data);
  }
  return success();
}

FailureOr<WeightsBlock> strait::weightsBlock(ModuleOp module) {
  constexpr StringLiteral name = "strait.weights_block";
  WeightsBlock block;
  if (auto known = module->getAttrOfType<DenseI8ArrayAttr>(name)) {
    ArrayRef<int8_t> raw = known;
    std::memcpy(&block.bytes, raw.data(), sizeof block.bytes);
    std::memcpy(block.hash.data(), raw.data() + sizeof block.bytes,
                block.hash.size());
    return block;
  }
  llvm::BLAKE3 hasher;
  if (failed(writeWeights(module, [&](ArrayRef<char> data) {
        hasher.update(StringRef(data.data(), data.size()));
        block.bytes += data.size();
      })))
    return failure();
  llvm::copy(hasher.final<16>(), block.hash.begin());
  int8_t raw[sizeof block.bytes + sizeof block.hash];
  std::memcpy(raw, &block.bytes, sizeof block.bytes);
  std::memcpy(raw + sizeof block.bytes, block.hash.data(), block.hash.size());
  module->setAttr(name, DenseI8ArrayAttr::get(module.getContext(), raw));
  return block;
}
