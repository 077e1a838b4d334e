// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{'schedule.program' op expected one schedule.begin_run, found 0}}
schedule.program @no_begin inputs [] outputs [] {
  schedule.return
}

// -----

// expected-error @below {{'schedule.program' op expected the program to end in schedule.return}}
schedule.program @no_return inputs [] outputs [] {
  schedule.begin_run
}

// -----

// expected-error @below {{'schedule.program' op expected no block arguments, found 1}}
"schedule.program"() ({
^bb0(%n: index):
  "schedule.begin_run"() : () -> ()
  "schedule.return"() : () -> ()
}) {sym_name = "arguments", inputs = [], outputs = []} : () -> ()

// -----

schedule.program @early_effect inputs [] outputs [] {
  %c4 = arith.constant 4 : index
  // expected-error @below {{'schedule.slab' op expected after schedule.begin_run: a query evaluates what stands before it}}
  %slab = schedule.slab 0 bytes %c4
  schedule.begin_run
  schedule.return
}

// -----

// expected-error @below {{'schedule.blob' op expected an offset that is a multiple of 64, found 12}}
schedule.blob @w at 12 = dense<1.0> : tensor<4xf32>

// -----

schedule.program @dim_axis inputs [#schedule.tensor<"x" : tensor<?xf32>>] outputs [] {
  // expected-error @below {{'schedule.dim' op expected an axis of an input of rank 1, found 1}}
  %n = schedule.dim 0[1]
  schedule.begin_run
  schedule.return
}

// -----

schedule.program @dim_input inputs [] outputs [] {
  // expected-error @below {{'schedule.dim' op expected one of the program's 0 inputs, found 0}}
  %n = schedule.dim 0[0]
  schedule.begin_run
  schedule.return
}

// -----

schedule.program @input inputs [#schedule.tensor<"x" : tensor<?xf32>>] outputs [] {
  schedule.begin_run
  // expected-error @below {{'schedule.input' op expected one of the program's 1 inputs, found 3}}
  %x = schedule.input 3
  schedule.return
}

// -----

schedule.program @output inputs [] outputs [] {
  schedule.begin_run
  // expected-error @below {{'schedule.output' op expected one of the program's 0 outputs, found 0}}
  %y = schedule.output 0
  schedule.return
}

// -----

schedule.program @output_rank inputs [] outputs [#schedule.tensor<"y" : tensor<?x4xf32>>] {
  %c4 = arith.constant 4 : index
  // expected-error @below {{'schedule.output_dims' op expected 2 dims, found 1}}
  schedule.output_dims 0[%c4]
  schedule.begin_run
  schedule.return
}

// -----

// expected-error @below {{'schedule.input' op expected inside schedule.program}}
%x = schedule.input 0

// -----

schedule.program @plan_counts inputs [] outputs [] {
  %c4 = arith.constant 4 : index
  schedule.begin_run
  // expected-error @below {{'schedule.plan' op expected one offset and two lifetime numbers for each of 2 sizes, found 2 and 2}}
  %base, %o:2 = schedule.plan 0 sizes(%c4, %c4) lifetimes [0, 1]
  schedule.return
}

// -----

schedule.program @plan_order inputs [] outputs [] {
  %c4 = arith.constant 4 : index
  schedule.begin_run
  // expected-error @below {{'schedule.plan' op expected lifetime 0 to end at or after step 3, found 1}}
  %base, %o = schedule.plan 0 sizes(%c4) lifetimes [3, 1]
  schedule.return
}

// -----

schedule.program @if_types inputs [] outputs [] {
  %true = arith.constant true
  schedule.begin_run
  // expected-error @below {{'schedule.if' op expected regions to yield ('index'), found ('i1')}}
  %r = schedule.if %true -> index {
    schedule.yield %true : i1
  } else {
    schedule.yield %true : i1
  }
  schedule.return
}

// -----

schedule.program @loop_arguments inputs [] outputs [] {
  %true = arith.constant true
  %c4 = arith.constant 4 : index
  schedule.begin_run
  // expected-error @below {{'schedule.loop' op expected region arguments ('index', 'index'), found ('index')}}
  %r = schedule.loop %c4 while %true carried(%c4) : index {
  ^bb0(%i: index):
    schedule.yield %true, %i : i1, index
  }
  schedule.return
}

// -----

schedule.program @loop_yield inputs [] outputs [] {
  %true = arith.constant true
  %c4 = arith.constant 4 : index
  schedule.begin_run
  // expected-error @below {{'schedule.loop' op expected regions to yield ('i1', 'index'), found ('i1')}}
  %r = schedule.loop %c4 while %true carried(%c4) : index {
  ^bb0(%i: index, %v: index):
    schedule.yield %true : i1
  }
  schedule.return
}

// -----

// expected-error @below {{'schedule.state' op expected at most one dynamic extent, found 'tensor<?x?xf32>'}}
schedule.state @s : tensor<?x?xf32> capacity 4

// -----

// expected-error @below {{'schedule.state' op expected a capacity of at least one row}}
schedule.state @s : tensor<?x4xf32>

// -----

// expected-error @below {{'schedule.state' op expected no capacity without a dynamic extent}}
schedule.state @s : tensor<4xf32> capacity 4

// -----

// expected-error @below {{'schedule.state' op expected a ranked tensor, found 'f32'}}
schedule.state @s : f32

// -----

// expected-error @below {{'schedule.state' op expected whole-byte elements, found 'tensor<4xi4>'}}
schedule.state @s : tensor<4xi4>

// -----

schedule.program @unknown_state inputs [] outputs [] {
  schedule.begin_run
  // expected-error @below {{'schedule.held' op expected a schedule.state @s}}
  %b, %n = schedule.held @s
  schedule.return
}

// -----

schedule.state @whole : tensor<4xf32>
schedule.program @append_to_whole inputs [] outputs [] {
  schedule.begin_run
  %b, %n = schedule.held @whole
  // expected-error @below {{'schedule.append' op expected a state with rows, found 'tensor<4xf32>'}}
  %m = schedule.append %b rows %n to @whole at %n
  schedule.return
}

// -----

schedule.state @whole : tensor<4xf32>
schedule.program @rotate_whole inputs [] outputs [] {
  schedule.begin_run
  %b, %n = schedule.held @whole
  // expected-error @below {{'schedule.rotate' op expected a state with rows, found 'tensor<4xf32>'}}
  %m = schedule.rotate @whole by %n held %n
  schedule.return
}
