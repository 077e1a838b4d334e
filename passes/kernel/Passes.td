// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef STRAIT_PASSES_KERNEL_PASSES_TD
#define STRAIT_PASSES_KERNEL_PASSES_TD

include "mlir/Pass/PassBase.td"

def FormRegionsPass : Pass<"strait-form-regions", "::mlir::func::FuncOp"> {
  let summary = "one kernel.region per computing op; sizes become explicit";
  let description = [{
    ```mlir
    %y = strait.relu %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
    ```
    becomes
    ```mlir
    %n = tensor.dim %x, %c0 : tensor<?x8xf32>
    %y = kernel.region ins(%x : tensor<?x8xf32>) sizes(%n) shapes(...) {
      linalg.generic { maximumf }
    }
    ```
    What a shape rule took for granted (equal inner sizes of a product, sizes
    that are not negative) becomes a `schedule.check` before the region, unless
    it follows from the types.
  }];
  let dependentDialects = ["::strait::kernel::KernelDialect",
    "::strait::schedule::ScheduleDialect",
    "::mlir::affine::AffineDialect", "::mlir::tensor::TensorDialect"];
}

def FuseRegionsPass : Pass<"strait-fuse-regions", "::mlir::func::FuncOp"> {
  let summary = "merges regions so that tensors between them stay on chip";
  let description = [{
    A producer joins its consumer when the tensor between them is then neither
    stored nor read back, and nothing is computed more often than before:

    ```mlir
    %a = kernel.region { kernel.conv2d }
    %b = kernel.region ins(%a) { linalg.generic { maximumf } }
    ```
    becomes
    ```mlir
    %b = kernel.region { kernel.conv2d; linalg.generic { maximumf } }
    ```
  }];
  let options = [Option<"mostSteps", "most-steps", "int64_t", "64",
      "the most maps and reductions of one region: values stay on chip in "
      "shorter ones as well, and longer ones cost code, registers and, as each "
      "merge copies the region, compile time in the square of their length">];
}

def SelectTilesPass : Pass<"strait-select-tiles", "::mlir::func::FuncOp"> {
  let summary = "cuts every region's work into tasks for the target";
  let description = [{
    ```mlir
    %y = kernel.region ... { kernel.matmul }
    ```
    becomes
    ```mlir
    %y = kernel.region ... attributes {tile = {mr = 6, ...},
        tasks = ()[s0] -> (s0 ceildiv 96), scratch = ()[s0] -> (0)} {...}
    ```
  }];
}

def AnnotateCostsPass : Pass<"strait-annotate-costs", "::mlir::ModuleOp"> {
  let summary = "writes arithmetic and traffic of a launch on every kernel";
  let description = [{
    ```mlir
    kernel.func @matmul_0 ...
    ```
    becomes
    ```mlir
    kernel.func @matmul_0 ... attributes {flops = 4096, bytes = 3072}
    ```
    where all shapes are static.
  }];
}

def OutlineKernelsPass : Pass<"strait-outline-kernels", "::mlir::ModuleOp"> {
  let summary = "kernel.regions -> launches of distinct kernel.funcs";
  let description = [{
    Regions with equal bodies, shapes and tiles share one kernel, wherever they
    came from; a launch keeps the location of its region.

    ```mlir
    %y = kernel.region ins(%x : tensor<?x8xf32>) sizes(%n) shapes(...) {
      linalg.generic { maximumf }
    }
    ```
    becomes
    ```mlir
    kernel.func @map_0 inputs 1 shapes(...) {
      linalg.generic { maximumf }
    }
    %y = kernel.launch @map_0 ins(%x : tensor<?x8xf32>) sizes(%n) shapes [...]
    ```
  }];
  let dependentDialects = ["::strait::kernel::KernelDialect"];
}

def VerifyKernelsPass : Pass<"strait-verify-kernels", "::mlir::ModuleOp"> {
  let summary = "checks what schedules and code generators rely on";
  let description = [{
    Functions hold launches that fit their kernels, views, weights, control flow
    and arithmetic on sizes; nothing of the graph level computes any more.
    Kernels are distinct, hold one root at most, and know their tile, tasks and
    scratch. Changes nothing; an error names the pass that should have removed
    what it found.
  }];
}

#endif // STRAIT_PASSES_KERNEL_PASSES_TD
