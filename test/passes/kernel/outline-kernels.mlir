// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --strait-outline-kernels --mlir-print-debuginfo | FileCheck %s
#shape = affine_map<()[s0] -> (s0, 8)>
#id = affine_map<(d0, d1) -> (d0, d1)>

// Equal bodies on different sizes share a kernel; launches keep their nodes.
// CHECK-LABEL: func.func @merged
func.func @merged(%x: tensor<?x8xf32>, %n: index) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  // CHECK: %[[A:.*]] = kernel.launch @map_0 ins(%{{.*}} : tensor<?x8xf32>) sizes(%{{.*}}) shapes
  // CHECK-SAME: loc(#[[LA:.*]])
  %a = kernel.region ins(%x : tensor<?x8xf32>) sizes(%n) shapes([#shape] -> [#shape])
      attributes {row_rank = 2 : i64, tasks = affine_map<()[s0] -> (s0)>} -> (tensor<?x8xf32>) {
  ^bb0(%0: tensor<?x8xf32>, %s: index):
    %e = tensor.empty(%s) : tensor<?x8xf32>
    %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%0 : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) {
    ^bb0(%i: f32, %o: f32):
      %v = arith.negf %i : f32
      linalg.yield %v : f32
    } -> tensor<?x8xf32>
    kernel.yield %r : tensor<?x8xf32>
  } loc("first")
  // CHECK: kernel.launch @map_0 ins(%[[A]] : tensor<?x8xf32>)
  %b = kernel.region ins(%a : tensor<?x8xf32>) sizes(%n) shapes([#shape] -> [#shape])
      attributes {row_rank = 2 : i64, tasks = affine_map<()[s0] -> (s0)>} -> (tensor<?x8xf32>) {
  ^bb0(%0: tensor<?x8xf32>, %s: index):
    %e = tensor.empty(%s) : tensor<?x8xf32>
    %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%0 : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) {
    ^bb0(%i: f32, %o: f32):
      %v = arith.negf %i : f32
      linalg.yield %v : f32
    } -> tensor<?x8xf32>
    kernel.yield %r : tensor<?x8xf32>
  } loc("second")
  return %a, %b : tensor<?x8xf32>, tensor<?x8xf32>
}

// Another number of tasks is another kernel.
// CHECK-LABEL: func.func @negative_other_tasks
func.func @negative_other_tasks(%x: tensor<?x8xf32>, %n: index) -> tensor<?x8xf32> {
  // CHECK: kernel.launch @map_1
  %a = kernel.region ins(%x : tensor<?x8xf32>) sizes(%n) shapes([#shape] -> [#shape])
      attributes {row_rank = 2 : i64, tasks = affine_map<()[s0] -> (s0 ceildiv 2)>} -> (tensor<?x8xf32>) {
  ^bb0(%0: tensor<?x8xf32>, %s: index):
    %e = tensor.empty(%s) : tensor<?x8xf32>
    %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%0 : tensor<?x8xf32>) outs(%e : tensor<?x8xf32>) {
    ^bb0(%i: f32, %o: f32):
      %v = arith.negf %i : f32
      linalg.yield %v : f32
    } -> tensor<?x8xf32>
    kernel.yield %r : tensor<?x8xf32>
  }
  return %a : tensor<?x8xf32>
}
// CHECK: kernel.func @map_0 inputs 1
// CHECK: kernel.func @map_1 inputs 1
// CHECK-NOT: kernel.func
// CHECK: #[[LA]] = loc("first")
