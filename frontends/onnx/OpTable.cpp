// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "frontends/onnx/OpTable.h"

#include "frontends/onnx/Importer.h"
#include "frontends/onnx/SchemaFunctions.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include <set>

using namespace mlir;

namespace strait::importer {

namespace {
using Table = llvm::StringMap<SmallVector<const OpRow *, 2>>;
} // namespace

static std::string key(StringRef domain, StringRef name) {
  return (domain + ":" + name).str();
}

static const Table &table() {
  static const Table table = [] {
    Table all;
    for (auto rows :
         {elementwiseRows(), linearRows(), einsumRows(), windowRows(), reductionRows(),
          normalizationRows(), shapeRows(), movementRows(), indexingRows(),
          resizeRows(), recurrentRows(), controlRows(), constantRows(),
          attentionRows()})
      for (const OpRow &row : rows)
        all[key(row.domain, row.name)].push_back(&row);
    return all;
  }();
  return table;
}

const OpRow *findRow(StringRef domain, StringRef name, int64_t version) {
  auto rows = table().find(key(domain, name));
  if (rows == table().end())
    return nullptr;
  for (const OpRow *row : rows->second)
    if (row->since <= version && version <= row->until)
      return row;
  return nullptr;
}

std::string missingRowReason(StringRef domain, StringRef name) {
  auto rows = table().find(key(domain, name));
  if (rows == table().end())
    return "no such operator is known";
  std::string reason = "only known for opset versions";
  for (const OpRow *row : rows->second)
    reason += " " + std::to_string(row->since) + ".." +
              std::to_string(row->until);
  return reason;
}

} // namespace strait::importer

namespace strait {

void listSupportedOps(llvm::raw_ostream &out) {
  using namespace importer;
  std::set<std::string> lines;
  for (const auto &entry : table())
    for (const OpRow *row : entry.second) {
      std::string line = row->domain.empty() ? "" : (row->domain + ".").str();
      line += (row->name + " " + llvm::Twine(row->since) + ".." +
               llvm::Twine(row->until))
                  .str();
      lines.insert(line);
    }
  for (const std::string &name : schemaFunctionNames())
    if (!table().contains(key("", name)))
      lines.insert(name + " (as a function of other operators)");
  for (const std::string &line : lines)
    out << line << "\n";
}

} // namespace strait
