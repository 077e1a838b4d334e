// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Diagnostics.h"
#include "mlir/IR/Location.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace strait;

static void collectNames(Location loc, SmallVectorImpl<std::string> &names) {
  if (auto name = dyn_cast<NameLoc>(loc)) {
    if (!llvm::is_contained(names, name.getName().str()))
      names.push_back(name.getName().str());
  } else if (auto fused = dyn_cast<FusedLoc>(loc)) {
    for (Location part : fused.getLocations())
      collectNames(part, names);
  } else if (auto site = dyn_cast<CallSiteLoc>(loc)) {
    collectNames(site.getCallee(), names);
  }
}

SmallVector<std::string> strait::nodeNames(Location loc) {
  SmallVector<std::string> names;
  collectNames(loc, names);
  return names;
}

static StringRef severityName(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Error:
    return "error";
  case DiagnosticSeverity::Warning:
    return "warning";
  case DiagnosticSeverity::Remark:
    return "remark";
  case DiagnosticSeverity::Note:
    return "note";
  }
  llvm_unreachable("covered switch");
}

UserDiagnostics::UserDiagnostics(MLIRContext *context, StringRef model,
                                 raw_ostream &out)
    : ScopedDiagnosticHandler(context) {
  std::string name = model.str();
  setHandler([this, name, &out](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
      ++count;
    auto print = [&](Diagnostic &d) {
      out << name << ": " << severityName(d.getSeverity()) << ": ";
      SmallVector<std::string> nodes = nodeNames(d.getLocation());
      // What concerns the file as a whole has the file for its location.
      llvm::erase(nodes, name);
      if (!nodes.empty()) {
        out << (nodes.size() == 1 ? "node '" : "nodes '");
        llvm::interleave(nodes, out, "', '");
        out << "': ";
      }
      out << d << "\n";
    };
    print(diagnostic);
    for (Diagnostic &note : diagnostic.getNotes())
      print(note);
    return success();
  });
}
