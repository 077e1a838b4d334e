// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --strait-select-tiles --verify-diagnostics

module attributes {strait.targets = [#strait.target<isa = sm_80>]} {
// States of a step have to stay in a block's shared memory.
func.func @negative_gpu_states(%x: tensor<5x2x1x16384xf32>, %r: tensor<1x1024x16384x16xf32>) -> tensor<5x1x2x16384xf32> {
  %y = kernel.region ins(%x, %r : tensor<5x2x1x16384xf32>, tensor<1x1024x16384x16xf32>)
      shapes([affine_map<() -> (5, 2, 1, 16384)>, affine_map<() -> (1, 1024, 16384, 16)>]
          -> [affine_map<() -> (5, 1, 2, 16384)>]) -> (tensor<5x1x2x16384xf32>) {
  ^bb0(%a: tensor<5x2x1x16384xf32>, %w: tensor<1x1024x16384x16xf32>):
    // expected-error @below {{expected gates and states that take at most 166912 bytes of shared memory, found 262656 for 16384 hidden elements}}
    %all, %last = kernel.recurrence <rnn> %a, %w reverse 0
        : (tensor<5x2x1x16384xf32>, tensor<1x1024x16384x16xf32>) -> (tensor<5x1x2x16384xf32>, tensor<1x2x16384xf32>)
    kernel.yield %all : tensor<5x1x2x16384xf32>
  }
  return %y : tensor<5x1x2x16384xf32>
}
}
