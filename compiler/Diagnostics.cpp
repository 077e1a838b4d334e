// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Diagnostics.h"
#include "dialects/NodeNames.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace strait;

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
  std::string path = model.str();
  std::string name = llvm::sys::path::filename(model).str();
  setHandler([this, path, name, &out](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
      ++count;
    auto print = [&](Diagnostic &d) {
      out << name << ": " << severityName(d.getSeverity()) << ": ";
      SmallVector<std::string> nodes = nodeNames(d.getLocation());
      // What concerns the file as a whole has the file for its location.
      llvm::erase(nodes, path);
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
