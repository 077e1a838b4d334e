// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --strait-export-kernels --split-input-file \
// RUN:   --verify-diagnostics | FileCheck %s

// CHECK-LABEL: llvm.func internal @k__body
// CHECK: llvm.func @k(%[[BUFFERS:.*]]: !llvm.ptr, %[[SIZES:.*]]: !llvm.ptr, %[[SCRATCH:.*]]: !llvm.ptr, %[[BEGIN:.*]]: i64, %[[END:.*]]: i64)
// CHECK: %[[X:.*]] = llvm.load {{.*}} -> !llvm.ptr
// CHECK: %[[N:.*]] = llvm.load {{.*}} -> i64
// CHECK: llvm.call @k__body(%[[X]], %[[N]], %[[SCRATCH]], %[[BEGIN]], %[[END]])
llvm.func @k__body(%x: !llvm.ptr, %n: i64, %s: !llvm.ptr, %b: i64, %e: i64)
    attributes {strait.kernel_abi = array<i64: 1, 1>} {
  llvm.return
}

// Functions that are no kernels stay alone.
// CHECK-LABEL: llvm.func @negative_other__body
// CHECK-NOT: llvm.func
llvm.func @negative_other__body() {
  llvm.return
}

// -----

// expected-error@+1 {{expected 4 arguments, found 5}}
llvm.func @negative_count__body(%x: !llvm.ptr, %n: i64, %s: !llvm.ptr, %b: i64,
    %e: i64) attributes {strait.kernel_abi = array<i64: 1, 0>} {
  llvm.return
}
