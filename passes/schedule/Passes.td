// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef STRAIT_PASSES_SCHEDULE_PASSES_TD
#define STRAIT_PASSES_SCHEDULE_PASSES_TD

include "mlir/Pass/PassBase.td"

def BuildSchedulePass : Pass<"strait-build-schedule", "::mlir::ModuleOp"> {
  let summary = "functions on tensors -> host programs over buffers";
  let description = [{
    Every launch result gets a buffer, reshapes become the same buffer, results
    of the function are written in place where a launch computes them, weights
    are laid out in order of use, equal ones once.

    ```mlir
    func.func @main(%x: tensor<?x4xf32> {strait.name = "x"})
        -> (tensor<?x4xf32> {strait.name = "y"}) {
      %n = tensor.dim %x, %c0 : tensor<?x4xf32>
      %y = kernel.launch @relu ins(%x : tensor<?x4xf32>) sizes(%n)
          shapes [affine_map<()[s0] -> (s0, 4)>] -> (tensor<?x4xf32>)
      return %y : tensor<?x4xf32>
    }
    ```
    becomes
    ```mlir
    schedule.program @main inputs [#schedule.tensor<"x" : tensor<?x4xf32>>]
        outputs [#schedule.tensor<"y" : tensor<?x4xf32>>] {
      %n = schedule.dim 0[0]
      ... schedule.check of dimension 1 ...
      schedule.output_dims 0[%n, %c4]
      schedule.begin_run
      %x = schedule.input 0
      %y = schedule.output 0
      schedule.launch @relu tasks(...) scratch(...) sizes(%n) reads(%x) writes(%y)
      schedule.return
    }
    ```
  }];
  let dependentDialects = ["::strait::schedule::ScheduleDialect",
    "::mlir::arith::ArithDialect"];
}

def PlanMemoryPass
    : Pass<"strait-plan-memory", "::strait::schedule::ProgramOp"> {
  let summary = "gives intermediate buffers their places, by lifetime";
  let description = [{
    Buffers that are never needed at one time may share their place. Static
    sizes are placed here, dynamic ones by a plan that the run evaluates once
    per set of sizes. Sizes that follow from data read during a run are planned
    right after that reading.

    ```mlir
    %a = schedule.allocate %n
    %b = schedule.allocate %m
    ```
    becomes
    ```mlir
    %base, %o:2 = schedule.plan 0 sizes(%n, %m) lifetimes [0, 1, 1, 2]
    %a = schedule.buffer %base[%o#0] bytes %n
    %b = schedule.buffer %base[%o#1] bytes %m
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def VerifySchedulePass : Pass<"strait-verify-schedule", "::mlir::ModuleOp"> {
  let summary = "checks what code generation relies on";
  let description = [{
    Nothing of the levels above is left beside kernel.funcs, every buffer has a
    place, buffers alive together do not overlap, launches fit their kernels,
    outputs are told and placed, states are written by their own ops only.
    Changes nothing.
  }];
}

def SplitKernelsPass : Pass<"strait-split-kernels", "::mlir::ModuleOp"> {
  let summary = "moves kernels into nested modules that compile in parallel";
  let description = [{
    ```mlir
    kernel.func @a ...
    kernel.func @b ...
    ```
    becomes
    ```mlir
    module @kernels_0 {
      kernel.func @a ...
      kernel.func @b ...
    }
    ```
    The kernels of a GPU stay together, as it loads them as one image. The
    grouping depends on the kernels alone, so the objects' bytes do not
    depend on how many threads compile them.
  }];
  let options = [Option<"kernelsPerModule", "kernels-per-module", "int64_t",
      "4", "kernels of one nested module">];
}

def EmitModelTablesPass
    : Pass<"strait-emit-model-tables", "::mlir::ModuleOp"> {
  let summary = "the constant tables by which the runtime finds a model";
  let description = [{
    Adds the constants of runtime/include/strait/abi.h (strait_model with its
    entries, kernels and launches) as LLVM globals, and declarations of what
    they refer to. Programs stay as they are; kernels are looked for in nested
    modules too. The module's targets say which code levels the kernels have.
    Of GPUs' kernels the tables hold one image per target, which is made from
    its nested module, and the threads of their blocks.
  }];
  let options = [
    Option<"modelName", "model-name", "std::string", "\"model\"",
           "name of the model">,
    Option<"producer", "producer", "std::string", "\"strait\"",
           "name and version of the compiler">];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def LowerToHostPass : Pass<"strait-lower-to-host", "::mlir::ModuleOp"> {
  let summary = "programs -> native functions over the runtime's services";
  let description = [{
    `schedule.program @main` becomes `llvm.func @strait_entry_main` of the type
    strait_entry_fn (runtime/include/strait/abi.h). After every call of a
    service an error code returns at once. Blobs stay: they are the weights'
    file.

    ```mlir
    schedule.launch @relu tasks(%t) scratch(%s) sizes(%n) reads(%x) writes(%y)
    ```
    becomes
    ```mlir
    llvm.store %x, %buffers ...
    %error = llvm.call %launch(%run, %number, %buffers, %sizes, %t, %s)
    %failed = llvm.icmp "ne" %error, %zero : i32
    llvm.cond_br %failed, ^return(%error), ^next
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect",
    "::mlir::arith::ArithDialect"];
}

#endif // STRAIT_PASSES_SCHEDULE_PASSES_TD
