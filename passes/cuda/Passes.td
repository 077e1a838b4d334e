// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef STRAIT_PASSES_CUDA_PASSES_TD
#define STRAIT_PASSES_CUDA_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerKernelsToCudaPass
    : Pass<"strait-lower-kernels-to-cuda", "mlir::ModuleOp"> {
  let summary = "kernel.func -> func.func of what each thread does";
  let description = [{
    A block of threads does one task. `nvvm.reqntid` says how many threads it
    has, which follows from the kernel's tile.

    ```mlir
    kernel.func @map_0 inputs 1 shapes(...) attributes {tile = {threads = 256}, ...} {
    ^bb0(%x: tensor<?xf32>, %n: index):
    ```
    becomes
    ```mlir
    func.func private @map_0__body(%x: memref<1xf32>, %y: memref<1xf32>, %n: index,
        %scratch: memref<1xi8>, %begin: index, %end: index)
        attributes {nvvm.reqntid = array<i32: 256>} {
      %t = nvvm.read.ptx.sreg.tid.x : i32
    ```
  }];
  let dependentDialects = ["mlir::arith::ArithDialect",
    "mlir::func::FuncDialect", "mlir::LLVM::LLVMDialect",
    "mlir::math::MathDialect",
    "mlir::memref::MemRefDialect", "mlir::NVVM::NVVMDialect",
    "mlir::scf::SCFDialect", "mlir::vector::VectorDialect"];
}

def ExportCudaKernelsPass
    : Pass<"strait-export-cuda-kernels", "mlir::ModuleOp"> {
  let summary = "give each kernel body the entry that the driver launches";
  let description = [{
    ```mlir
    llvm.func internal @k__body(!llvm.ptr, !llvm.ptr, i64, !llvm.ptr, i64, i64)
      attributes {strait.kernel_abi = array<i64: 2, 1>, nvvm.reqntid = array<i32: 256>}
    ```
    gets
    ```mlir
    llvm.func @k(%x: !llvm.ptr, %y: !llvm.ptr, %n: i64)
      attributes {nvvm.kernel, nvvm.reqntid = array<i32: 256>}
    ```
    which calls it for the task that the block's number says, with the block's
    dynamic shared memory as scratch.
  }];
  let dependentDialects = ["mlir::LLVM::LLVMDialect",
    "mlir::NVVM::NVVMDialect"];
}

#endif // STRAIT_PASSES_CUDA_PASSES_TD
