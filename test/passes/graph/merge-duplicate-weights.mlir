// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s -strait-merge-duplicate-weights | FileCheck %s

// CHECK-LABEL: @equal_blobs
// CHECK: %[[W:.*]] = strait.weight
// CHECK-NEXT: strait.add %[[W]], %[[W]]
func.func @equal_blobs() -> tensor<2xf32> {
  %a = strait.weight dense_resource<w1> : tensor<2xf32>
  %b = strait.weight dense_resource<w2> : tensor<2xf32>
  %c = strait.add %a, %b : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %c : tensor<2xf32>
}

// CHECK-LABEL: @negative_other_bytes
// CHECK-COUNT-2: strait.weight
func.func @negative_other_bytes() -> tensor<2xf32> {
  %a = strait.weight dense_resource<w1> : tensor<2xf32>
  %b = strait.weight dense_resource<w3> : tensor<2xf32>
  %c = strait.add %a, %b : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %c : tensor<2xf32>
}

{-#
  dialect_resources: {
    builtin: {
      w1: "0x040000000000803F00000040",
      w2: "0x040000000000803F00000040",
      w3: "0x040000000000803F0000803F"
    }
  }
#-}
