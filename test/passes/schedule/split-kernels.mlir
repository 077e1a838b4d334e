// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --split-input-file --verify-diagnostics --strait-split-kernels=kernels-per-module=2 | FileCheck %s
// RUN: not strait-opt %s --split-input-file --strait-split-kernels=kernels-per-module=0 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: error: expected kernels-per-module of at least 1, found 0
#one = affine_map<() -> (4)>

module attributes {strait.targets = [#strait.target<isa = avx2>]} {
// CHECK: schedule.program @main
// CHECK: module @kernels_0 attributes {strait.targets = [#strait.target<isa = avx2>]} {
// CHECK: kernel.func @a
// CHECK: kernel.func @b
// CHECK: module @kernels_1
// CHECK-NOT: kernel.func @b
// CHECK: kernel.func @c
// CHECK-NOT: module
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
}

// -----

#one = affine_map<() -> (4)>
#two = affine_map<() -> (2)>
// Each target has its modules, with its own cut of every kernel.
// CHECK-LABEL: module attributes {strait.targets = [#strait.target<isa = avx2>, #strait.target<isa = avx512>]}
module attributes {strait.targets = [#strait.target<isa = avx2>, #strait.target<isa = avx512>]} {
// CHECK: module @kernels_0 attributes {strait.targets = [#strait.target<isa = avx2>]} {
// CHECK-NEXT: kernel.func @k {{.*}} attributes {scratch = #[[ONE:.*]], tasks = #[[ONE]], tile = {lanes = 8 : i64}} {
// CHECK: module @kernels_0.avx512 attributes {strait.targets = [#strait.target<isa = avx512>]} {
// CHECK-NEXT: kernel.func @k.avx512 {{.*}} attributes {scratch = #[[TWO:.*]], tasks = #[[TWO]], tile = {lanes = 16 : i64}} {
kernel.func @k inputs 1 shapes([#one] -> [#one]) attributes {scratch = #one, tasks = #one, tile = {lanes = 8},
    versions = [{scratch = #two, tasks = #two, tile = {lanes = 16}}]} {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
}

// -----

#one = affine_map<() -> (4)>
module attributes {strait.targets = [#strait.target<isa = avx2>, #strait.target<isa = avx512>]} {
// expected-error @below {{expected a version for each target, which strait-select-tiles makes}}
kernel.func @negative_version inputs 1 shapes([#one] -> [#one]) {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
}

// -----

#one = affine_map<() -> (4)>
// GPUs load all kernels at once.
// CHECK-LABEL: module attributes {strait.targets = [#strait.target<isa = sm_80>, #strait.target<isa = sm_90a>]}
// CHECK: module @kernels_0 attributes {strait.targets = [#strait.target<isa = sm_80>]} {
// CHECK-COUNT-3: kernel.func
// CHECK: module @kernels_0.sm_90a attributes
// CHECK-COUNT-3: kernel.func
// CHECK-NOT: module
module attributes {strait.targets = [#strait.target<isa = sm_80>, #strait.target<isa = sm_90a>]} {
kernel.func @a inputs 1 shapes([#one] -> [#one]) attributes {scratch = #one, tasks = #one, tile = {},
    versions = [{scratch = #one, tasks = #one, tile = {}}]} {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
kernel.func @b inputs 1 shapes([#one] -> [#one]) attributes {scratch = #one, tasks = #one, tile = {},
    versions = [{scratch = #one, tasks = #one, tile = {}}]} {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
kernel.func @c inputs 1 shapes([#one] -> [#one]) attributes {scratch = #one, tasks = #one, tile = {},
    versions = [{scratch = #one, tasks = #one, tile = {}}]} {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
}
