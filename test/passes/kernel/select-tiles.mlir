// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --strait-form-regions --strait-select-tiles=cpu=generic | FileCheck %s
// RUN: not strait-opt %s --strait-select-tiles=cpu=pdp11 2>&1 | FileCheck %s --check-prefix=CPU
// @negative_cpu: a processor that LLVM does not know.
// CPU: error: unknown cpu 'pdp11'

// CHECK-LABEL: func.func @map
// CHECK: kernel.region
// CHECK-SAME: scratch =
// CHECK-SAME: tasks =
// CHECK-SAME: tile =
func.func @map(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %y = strait.relu %x : (tensor<?x8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
