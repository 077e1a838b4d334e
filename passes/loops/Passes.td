// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef STRAIT_PASSES_LOOPS_PASSES_TD
#define STRAIT_PASSES_LOOPS_PASSES_TD

include "mlir/Pass/PassBase.td"

def ExpandMathPass : Pass<"strait-expand-math"> {
  let summary = "write math functions as polynomials, without a library";
  let description = [{
    Replaces `math.exp`, `math.tanh`, ... on f32 and f64 scalars and vectors by
    arithmetic that vectorises; no call to a math library is left.

    ```mlir
    %y = math.exp %x : vector<8xf32>
    ```
    becomes a clamp, a split into 2^n and a polynomial of arith and math.fma.
  }];
  let dependentDialects = ["mlir::arith::ArithDialect",
                           "mlir::math::MathDialect"];
}

def ConvertLoopsToLLVMPass
    : Pass<"strait-convert-loops-to-llvm", "mlir::ModuleOp"> {
  let summary = "convert loops of kernels to the llvm dialect, all at once";
  let description = [{
    Before:
    ```mlir
    func.func private @k__body(%x: memref<1xf32>, %n: index) {
      %v = vector.load %x[%n] : memref<1xf32>, vector<8xf32>
    ```
    After:
    ```mlir
    llvm.func @k__body(%x: !llvm.ptr, %n: i64) {
      %p = llvm.getelementptr %x[%n] : (!llvm.ptr, i64) -> !llvm.ptr, f32
      %v = llvm.load %p : !llvm.ptr -> vector<8xf32>
    ```
  }];
  let dependentDialects = ["mlir::LLVM::LLVMDialect"];
}

#endif // STRAIT_PASSES_LOOPS_PASSES_TD
