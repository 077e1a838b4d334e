// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef STRAIT_PASSES_CPU_PASSES_TD
#define STRAIT_PASSES_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerKernelsToCpuPass : Pass<"strait-lower-kernels-to-cpu", "mlir::ModuleOp"> {
  let summary = "write the loops of every kernel.func for a CPU";
  let description = [{
    Replaces each `kernel.func` by a `func.func` of scf, vector, memref ops and
    `kernel.ukernel`, through the code generator of its root:

    ```mlir
    kernel.func @k inputs 1 shapes([...] -> [...]) ... {
      ...linalg.generic {addf}...
    }
    ```
    becomes
    ```mlir
    func.func private @k__body(%x: memref<1xf32>, %r: memref<1xf32>,
        %scratch: memref<1xi8>, %begin: index, %end: index) {
      scf.for %task = %begin to %end step %c1 {
        ... vector.load, arith.addf : vector<32xf32>, vector.store
      }
    }
    ```
  }];
  let dependentDialects = [
    "mlir::arith::ArithDialect", "mlir::func::FuncDialect",
    "mlir::math::MathDialect", "mlir::memref::MemRefDialect",
    "mlir::scf::SCFDialect", "mlir::vector::VectorDialect"];
}

def LowerUkernelsPass : Pass<"strait-lower-ukernels", "mlir::func::FuncOp"> {
  let summary = "write block products with vector registers";
  let description = [{
    ```mlir
    kernel.ukernel %a[%r0, %r1] * %b[%p] over(%k) steps(%c1) (%c16)
        at(%row0, %row1) lanes 8 vectors 2 unroll 4
        : memref<?xf32>, memref<?xf32> {
    ^bb0(%row: index, %column: index, %sum: vector<8xf32>):
      vector.store %sum, %y[%row, %column] : memref<?x16xf32>, vector<8xf32>
    }
    ```
    becomes
    ```mlir
    %sums:4 = scf.for %i = %c0 to %k step %c4 iter_args(...) {
      ... vector.load, vector.broadcast, vector.fma : vector<8xf32>
    }
    vector.store %sums#0, %y[%row0, %c0] : memref<?x16xf32>, vector<8xf32>
    ...
    ```
    A long region is not copied: the sums go through the stack, and a loop over
    the rows runs it.
  }];
  let dependentDialects = [
    "mlir::arith::ArithDialect", "mlir::memref::MemRefDialect",
    "mlir::scf::SCFDialect", "mlir::vector::VectorDialect"];
}

def ExportKernelsPass : Pass<"strait-export-kernels", "mlir::ModuleOp"> {
  let summary = "give each kernel body the entry of type strait_kernel_fn";
  let description = [{
    ```mlir
    llvm.func internal @k__body(!llvm.ptr, !llvm.ptr, i64, !llvm.ptr, i64, i64)
      attributes {strait.kernel_abi = array<i64: 2, 1>}
    ```
    gets
    ```mlir
    llvm.func @k(%buffers: !llvm.ptr, %sizes: !llvm.ptr, %scratch: !llvm.ptr,
                 %begin: i64, %end: i64)
    ```
    which loads the buffers and sizes and calls it.
  }];
  let dependentDialects = ["mlir::LLVM::LLVMDialect"];
}

#endif // STRAIT_PASSES_CPU_PASSES_TD
