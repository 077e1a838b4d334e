// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --strait-export-cuda-kernels --split-input-file \
// RUN:   --verify-diagnostics | FileCheck %s

// Block number t does task t; its dynamic shared memory is the scratch.
// CHECK: llvm.mlir.global external @strait_scratch() {addr_space = 3 : i32, alignment = 1024 : i64}
// CHECK-LABEL: llvm.func internal @k.sm_90a__body
// CHECK: llvm.func @k(%[[X:.*]]: !llvm.ptr, %[[N:.*]]: i64) attributes {nvvm.kernel, nvvm.minctasm = 2 : i32, nvvm.reqntid = array<i32: 128>}
// CHECK: %[[SHARED:.*]] = llvm.mlir.addressof @strait_scratch
// CHECK: %[[SCRATCH:.*]] = llvm.addrspacecast %[[SHARED]]
// CHECK: %[[BLOCK:.*]] = nvvm.read.ptx.sreg.ctaid.x
// CHECK: %[[BEGIN:.*]] = llvm.zext %[[BLOCK]] : i32 to i64
// CHECK: %[[END:.*]] = llvm.add %[[BEGIN]]
// CHECK: llvm.call @k.sm_90a__body(%[[X]], %[[N]], %[[SCRATCH]], %[[BEGIN]], %[[END]])
llvm.func @k.sm_90a__body(%x: !llvm.ptr, %n: i64, %s: !llvm.ptr, %b: i64, %e: i64)
    attributes {strait.kernel_abi = array<i64: 1, 1>, nvvm.minctasm = 2 : i32, nvvm.reqntid = array<i32: 128>} {
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
llvm.func @negative_count__body(%x: !llvm.ptr, %n: i64, %s: !llvm.ptr, %b: i64, %e: i64)
    attributes {strait.kernel_abi = array<i64: 1, 0>, nvvm.reqntid = array<i32: 128>} {
  llvm.return
}
