// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Einsum as transposes, reshapes and batched matrix products.
//
// Operands are joined from left to right. Joining "bhsd" and "bhtd" for a
// result that needs b, h, s and t:
//   batch  b h   in both operands and needed
//   left   s     in the left one and needed
//   right  t     in the right one and needed
//   summed d     in both and needed no more
//   left  -> [b, h, s, d], right -> [b, h, d, t], product [b, h, s, t].
// Labels of one operand that nobody needs are summed before. Several labels of
// one kind become one dim by a reshape and come back by another.

#include "frontends/onnx/OpTable.h"

#include "llvm/ADT/StringExtras.h"
#include <map>

using namespace mlir;

namespace strait::importer {

namespace {
struct Term {
  Value value;
  /// One label per dim.
  std::string labels;
};
} // namespace

static bool has(StringRef labels, char label) { return labels.contains(label); }

/// Dims in the order of \p labels, which are the term's in another order.
static Term reorder(NodeContext &n, const Term &term, StringRef labels) {
  SmallVector<int64_t> perm;
  for (char label : labels)
    perm.push_back(int64_t(term.labels.find(label)));
  return {n.transpose(term.value, perm), labels.str()};
}

/// Sums over all labels that are not in \p needed.
static Term sumUnneeded(NodeContext &n, const Term &term, StringRef needed) {
  SmallVector<int64_t> axes;
  std::string left;
  for (auto [axis, label] : llvm::enumerate(term.labels)) {
    if (has(needed, label))
      left.push_back(label);
    else
      axes.push_back(axis);
  }
  if (axes.empty())
    return term;
  return {n.reduce(graph::ReduceKind::Sum, term.value, axes, false), left};
}

/// The product of the dims from \p from on; nothing when several are dynamic.
static std::optional<Dim> product(NodeContext &n, Value value, int64_t from,
                                  int64_t count) {
  Dim result(1);
  for (int64_t axis = from; axis < from + count; ++axis) {
    int64_t size = n.shapeOf(value)[axis];
    if (ShapedType::isDynamic(size)) {
      if (result.source)
        return std::nullopt;
      result = Dim(value, axis, result.factor);
    } else if (__builtin_mul_overflow(result.factor, size, &result.factor)) {
      return std::nullopt;
    }
  }
  return result;
}

static FailureOr<Term> join(NodeContext &n, const Term &left,
                            const Term &right, StringRef needed) {
  std::string batch, leftOnly, rightOnly, summed;
  for (char label : left.labels) {
    if (!has(right.labels, label))
      leftOnly.push_back(label);
    else
      (has(needed, label) ? batch : summed).push_back(label);
  }
  for (char label : right.labels)
    if (!has(left.labels, label))
      rightOnly.push_back(label);
  Term a = reorder(n, left, batch + leftOnly + summed);
  Term b = reorder(n, right, batch + summed + rightOnly);
  int64_t batchRank = batch.size();
  auto m = product(n, a.value, batchRank, leftOnly.size());
  auto k = product(n, a.value, batchRank + leftOnly.size(), summed.size());
  auto k2 = product(n, b.value, batchRank, summed.size());
  auto columns =
      product(n, b.value, batchRank + summed.size(), rightOnly.size());
  if (!m || !k || !k2 || !columns)
    return n.unsupported("several unknown dims that become one");
  SmallVector<Dim> aDims, bDims, resultDims;
  for (int64_t axis = 0; axis < batchRank; ++axis) {
    aDims.push_back(Dim(a.value, axis));
    bDims.push_back(Dim(b.value, axis));
    resultDims.push_back(Dim(a.value, axis));
  }
  aDims.append({*m, *k});
  bDims.append({*k2, *columns});
  Value result = n.binary<graph::MatmulOp>(n.reshape(a.value, aDims),
                                           n.reshape(b.value, bDims));
  for (size_t i = 0; i < leftOnly.size(); ++i)
    resultDims.push_back(Dim(a.value, batchRank + i));
  for (size_t i = 0; i < rightOnly.size(); ++i)
    resultDims.push_back(Dim(b.value, batchRank + summed.size() + i));
  return Term{n.reshape(result, resultDims), batch + leftOnly + rightOnly};
}

/// Splits "ab,bc->ac"; without an arrow the result has the labels that occur
/// once, in alphabetical order.
static LogicalResult parseEquation(NodeContext &n, StringRef equation,
                                   SmallVectorImpl<std::string> &terms,
                                   std::string &result) {
  std::string text;
  for (char c : equation)
    if (c != ' ')
      text.push_back(c);
  if (has(text, '.'))
    return n.unsupported("an equation with an ellipsis");
  StringRef inputs = StringRef(text).split("->").first;
  SmallVector<StringRef> parts;
  inputs.split(parts, ',');
  std::map<char, int> occurrences;
  for (StringRef part : parts) {
    for (char label : part) {
      if (!llvm::isAlpha(label))
        return n.emitError() << "has a bad equation: '" << equation << "'";
      ++occurrences[label];
      if (part.count(label) > 1)
        return n.unsupported("a diagonal (a label twice in one operand)");
    }
    terms.push_back(part.str());
  }
  if (has(text, '>')) {
    result = StringRef(text).split("->").second.str();
    for (char label : result)
      if (!occurrences.count(label) || StringRef(result).count(label) > 1)
        return n.emitError() << "has a bad equation: '" << equation << "'";
    return success();
  }
  for (auto [label, count] : occurrences)
    if (count == 1)
      result.push_back(label);
  return success();
}

static LogicalResult importEinsum(NodeContext &n) {
  std::string equation = n.attributes.getString("equation", "");
  SmallVector<std::string> labels;
  std::string result;
  if (failed(parseEquation(n, equation, labels, result)))
    return failure();
  if (labels.size() != n.inputs.size())
    return n.emitError() << "has " << n.inputs.size()
                         << " operands, but its equation has "
                         << labels.size();
  for (auto [value, part] : llvm::zip(n.inputs, labels)) {
    if (!value)
      return n.emitError() << "has an operand without a name";
    int64_t rank = part.size();
    if (failed(n.requireRank(value, rank, rank, "an operand")))
      return failure();
  }
  // A dim of 1 against a larger one would have to broadcast inside a product.
  std::map<char, int64_t> sizes;
  for (auto [value, part] : llvm::zip(n.inputs, labels))
    for (auto [axis, label] : llvm::enumerate(part)) {
      int64_t size = n.shapeOf(value)[axis];
      if (ShapedType::isDynamic(size))
        continue;
      auto [known, isNew] = sizes.try_emplace(label, size);
      if (!isNew && known->second != size)
        return n.emitError() << "has sizes " << known->second << " and "
                             << size << " for label '"
                             << std::string(1, label) << "'";
    }
  auto neededAfter = [&](size_t index) {
    std::string needed = result;
    for (size_t i = index + 1; i < labels.size(); ++i)
      needed += labels[i];
    return needed;
  };
  Term all = sumUnneeded(n, {n.input(0), labels[0]}, neededAfter(0));
  for (size_t i = 1; i < labels.size(); ++i) {
    std::string later = neededAfter(i);
    Term next = sumUnneeded(n, {n.input(i), labels[i]}, later + all.labels);
    all = sumUnneeded(n, all, later + labels[i]);
    FailureOr<Term> joined = join(n, all, next, later);
    if (failed(joined) || n.failed())
      return failure();
    all = *joined;
  }
  n.setOutput(0, reorder(n, all, result).value);
  return success();
}

static const OpRow kRows[] = {
    {"Einsum", 12, kLatestOpset, 1, -1, importEinsum},
};

ArrayRef<OpRow> einsumRows() { return kRows; }

} // namespace strait::importer
