// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Pipelines.h"
#include "compiler/Compile.h"
#include "compiler/ConstantEvaluator.h"
#include "compiler/Version.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/Passes.h"
#include "passes/cpu/Passes.h"
#include "passes/cuda/Passes.h"
#include "passes/graph/EvaluateConstants.h"
#include "passes/graph/Passes.h"
#include "passes/kernel/Passes.h"
#include "passes/schedule/Passes.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace strait;

bool PipelineBuilder::note(Pass &pass) {
  if (reached)
    return false;
  added.push_back(pass.getArgument().str());
  if (!stopAfter.empty() && pass.getArgument() == stopAfter)
    reached = --*remaining == 0;
  return true;
}

void PipelineBuilder::add(std::unique_ptr<Pass> pass) {
  if (note(*pass))
    manager.addPass(std::move(pass));
}

void PipelineBuilder::addOnFunctions(std::unique_ptr<Pass> pass) {
  if (note(*pass))
    manager.addNestedPass<func::FuncOp>(std::move(pass));
}

void PipelineBuilder::addOnPrograms(std::unique_ptr<Pass> pass) {
  if (note(*pass))
    manager.addNestedPass<schedule::ProgramOp>(std::move(pass));
}

void PipelineBuilder::addOnKernels(std::unique_ptr<Pass> pass) {
  if (note(*pass))
    manager.addNestedPass<ModuleOp>(std::move(pass));
}

void PipelineBuilder::addOnKernelFunctions(std::unique_ptr<Pass> pass) {
  if (note(*pass))
    manager.nest<ModuleOp>().addNestedPass<func::FuncOp>(std::move(pass));
}

void PipelineBuilder::addOnKernelModules(
    llvm::function_ref<void(OpPassManager &)> build) {
  if (!reached)
    build(manager.nest<ModuleOp>());
}

/// Exact folds: fewer ops, smaller ones, known patterns.
static void addFolds(PipelineBuilder &p) {
  // Shapes that became constant let more ops fold, and folded ops fix shapes.
  p.addOnFunctions(graph::createFoldShapesPass());
  p.addOnFunctions(graph::createInferShapesPass());
  p.addOnFunctions(createCanonicalizerPass());
  p.addOnFunctions(graph::createMergeDuplicateWeightsPass());
  // Norms become affine maps, which convolutions, products and parallel
  // branches absorb; a sum of branches may have a norm of its own.
  p.addOnFunctions(graph::createExpandBatchNormPass());
  p.addOnFunctions(graph::createFoldAffinePass());
  p.addOnFunctions(graph::createFoldParallelConvsPass());
  p.addOnFunctions(graph::createFoldAffinePass());
  // Sums of branches needed their filters whole.
  p.addOnFunctions(graph::createCropConvTapsPass());
  // Attention is found while its products still stand as exported.
  p.addOnFunctions(graph::createDetectAttentionPass());
}

/// What moving transposes leaves to cancel, compute once and tidy up.
static void addTransposeFolds(PipelineBuilder &p) {
  p.addOnFunctions(graph::createPropagateTransposesPass());
  // What the folds left to compute on constants is computed once, now.
  p.addOnFunctions(createEvaluateConstantsPass(evaluateConstants));
  p.addOnFunctions(createCanonicalizerPass());
  p.addOnFunctions(createCSEPass());
  // Lists of sizes and pads that moved with the transposes.
  p.addOnFunctions(graph::createFoldShapesPass());
  p.addOnFunctions(createCanonicalizerPass());
}

void strait::buildGraphPipeline(PipelineBuilder &p,
                                const CompileOptions &options) {
  p.addOnFunctions(graph::createInferShapesPass());
  p.addOnFunctions(createCanonicalizerPass());
  p.addOnFunctions(createCSEPass());
  if (options.optLevel > 0)
    addFolds(p);
  // Layouts come last: from here on transposes only move and cancel.
  p.addOnFunctions(graph::createAssignLayoutPass());
  if (options.optLevel > 0)
    addTransposeFolds(p);
  p.addOnFunctions(graph::createVerifyGraphPass());
}

