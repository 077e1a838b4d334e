// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --strait-split-kernels=kernels-per-module=2 | FileCheck %s
// RUN: not strait-opt %s --strait-split-kernels=kernels-per-module=0 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: expected kernels-per-module of at least 1, found 0
#one = affine_map<() -> (4)>

// CHECK: schedule.program @main
// CHECK: module @kernels_0 {
// CHECK: kernel.func @a
// CHECK: kernel.func @b
// CHECK: module @kernels_1 {
// CHECK-NOT: kernel.func @b
// CHECK: kernel.func @c
kernel.func @a inputs 1 shapes([#one] -> [#one]) {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
kernel.func @b inputs 1 shapes([#one] -> [#one]) {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
// @negative_host_code: what is not a kernel stays.
schedule.program @main inputs [] outputs [] {
  schedule.begin_run
  schedule.return
}
kernel.func @c inputs 1 shapes([#one] -> [#one]) {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
