// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --split-input-file --strait-build-schedule --verify-diagnostics
#one = affine_map<() -> (4)>

func.func @no_kernel(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'kernel.launch' op expected a kernel.func @k}}
  %y = kernel.launch @k ins(%x : tensor<4xf32>) shapes [#one] -> (tensor<4xf32>)
  return %y : tensor<4xf32>
}

// -----

#one = affine_map<() -> (4)>
// expected-error @below {{'kernel.func' op expected 'tasks', which strait-select-tiles sets}}
kernel.func @k inputs 1 shapes([#one] -> [#one]) {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
func.func @no_tasks(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = kernel.launch @k ins(%x : tensor<4xf32>) shapes [#one] -> (tensor<4xf32>)
  return %y : tensor<4xf32>
}

// -----

func.func @left_over(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'strait.relu' op expected only kernel launches, reshapes, weights, control flow and arithmetic on sizes at the end of the kernel level}}
  %y = strait.relu %x : (tensor<4xf32>) -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// expected-error @below {{expected inputs and outputs to be ranked tensors of whole-byte elements, found 'tensor<4xi4>'}}
func.func @sub_byte(%x: tensor<4xi4>) {
  return
}
