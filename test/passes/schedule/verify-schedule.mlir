// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --split-input-file --strait-verify-schedule --verify-diagnostics

// What is right passes in silence: the buffers share bytes one after another.
#one = affine_map<() -> (4)>
kernel.func @k inputs 1 shapes([#one] -> [#one]) attributes {tasks = affine_map<() -> (1)>} {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
schedule.program @right inputs [#schedule.tensor<"x" : tensor<4xf32>>]
    outputs [#schedule.tensor<"y" : tensor<4xf32>>] {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c16 = arith.constant 16 : index
  schedule.output_dims 0[%c4]
  schedule.begin_run
  %slab = schedule.slab 0 bytes %c16
  %x = schedule.input 0
  %a = schedule.buffer %slab[%c0] bytes %c16
  schedule.launch @k tasks(%c1) scratch(%c0) reads(%x) writes(%a)
  %y = schedule.output 0
  schedule.launch @k tasks(%c1) scratch(%c0) reads(%a) writes(%y)
  %b = schedule.buffer %slab[%c0] bytes %c16
  schedule.launch @k tasks(%c1) scratch(%c0) reads(%x) writes(%b)
  schedule.return
}

// -----

#one = affine_map<() -> (4)>
kernel.func @k inputs 1 shapes([#one] -> [#one]) attributes {tasks = affine_map<() -> (1)>} {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
schedule.program @negative_overlap inputs [#schedule.tensor<"x" : tensor<4xf32>>] outputs [] {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  schedule.begin_run
  %slab = schedule.slab 0 bytes %c16
  %x = schedule.input 0
  %a = schedule.buffer %slab[%c0] bytes %c16
  // expected-error @below {{'schedule.buffer' op expected no bytes shared with a buffer that is alive at the same time}}
  %b = schedule.buffer %slab[%c0] bytes %c16
  schedule.launch @k tasks(%c16) scratch(%c0) reads(%x) writes(%a)
  schedule.launch @k tasks(%c16) scratch(%c0) reads(%a) writes(%b)
  schedule.return
}

// -----

schedule.program @negative_outside inputs [] outputs [] {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %c32 = arith.constant 32 : index
  schedule.begin_run
  %slab = schedule.slab 0 bytes %c32
  // expected-error @below {{'schedule.buffer' op expected bytes inside the slab of 32, found [32, 48)}}
  %a = schedule.buffer %slab[%c32] bytes %c16
  schedule.return
}

// -----

schedule.program @negative_no_kernel inputs [] outputs [] {
  %c0 = arith.constant 0 : index
  schedule.begin_run
  // expected-error @below {{'schedule.launch' op expected a kernel.func @k}}
  schedule.launch @k tasks(%c0) scratch(%c0) writes()
  schedule.return
}

// -----

#one = affine_map<() -> (4)>
kernel.func @k inputs 1 shapes([#one] -> [#one]) attributes {tasks = affine_map<() -> (1)>} {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
schedule.program @negative_buffers inputs [#schedule.tensor<"x" : tensor<4xf32>>] outputs [] {
  %c0 = arith.constant 0 : index
  schedule.begin_run
  %x = schedule.input 0
  // expected-error @below {{'schedule.launch' op expected 1 buffers to read, 1 to write and 0 sizes, as kernel.func @k has, found 1, 0 and 1}}
  schedule.launch @k tasks(%c0) scratch(%c0) sizes(%c0) reads(%x) writes()
  schedule.return
}

// -----

schedule.program @negative_no_blob inputs [] outputs [] {
  schedule.begin_run
  // expected-error @below {{'schedule.weight' op expected a schedule.blob @w}}
  %w = schedule.weight @w
  schedule.return
}

// -----

schedule.program @negative_unplaced inputs [] outputs [] {
  %c0 = arith.constant 0 : index
  schedule.begin_run
  // expected-error @below {{'schedule.allocate' op expected a place, which strait-plan-memory gives}}
  %a = schedule.allocate %c0
  schedule.return
}

// -----

// expected-error @below {{'schedule.program' op expected dims and place of output 0 once, found 0 and 0}}
schedule.program @negative_no_output inputs [] outputs [#schedule.tensor<"y" : tensor<4xf32>>] {
  schedule.begin_run
  schedule.return
}

// -----

schedule.program @negative_foreign inputs [] outputs [] {
  schedule.begin_run
  // expected-error @below {{'func.call' op expected only schedule and arith ops after strait-build-schedule}}
  func.call @f() : () -> ()
  schedule.return
}
func.func private @f()

// -----

// expected-error @below {{'func.func' op expected only programs, blobs, states and kernels after strait-build-schedule}}
func.func private @negative_function()

// -----

schedule.state @s : tensor<?x4xf32> capacity 8
schedule.program @negative_written_state inputs [] outputs [] {
  %c16 = arith.constant 16 : index
  schedule.begin_run
  %rows, %n = schedule.held @s
  %second = schedule.view %rows[%c16]
  // expected-error @below {{expected states to be changed by append, overwrite and rotate alone, found a write to @s}}
  schedule.copy %rows to %second bytes %c16
  schedule.return
}
