// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The same way as a model's: kernels, schedule, objects, a library, one run.
#include "compiler/ConstantEvaluator.h"
#include "compiler/EmitObject.h"
#include "compiler/LinkedWeights.h"
#include "compiler/Pipelines.h"
#include "compiler/Targets.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/Pass/PassManager.h"
#include "runtime/include/strait/runtime.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"

using namespace mlir;
using namespace strait;

/// Results of this size and more become resource blobs.
static constexpr int64_t kBlobBytes = 1024;

/// The elements that lie at `data`, as an attribute.
static ElementsAttr toAttribute(RankedTensorType type, const char *data) {
  Type element = type.getElementType();
  int64_t count = type.getNumElements();
  if (element.isInteger(1)) {
    SmallVector<bool> values(data, data + count);
    return cast<ElementsAttr>(DenseElementsAttr::get(type, values));
  }
  int64_t bytes = count * (element.getIntOrFloatBitWidth() / 8);
  if (bytes < kBlobBytes)
    return cast<ElementsAttr>(
        DenseElementsAttr::getFromRawBuffer(type, ArrayRef(data, bytes)));
  auto blob = HeapAsmResourceBlob::allocate(bytes, 64);
  std::memcpy(blob.getMutableData().data(), data, bytes);
  return cast<ElementsAttr>(
      DenseResourceElementsAttr::get(type, "evaluated", std::move(blob)));
}

/// Runs the library and reads its outputs as the given types.
static FailureOr<SmallVector<ElementsAttr>>
runLibrary(Location loc, StringRef path, TypeRange types) {
  strait_error error;
  auto fail = [&]() -> LogicalResult {
    return emitError(loc, "cannot evaluate constants: ") << error.text;
  };
  strait_module *library = nullptr;
  if (strait_module_open_file(path.str().c_str(), nullptr, &library, &error))
    return fail();
  llvm::scope_exit close([&] { strait_module_close(library); });
  strait_instance *instance = nullptr;
  if (strait_instance_create(library, nullptr, &instance, &error))
    return fail();
  llvm::scope_exit destroy([&] { strait_instance_destroy(instance); });
  if (strait_run(instance, 0, nullptr, &error))
    return fail();
  SmallVector<ElementsAttr> results;
  for (auto [index, type] : llvm::enumerate(types)) {
    strait_tensor tensor;
    if (strait_get_output(instance, 0, index, &tensor, &error))
      return fail();
    results.push_back(toAttribute(cast<RankedTensorType>(type),
                                  static_cast<const char *>(tensor.data)));
  }
  return results;
}

FailureOr<SmallVector<ElementsAttr>>
strait::evaluateConstants(ModuleOp module) {
  Location loc = module.getLoc();
  auto main = module.lookupSymbol<func::FuncOp>("main");
  SmallVector<Type> types(main.getResultTypes());
  CompileOptions options;
  options.model = "constants";
  graph::TargetAttr::setList(module, baselineTarget(*module.getContext()));
  PassManager manager(module.getContext());
  PipelineBuilder pipeline(manager);
  buildKernelPipeline(pipeline, options);
  buildSchedulePipeline(pipeline, options);
  buildCodePipeline(pipeline, options);
  if (failed(manager.run(module)))
    return failure();
  SmallVector<SmallString<0>> objects;
  if (failed(emitObjects(module, llvm::CodeGenOptLevel::Default, /*jobs=*/0,
                         objects)))
    return failure();

  SmallString<128> folder;
  if (std::error_code code =
          llvm::sys::fs::createUniqueDirectory("strait-constants", folder))
    return emitError(loc, "cannot make a temporary folder: ")
           << code.message();
  SmallString<128> library(folder);
  llvm::sys::path::append(library, "constants.so");
  // Weights may be large: a signal must not leave them behind.
  llvm::sys::RemoveFileOnSignal(library);
  llvm::scope_exit remove([&] {
    llvm::sys::fs::remove_directories(folder);
    llvm::sys::DontRemoveFileOnSignal(library);
  });
  FailureOr<LinkedWeights> weights = weightsToLink(module);
  if (failed(weights))
    return failure();
  SmallVector<StringRef> views(objects.begin(), objects.end());
  LinkJob job;
  job.objects = views;
  job.weights = *weights;
  job.output = library;
  if (llvm::Error error = linkSharedLibrary(job))
    return emitError(loc, "cannot link constants: ")
           << llvm::toString(std::move(error));
  return runLibrary(loc, library, types);
}
