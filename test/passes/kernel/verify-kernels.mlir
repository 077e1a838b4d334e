// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --split-input-file --strait-verify-kernels --verify-diagnostics

// What is right passes in silence.
#shape = affine_map<()[s0] -> (s0)>
module attributes {strait.targets = [#strait.target<isa = avx2>]} {
func.func @right(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %y = kernel.launch @k ins(%x : tensor<?xf32>) sizes(%n) shapes [#shape] -> (tensor<?xf32>)
  return %y : tensor<?xf32>
}
kernel.func @k inputs 1 shapes([#shape] -> [#shape]) attributes {scratch = #shape, tasks = #shape, tile = {}} {
^bb0(%0: tensor<?xf32>, %n: index):
  kernel.yield %0 : tensor<?xf32>
}
}

// -----

#one = affine_map<() -> (4)>
module attributes {strait.targets = [#strait.target<isa = avx2>]} {
// expected-error @below {{'kernel.func' op expected 'scratch', which strait-select-tiles sets}}
kernel.func @negative_scratch inputs 1 shapes([#one] -> [#one]) attributes {tasks = #one, tile = {}} {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
}

// -----

#one = affine_map<() -> (4)>
module attributes {strait.targets = [#strait.target<isa = avx2>]} {
// expected-error @below {{'kernel.func' op expected 'tasks' to map 0 sizes to one number, as strait-select-tiles sets it, found affine_map<()[s0] -> (s0)>}}
kernel.func @negative_tasks inputs 1 shapes([#one] -> [#one])
    attributes {tasks = affine_map<()[s0] -> (s0)>, scratch = #one, tile = {}} {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
}

// -----

#one = affine_map<() -> (4)>
module attributes {strait.targets = [#strait.target<isa = avx2>]} {
// expected-error @below {{'kernel.func' op expected a 'tile', which strait-select-tiles sets}}
kernel.func @negative_tile inputs 1 shapes([#one] -> [#one]) attributes {scratch = #one, tasks = #one} {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
}

// -----

#one = affine_map<() -> (4)>
module attributes {strait.targets = [#strait.target<isa = avx2>]} {
kernel.func @first inputs 1 shapes([#one] -> [#one]) attributes {scratch = #one, tasks = #one, tile = {}} {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
// expected-error @below {{'kernel.func' op expected distinct kernels, as strait-outline-kernels makes them, found the same as @first}}
kernel.func @negative_twin inputs 1 shapes([#one] -> [#one]) attributes {scratch = #one, tasks = #one, tile = {}} {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
}

// -----

#rows = affine_map<() -> (4, 3)>
#wide = affine_map<() -> (4, 6)>
#four = affine_map<() -> (4, 12)>
#one = affine_map<() -> (4)>
module attributes {strait.targets = [#strait.target<isa = avx2>]} {
kernel.func @negative_roots inputs 1 shapes([#rows] -> [#four]) attributes {scratch = #one, tasks = #one, tile = {}} {
^bb0(%0: tensor<4x3xf32>):
  %1 = kernel.concat %0, %0 : tensor<4x3xf32>, tensor<4x3xf32> -> tensor<4x6xf32>
  // expected-error @below {{'kernel.concat' op expected one root per kernel, as strait-fuse-regions keeps it, found a second beside kernel.concat}}
  %2 = kernel.concat %1, %1 : tensor<4x6xf32>, tensor<4x6xf32> -> tensor<4x12xf32>
  kernel.yield %2 : tensor<4x12xf32>
}
}

// -----

#one = affine_map<() -> (4)>
module attributes {strait.targets = [#strait.target<isa = avx2>]} {
kernel.func @negative_body inputs 1 shapes([#one] -> [#one]) attributes {scratch = #one, tasks = #one, tile = {}} {
^bb0(%0: tensor<4xf32>):
  // expected-error @below {{'strait.relu' op expected maps and one root in a kernel, which strait-form-regions makes}}
  %1 = strait.relu %0 : (tensor<4xf32>) -> tensor<4xf32>
  kernel.yield %1 : tensor<4xf32>
}
}

// -----

module attributes {strait.targets = [#strait.target<isa = avx2>]} {
func.func @negative_graph_op(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'strait.relu' op expected kernels instead, which strait-form-regions makes of ops that compute}}
  %0 = strait.relu %x : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
}

// -----

#one = affine_map<() -> (4)>
module attributes {strait.targets = [#strait.target<isa = avx2>]} {
func.func @negative_region(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'kernel.region' op expected a launch, which strait-outline-kernels makes of every region}}
  %0 = kernel.region ins(%x : tensor<4xf32>) shapes([#one] -> [#one]) -> (tensor<4xf32>) {
  ^bb0(%a: tensor<4xf32>):
    kernel.yield %a : tensor<4xf32>
  }
  return %0 : tensor<4xf32>
}
}

// -----

module attributes {strait.targets = [#strait.target<isa = avx2>]} {
func.func @negative_host_op(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'math.exp' op expected only launches, views, weights, control flow and arithmetic on sizes after strait-form-regions}}
  %0 = math.exp %x : tensor<4xf32>
  return %0 : tensor<4xf32>
}
}

// -----

#one = affine_map<() -> (4)>
module attributes {strait.targets = [#strait.target<isa = avx2>]} {
func.func @negative_no_kernel() {
  // expected-error @below {{'kernel.launch' op expected a kernel.func @missing}}
  %0 = kernel.launch @missing shapes [#one] -> (tensor<4xf32>)
  return
}
}

// -----

#one = affine_map<() -> (4)>
module attributes {strait.targets = [#strait.target<isa = avx2>]} {
func.func @negative_operands(%x: tensor<5xf32>) {
  // expected-error @below {{'kernel.launch' op expected operands 'tensor<4xf32>' of kernel.func @k, found 'tensor<5xf32>'}}
  %0 = kernel.launch @k ins(%x : tensor<5xf32>) shapes [#one] -> (tensor<4xf32>)
  return
}
kernel.func @k inputs 1 shapes([#one] -> [#one]) attributes {scratch = #one, tasks = #one, tile = {}} {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
}

// -----

#one = affine_map<() -> (4)>
module attributes {strait.targets = [#strait.target<isa = avx2>]} {
func.func @negative_results(%x: tensor<4xf32>) {
  // expected-error @below {{'kernel.launch' op expected results 'tensor<4xf32>' of kernel.func @k, found 'tensor<4xi32>'}}
  %0 = kernel.launch @k ins(%x : tensor<4xf32>) shapes [#one] -> (tensor<4xi32>)
  return
}
kernel.func @k inputs 1 shapes([#one] -> [#one]) attributes {scratch = #one, tasks = #one, tile = {}} {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
}

// -----

module attributes {strait.targets = [#strait.target<isa = avx2>]} {
// expected-error @below {{'schedule.blob' op expected only functions and kernels after strait-outline-kernels}}
schedule.blob @negative_blob at 0 = dense<1.0> : tensor<4xf32>
}

// -----

// @negative_versions: two targets, but tiles for one.
#one = affine_map<() -> (4)>
module attributes {strait.targets = [#strait.target<isa = avx2>, #strait.target<isa = avx512>]} {
// expected-error @below {{'kernel.func' op expected 2 versions, one for each target, as strait-select-tiles makes them, found 1}}
kernel.func @k inputs 1 shapes([#one] -> [#one]) attributes {scratch = #one, tasks = #one, tile = {}} {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
}

// -----

#one = affine_map<() -> (4)>
module attributes {strait.targets = [#strait.target<isa = avx2>, #strait.target<isa = avx512>]} {
// expected-error @below {{'kernel.func' op expected 'tasks', which strait-select-tiles sets}}
kernel.func @negative_version inputs 1 shapes([#one] -> [#one])
    attributes {scratch = #one, tasks = #one, tile = {}, versions = [{scratch = #one, tile = {}}]} {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
}
