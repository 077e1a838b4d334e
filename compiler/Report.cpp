// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Report.h"
#include "dialects/NodeNames.h"
#include "dialects/schedule/ScheduleOps.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace strait;

namespace {
struct Row {
  std::string kernel;
  SmallVector<std::string> nodes;
  std::optional<int64_t> flops, bytes;
};
} // namespace

static std::optional<int64_t> numberOf(Operation *op, StringRef name) {
  auto attr = op->getAttrOfType<IntegerAttr>(name);
  if (!attr || attr.getInt() == 0)
    return std::nullopt;
  return attr.getInt();
}

static SmallVector<Row> rowsOf(ModuleOp module) {
  SmallVector<Row> rows;
  module.walk([&](schedule::LaunchOp launch) {
    rows.push_back({launch.getKernel().str(), nodeNames(launch.getLoc()),
                    numberOf(launch, "flops"), numberOf(launch, "bytes")});
  });
  return rows;
}

static std::string scaled(std::optional<int64_t> value) {
  if (!value)
    return "-";
  return llvm::formatv("{0:F2}", double(*value) / 1e6);
}

static void printTable(ArrayRef<Row> rows, raw_ostream &out) {
  out << llvm::formatv("{0,-5} {1,-22} {2,10} {3,10}  {4}\n", "#", "kernel",
                       "MFLOP", "MB", "ONNX nodes");
  for (auto [number, row] : llvm::enumerate(rows))
    out << llvm::formatv("{0,-5} {1,-22} {2,10} {3,10}  {4}\n", number,
                         row.kernel, scaled(row.flops), scaled(row.bytes),
                         llvm::join(row.nodes, ", "));
}

static void printJson(ArrayRef<Row> rows, raw_ostream &out) {
  llvm::json::OStream json(out, 2);
  json.array([&] {
    for (const Row &row : rows)
      json.object([&] {
        json.attribute("kernel", row.kernel);
        json.attributeArray("nodes", [&] {
          for (const std::string &node : row.nodes)
            json.value(llvm::json::fixUTF8(node));
        });
        if (row.flops)
          json.attribute("flops", *row.flops);
        if (row.bytes)
          json.attribute("bytes", *row.bytes);
      });
  });
  out << "\n";
}

llvm::Error strait::writeReport(ModuleOp module, StringRef where,
                                raw_ostream &out) {
  SmallVector<Row> rows = rowsOf(module);
  if (where == "-") {
    printTable(rows, out);
    return llvm::Error::success();
  }
  return llvm::writeToOutput(where, [&](raw_ostream &file) {
    printJson(rows, file);
    return llvm::Error::success();
  });
}
