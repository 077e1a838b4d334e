// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "frontends/onnx/Tensors.h"

#include "dialects/ContentKey.h"
#include "frontends/onnx/ElementTypes.h"
#include "frontends/onnx/onnx-ml.pb.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using onnx::TensorProto;

namespace strait::importer {

/// Below this size a constant is an attribute with its value in it.
constexpr uint64_t kBlobBytes = 1024;
constexpr int64_t kMaxRank = 64;

std::optional<int64_t> elementCount(ArrayRef<int64_t> shape) {
  // The count is taken without zeros, so that [0, 2^62, 2^62] is refused too:
  // strides are computed from the other dimensions.
  int64_t count = 1;
  bool empty = false;
  for (int64_t dim : shape) {
    if (dim < 0)
      return std::nullopt;
    empty |= dim == 0;
    if (dim != 0 && (__builtin_mul_overflow(count, dim, &count) ||
                     count > (int64_t(1) << 48)))
      return std::nullopt;
  }
  return empty ? 0 : count;
}

RankedTensorType TensorImporter::tensorType(ArrayRef<int64_t> shape,
                                            Type elementType, Location loc) {
  SmallVector<int64_t> known;
  for (int64_t dim : shape)
    if (!ShapedType::isDynamic(dim))
      known.push_back(dim);
  if (int64_t(shape.size()) > kMaxRank) {
    emitError(loc) << "has rank " << shape.size() << ", expected at most "
                   << kMaxRank;
    return {};
  }
  if (!elementCount(known)) {
    InFlightDiagnostic error = emitError(loc)
                               << "has a shape that cannot be in memory: [";
    llvm::interleaveComma(shape, error);
    error << "]";
    return {};
  }
  return RankedTensorType::get(shape, elementType);
}

ElementsAttr TensorImporter::importTensor(const TensorProto &tensor, Location loc) {
  auto [known, isNew] = imported.try_emplace(&tensor);
  if (!isNew)
    return known->second;
  ElementsAttr attr = convert(tensor, loc);
  imported[&tensor] = attr;
  return attr;
}

/// One byte per element out of elements that ONNX packs tighter.
static AsmResourceBlob unpack(ArrayRef<char> packed, int64_t count,
                              unsigned bits) {
  AsmResourceBlob blob = HeapAsmResourceBlob::allocate(count, 64);
  char *out = blob.getMutableData().data();
  unsigned mask = (1u << bits) - 1;
  for (int64_t i = 0; i < count; ++i) {
    uint64_t bit = uint64_t(i) * bits;
    unsigned low = uint8_t(packed[bit / 8]);
    unsigned high =
        bit / 8 + 1 < packed.size() ? uint8_t(packed[bit / 8 + 1]) : 0;
    out[i] = char(((low | high << 8) >> (bit % 8)) & mask);
  }
  return blob;
}

template <typename Stored, typename Field>
static AsmResourceBlob copyField(const Field &field) {
  uint64_t bytes = uint64_t(field.size()) * sizeof(Stored);
  AsmResourceBlob blob = HeapAsmResourceBlob::allocate(bytes, 64);
  char *out = blob.getMutableData().data();
  for (auto value : field) {
    Stored stored = Stored(value);
    memcpy(out, &stored, sizeof(Stored));
    out += sizeof(Stored);
  }
  return blob;
}

/// The typed field that holds elements of this data type, and how many values
/// of it make up `count` elements.
static FailureOr<AsmResourceBlob> readTypedField(const TensorProto &tensor,
                                                 int64_t count, unsigned bits,
                                                 Location loc) {
  auto checked = [&](const auto &field, StringRef name,
                     int64_t expected) -> LogicalResult {
    if (field.size() == expected)
      return success();
    return emitError(loc) << "tensor has the wrong number of elements: "
                             "expected "
                          << expected << " in " << name << ", found "
                          << field.size();
  };
  switch (tensor.data_type()) {
  case TensorProto::FLOAT:
  case TensorProto::COMPLEX64: {
    bool complex = tensor.data_type() == TensorProto::COMPLEX64;
    if (failed(checked(tensor.float_data(), "float_data",
                       complex ? 2 * count : count)))
      return failure();
    return copyField<float>(tensor.float_data());
  }
  case TensorProto::DOUBLE:
  case TensorProto::COMPLEX128: {
    bool complex = tensor.data_type() == TensorProto::COMPLEX128;
    if (failed(checked(tensor.double_data(), "double_data",
                       complex ? 2 * count : count)))
      return failure();
    return copyField<double>(tensor.double_data());
  }
  case TensorProto::INT64:
    if (failed(checked(tensor.int64_data(), "int64_data", count)))
      return failure();
    return copyField<int64_t>(tensor.int64_data());
  case TensorProto::UINT64:
  case TensorProto::UINT32:
    if (failed(checked(tensor.uint64_data(), "uint64_data", count)))
      return failure();
    if (tensor.data_type() == TensorProto::UINT32)
      return copyField<uint32_t>(tensor.uint64_data());
    return copyField<uint64_t>(tensor.uint64_data());
  default:
    break;
  }
  // 2-bit and 4-bit elements share the values of int32_data.
  int64_t perValue = bits < 6 ? 8 / bits : 1;
  if (failed(checked(tensor.int32_data(), "int32_data",
                     llvm::divideCeil(count, perValue))))
    return failure();
  if (bits == 32)
    return copyField<int32_t>(tensor.int32_data());
  if (bits == 16)
    return copyField<uint16_t>(tensor.int32_data());
  AsmResourceBlob bytes = copyField<uint8_t>(tensor.int32_data());
  return perValue == 1 ? std::move(bytes)
                       : unpack(bytes.getData(), count, bits);
}

/// Takes the string out of the message when it is large enough to matter.
static AsmResourceBlob takeRawData(const TensorProto &tensor) {
  if (tensor.raw_data().size() < kBlobBytes)
    return HeapAsmResourceBlob::allocateAndCopyWithAlign(
        ArrayRef<char>(tensor.raw_data().data(), tensor.raw_data().size()), 64);
  // The message is the importer's own, and large tensors are read once.
  std::string *raw = const_cast<TensorProto &>(tensor).release_raw_data();
  return AsmResourceBlob(
      ArrayRef<char>(raw->data(), raw->size()), /*dataAlignment=*/16,
      [raw](void *, size_t, size_t) { delete raw; }, /*dataIsMutable=*/true);
}

ElementsAttr TensorImporter::convert(const TensorProto &tensor, Location loc) {
  Type element = elementType(tensor.data_type(), context);
  unsigned bits = rawBits(tensor.data_type());
  if (!element || !bits) {
    emitError(loc) << "tensor has an element type that is not supported: "
                   << dataTypeName(tensor.data_type());
    return {};
  }
  if (tensor.has_segment()) {
    emitError(loc) << "tensor is a segment of a larger one, which is not "
                      "supported";
    return {};
  }
  SmallVector<int64_t> shape(tensor.dims().begin(), tensor.dims().end());
  // The least int64_t means "dynamic" to MLIR, but nothing in a constant.
  if (llvm::any_of(shape, [](int64_t dim) { return dim < 0; })) {
    InFlightDiagnostic error = emitError(loc)
                               << "tensor has a negative dimension: [";
    llvm::interleaveComma(shape, error);
    error << "]";
    return {};
  }
  RankedTensorType type = tensorType(shape, element, loc);
  if (!type)
    return {};
  int64_t count = type.getNumElements();
  uint64_t rawBytes = llvm::divideCeil(uint64_t(count) * bits, 8);

  FailureOr<AsmResourceBlob> blob = failure();
  bool isRaw = true;
  if (tensor.data_location() == TensorProto::EXTERNAL) {
    blob = external.read(tensor, rawBytes, loc);
  } else if (tensor.has_raw_data()) {
    if (tensor.raw_data().size() != rawBytes) {
      emitError(loc) << "tensor has the wrong number of bytes: expected "
                     << rawBytes << " in raw_data for " << type << ", found "
                     << tensor.raw_data().size();
      return {};
    }
    blob = takeRawData(tensor);
  } else {
    isRaw = false;
    blob = readTypedField(tensor, count, bits, loc);
  }
  if (failed(blob))
    return {};
  if (isRaw && bits < 8)
    blob = unpack(blob->getData(), count, bits);
  if (element.isInteger(1))
    for (char &value : blob->getMutableData())
      value = value != 0;
  return makeAttr(type, tensor.name(), std::move(*blob));
}

ElementsAttr TensorImporter::makeAttr(RankedTensorType type, StringRef name,
                                      AsmResourceBlob blob) {
  ArrayRef<char> data = blob.getData();
  if (data.size() < kBlobBytes) {
    if (type.getNumElements() == 0)
      return DenseElementsAttr::get(type, ArrayRef<Attribute>());
    if (type.getElementType().isInteger(1))
      return DenseElementsAttr::get(
          type, ArrayRef<bool>(reinterpret_cast<const bool *>(data.data()),
                               data.size()));
    return DenseElementsAttr::getFromRawBuffer(type, data);
  }
  auto &sharing = blobsByKey[contentKey(data)];
  for (DenseResourceElementsHandle &handle : sharing)
    if (handle.getBlob()->getData() == data)
      return DenseResourceElementsAttr::get(type, handle);
  auto attr = DenseResourceElementsAttr::get(
      type, name.empty() ? "constant" : name, std::move(blob));
  sharing.push_back(attr.getRawHandle());
  return attr;
}

} // namespace strait::importer
