// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --strait-convert-loops-to-llvm --split-input-file --verify-diagnostics | FileCheck %s

// Buffers are bare pointers; index is i64.
// CHECK-LABEL: llvm.func @loop
// CHECK-SAME: (%[[X:.*]]: !llvm.ptr, %[[N:.*]]: i64)
// CHECK: llvm.cond_br
// CHECK: llvm.getelementptr %{{.*}}[%{{.*}}]
// CHECK: llvm.load {{.*}} vector<8xf32>
// CHECK: llvm.intr.fmuladd
func.func @loop(%x: memref<64xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  cf.br ^head(%c0 : index)
^head(%i: index):
  %more = arith.cmpi slt, %i, %n : index
  cf.cond_br %more, ^body, ^end
^body:
  %v = vector.load %x[%i] : memref<64xf32>, vector<8xf32>
  %w = vector.fma %v, %v, %v : vector<8xf32>
  vector.store %w, %x[%i] : memref<64xf32>, vector<8xf32>
  %next = arith.addi %i, %c0 : index
  cf.br ^head(%next : index)
^end:
  return
}

// -----

// Structured loops must be gone by now.
func.func @negative_structured(%n: index, %x: memref<4xf32>, %v: f32) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{failed to legalize operation 'scf.for'}}
  scf.for %i = %c0 to %n step %n {
    memref.store %v, %x[%i] : memref<4xf32>
  }
  return
}
