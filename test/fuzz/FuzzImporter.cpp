// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// libFuzzer target: any bytes are a model or a diagnostic.

#include "frontends/onnx/Importer.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include <cstdlib>

using namespace mlir;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // Types and constants of a context live as long as it does; a new one now
  // and then keeps memory flat without its cost on every run.
  static std::unique_ptr<MLIRContext> context;
  static int runs = 0;
  if (!context || ++runs % 1000 == 0)
    context = std::make_unique<MLIRContext>(MLIRContext::Threading::DISABLED);
  int errors = 0;
  ScopedDiagnosticHandler count(context.get(), [&](Diagnostic &diagnostic) {
    errors += diagnostic.getSeverity() == DiagnosticSeverity::Error;
    return success();
  });
  OwningOpRef<ModuleOp> module = strait::importOnnxBytes(
      llvm::StringRef(reinterpret_cast<const char *>(data), size), *context,
      strait::ImportOptions());
  if (bool(module) != (errors == 0) || (module && failed(verify(*module))))
    abort();
  return 0;
}