void strait::buildKernelPipeline(PipelineBuilder &p,
                                 const CompileOptions &options) {
  p.addOnFunctions(createFormRegionsPass());
  // Equal sizes and equal regions become one value: fusion compares them.
  p.addOnFunctions(createCanonicalizerPass());
  p.addOnFunctions(createCSEPass());
  if (options.optLevel > 0)
    p.addOnFunctions(createFuseRegionsPass());
  p.addOnFunctions(createCanonicalizerPass());
  p.addOnFunctions(createCSEPass());
  // Tiles depend on the final groups; identical kernels on their tiles.
  p.addOnFunctions(createSelectTilesPass());
  p.add(createOutlineKernelsPass());
  p.add(createAnnotateCostsPass());
  p.add(createVerifyKernelsPass());
}

void strait::buildSchedulePipeline(PipelineBuilder &p,
                                   const CompileOptions &options) {
  p.add(createBuildSchedulePass());
  p.addOnPrograms(createPlanMemoryPass());
  p.add(createCanonicalizerPass());
  p.add(createVerifySchedulePass());
}

void strait::buildCodePipeline(PipelineBuilder &p,
                               const CompileOptions &options) {
  bool isCuda = options.target == Target::cuda;
  EmitModelTablesPassOptions tables;
  tables.modelName = llvm::sys::path::stem(options.model).str();
  tables.producer = ("strait " + version()).str();
  p.add(createSplitKernelsPass());
  // The fork: up to here no pass knows what kind of machine runs the kernels,
  // and the host program is the same for all.
  if (isCuda) {
    p.addOnKernels(cuda::createLowerKernelsToCudaPass());
  } else {
    // Loops around block products first, then what registers make of those.
    p.addOnKernels(cpu::createLowerKernelsToCpuPass());
    p.addOnKernelFunctions(cpu::createLowerUkernelsPass());
  }
  // Tables name kernels by their functions, host code refers to the tables.
  p.add(createEmitModelTablesPass(tables));
  p.add(createLowerToHostPass());
  p.addOnKernelModules(isCuda ? cuda::buildCudaToLLVMPipeline
                              : cpu::buildCpuToLLVMPipeline);
}

SmallVector<LevelPasses> strait::listPasses(const CompileOptions &options) {
  SmallVector<LevelPasses> levels;
  MLIRContext context;
  using BuildFn = void (*)(PipelineBuilder &, const CompileOptions &);
  for (auto [level, build] :
       {std::pair<StringRef, BuildFn>{"graph", buildGraphPipeline},
        {"kernel", buildKernelPipeline},
        {"schedule", buildSchedulePipeline},
        {"llvm", buildCodePipeline}}) {
    PassManager manager(&context);
    PipelineBuilder pipeline(manager);
    build(pipeline, options);
    levels.push_back({level, llvm::to_vector(pipeline.names())});
  }
  return levels;
}

SmallVector<std::string>
strait::stoppingPoints(const CompileOptions &options) {
  SmallVector<std::string> points = {"import"};
  SmallVector<LevelPasses> levels = listPasses(options);
  for (const LevelPasses &level : levels)
    points.push_back(level.level.str());
  for (const LevelPasses &level : levels)
    for (const std::string &name : level.passes)
      if (!llvm::is_contained(points, name))
        points.push_back(name);
  return points;
}

bool strait::reachesSchedule(const CompileOptions &options) {
  bool reached = options.stopAfter != "import";
  for (const LevelPasses &level : listPasses(options)) {
    // The last pass of a name counts, so a later level overrules.
    if (options.stopAfter == level.level)
      return reached && (level.level == "schedule" || level.level == "llvm");
    if (llvm::is_contained(level.passes, options.stopAfter))
      reached = level.level == "llvm";
  }
  return reached;
}
