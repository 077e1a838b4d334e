// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The passes of each level, in order, with the reason for the order.
#ifndef STRAIT_COMPILER_PIPELINES_H
#define STRAIT_COMPILER_PIPELINES_H

#include "compiler/Options.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace strait {

/// Adds passes to a pass manager: all, or until the one named `stopAfter` was
/// added for the `remaining`th time, counted over all builders that share that
/// number.
class PipelineBuilder {
public:
  explicit PipelineBuilder(mlir::OpPassManager &manager) : manager(manager) {}
  PipelineBuilder(mlir::OpPassManager &manager, llvm::StringRef stopAfter,
                  int64_t &remaining)
      : manager(manager), stopAfter(stopAfter), remaining(&remaining) {}

  void add(std::unique_ptr<mlir::Pass> pass);
  /// Adds a pass that runs on every function.
  void addOnFunctions(std::unique_ptr<mlir::Pass> pass);
  /// Adds a pass that runs on every schedule.program.
  void addOnPrograms(std::unique_ptr<mlir::Pass> pass);
  /// Adds a pass that runs on every nested module of kernels.
  void addOnKernels(std::unique_ptr<mlir::Pass> pass);
  /// Adds a pass that runs on every function of a kernel.
  void addOnKernelFunctions(std::unique_ptr<mlir::Pass> pass);
  /// Adds passes that run on every nested module of kernels.
  void
  addOnKernelModules(llvm::function_ref<void(mlir::OpPassManager &)> build);
  bool stopped() const { return reached; }
  llvm::ArrayRef<std::string> names() const { return added; }

private:
  bool note(mlir::Pass &pass);

  mlir::OpPassManager &manager;
  llvm::StringRef stopAfter;
  int64_t *remaining = nullptr;
  bool reached = false;
  llvm::SmallVector<std::string> added;
};

/// One level: its name and the names of its passes, in order.
struct LevelPasses {
  llvm::StringRef level;
  llvm::SmallVector<std::string> passes;
};
llvm::SmallVector<LevelPasses> listPasses(const CompileOptions &options);

void buildGraphPipeline(PipelineBuilder &pipeline,
                        const CompileOptions &options);
void buildKernelPipeline(PipelineBuilder &pipeline,
                         const CompileOptions &options);
void buildSchedulePipeline(PipelineBuilder &pipeline,
                           const CompileOptions &options);
/// Kernels and host program -> LLVM dialect, for the targets of the options.
void buildCodePipeline(PipelineBuilder &pipeline,
                       const CompileOptions &options);

} // namespace strait

#endif // STRAIT_COMPILER_PIPELINES_H
