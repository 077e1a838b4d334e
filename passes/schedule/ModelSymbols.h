// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Names and types that the tables and the host functions of a model share.
#ifndef STRAIT_PASSES_SCHEDULE_MODELSYMBOLS_H
#define STRAIT_PASSES_SCHEDULE_MODELSYMBOLS_H

#include "dialects/graph/GraphOps.h"
#include "dialects/schedule/ScheduleOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace strait {

/// The host function of a program: declared on first use.
mlir::LLVM::LLVMFuncOp entryFunction(mlir::ModuleOp module,
                                     schedule::ProgramOp program);

/// All launches of a module; the runtime knows each by its place here.
llvm::SmallVector<schedule::LaunchOp> numberedLaunches(mlir::ModuleOp module);

/// The place of a state among those of its module, by which the runtime knows
/// it.
int64_t numberOfState(mlir::Operation *user, mlir::FlatSymbolRefAttr state);

/// What the version of `name` for target number `index` is called.
std::string versionSymbol(llvm::StringRef name,
                          llvm::ArrayRef<graph::TargetAttr> targets,
                          size_t index);

/// What the PTX for a GPU is called.
std::string imageSymbol(graph::TargetAttr target);

/// The number of slabs, plans and growing pieces of a program.
int64_t countPlans(schedule::ProgramOp program);

} // namespace strait

#endif // STRAIT_PASSES_SCHEDULE_MODELSYMBOLS_H
