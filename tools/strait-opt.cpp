// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// strait-opt: runs passes of Strait and of MLIR on textual IR or, with
// --import-onnx, on what a model becomes.
#include "compiler/ConstantEvaluator.h"
#include "dialects/graph/GraphDialect.h"
#include "dialects/kernel/KernelOps.h"
#include "dialects/schedule/ScheduleOps.h"
#include "frontends/onnx/Importer.h"
#include "passes/cpu/Passes.h"
#include "passes/cuda/Passes.h"
#include "passes/loops/Passes.h"
#include "passes/graph/EvaluateConstants.h"
#include "passes/graph/Passes.h"
#include "passes/kernel/Passes.h"
#include "passes/schedule/Passes.h"

#include "mlir/IR/AsmState.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;
namespace cl = llvm::cl;

static cl::opt<std::string> onnxFile("import-onnx",
                                     cl::desc("Import this ONNX model"),
                                     cl::value_desc("file"));
static cl::opt<bool> listOps("list-onnx-ops",
                             cl::desc("List the operators of --import-onnx"));
static cl::list<std::string>
    fixedShapes("shape", cl::desc("Fix an input's shape for --import-onnx"),
                cl::value_desc("name=AxBx?"));

/// "x=1x3x?" -> name and dims; "?" leaves a dimension as it is.
static LogicalResult parseShape(StringRef text, strait::ImportOptions &options) {
  auto [name, dims] = text.rsplit('=');
  SmallVector<StringRef> parts;
  dims.split(parts, 'x');
  SmallVector<int64_t> &shape = options.shapes[name];
  for (StringRef part : parts) {
    int64_t dim = -1;
    if (part != "?" && (part.getAsInteger(10, dim) || dim < 0))
      return failure();
    shape.push_back(dim);
  }
  return success();
}

static LogicalResult runOnModel(DialectRegistry &registry, StringRef output) {
  MLIRContext context(registry);
  strait::ImportOptions options;
  for (const std::string &shape : fixedShapes)
    if (failed(parseShape(shape, options))) {
      llvm::errs() << "--shape: expected name=AxBx?, found '" << shape << "'\n";
      return failure();
    }
  OwningOpRef<ModuleOp> module =
      strait::importOnnx(onnxFile, context, options);
  if (!module)
    return failure();
  PassManager passes(module->getContext());
  if (failed(MlirOptMainConfig::createFromCLOptions().setupPassPipeline(
          passes)) ||
      failed(passes.run(*module)))
    return failure();
  std::string error;
  std::unique_ptr<llvm::ToolOutputFile> file = openOutputFile(output, &error);
  if (!file) {
    llvm::errs() << error << "\n";
    return failure();
  }
  module->print(file->os());
  file->keep();
  return success();
}

int main(int argc, char **argv) {
  DialectRegistry registry;
  registerAllDialects(registry);
  registerAllExtensions(registry);
  registerAllPasses();
  registry.insert<strait::graph::GraphDialect, strait::kernel::KernelDialect,
                  strait::schedule::ScheduleDialect>();
  strait::graph::registerGraphPasses();
  registerPass([] {
    return strait::createEvaluateConstantsPass(strait::evaluateConstants);
  });
  strait::registerStraitKernelPasses();
  strait::registerStraitSchedulePasses();
  strait::registerStraitLoopsPasses();
  strait::cpu::registerStraitCpuPasses();
  strait::cuda::registerStraitCudaPasses();
  strait::cuda::registerCudaPipelines();
  strait::cpu::registerCpuPipelines();
  auto [input, output] = registerAndParseCLIOptions(
      argc, argv, "Strait's pass runner\n", registry);
  if (listOps) {
    strait::listSupportedOps(llvm::outs());
    return EXIT_SUCCESS;
  }
  if (!onnxFile.empty())
    return asMainReturnCode(runOnModel(registry, output));
  return asMainReturnCode(MlirOptMain(argc, argv, input, output, registry));
}
