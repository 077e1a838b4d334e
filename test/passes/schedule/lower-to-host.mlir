// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --split-input-file --verify-diagnostics --strait-lower-to-host | FileCheck %s

schedule.blob @w0 at 128 = dense<1.0> : tensor<4xf32>
// CHECK-LABEL: llvm.func hidden @strait_entry_main(
// CHECK-SAME: %[[SERVICES:.*]]: !llvm.ptr, %[[STATE:.*]]: !llvm.ptr, %[[WEIGHTS:.*]]: !llvm.ptr, %[[INPUTS:.*]]: !llvm.ptr, %[[OUTPUTS:.*]]: !llvm.ptr, %[[QUERY:.*]]: i32) -> i32
schedule.program @main inputs [#schedule.tensor<"x" : tensor<?xf32>>]
    outputs [#schedule.tensor<"y" : tensor<?xf32>>] {
  %c4 = arith.constant 4 : index
  // CHECK: %[[DIMS:.*]] = llvm.load
  // CHECK: %[[N:.*]] = llvm.load %{{.*}} : !llvm.ptr -> i64
  %n = schedule.dim 0[0]
  // CHECK: %[[OK:.*]] = llvm.icmp "eq" %[[N]]
  // CHECK: llvm.cond_br %[[OK]], ^[[NEXT:.*]], ^[[FAIL:.*]]
  schedule.check %n equals %c4, "input 'x', axis 0"
  // CHECK: ^[[NEXT]]:
  // CHECK: llvm.store %[[N]]
  schedule.output_dims 0[%n]
  // CHECK: %[[IS_QUERY:.*]] = llvm.icmp "ne" %[[QUERY]]
  // CHECK: llvm.cond_br %[[IS_QUERY]], ^[[RETURN:.*]](%{{.*}} : i32), ^[[RUN_BLOCK:.*]]
  // CHECK: ^[[RUN_BLOCK]]:
  schedule.begin_run
  %x = schedule.input 0
  // CHECK: %[[W:.*]] = llvm.getelementptr %[[WEIGHTS]][128]
  %w = schedule.weight @w0
  // CHECK: %[[CODE:.*]] = llvm.call %{{.*}}(%[[STATE]], %{{.*}}, %{{.*}}) : !llvm.ptr, (!llvm.ptr, i32, !llvm.ptr) -> i32
  // CHECK: llvm.cond_br %{{.*}}, ^[[RETURN]](%[[CODE]] : i32)
  %y = schedule.output 0
  // CHECK: llvm.store %[[W]]
  // CHECK: %[[LAUNCHED:.*]] = llvm.call %{{.*}}(%[[STATE]], %{{.*}}) : !llvm.ptr, (!llvm.ptr, i32, !llvm.ptr, !llvm.ptr, i64, i64) -> i32
  // CHECK: llvm.cond_br %{{.*}}, ^[[RETURN]](%[[LAUNCHED]] : i32)
  schedule.launch @k tasks(%n) scratch(%c4) sizes(%n) reads(%x, %w) writes(%y)
  // CHECK: ^[[RETURN]](%[[RESULT:.*]]: i32):
  // CHECK: llvm.return %[[RESULT]]
  // CHECK: llvm.mlir.global private unnamed_addr constant @strait.check.0("input 'x', axis 0: expected\00")
  schedule.return
}

// -----

// A divisor of zero, from an empty tensor, must not trap.
// CHECK-LABEL: llvm.func hidden @strait_entry_division
schedule.program @division inputs [#schedule.tensor<"x" : tensor<?x?xf32>>]
    outputs [#schedule.tensor<"y" : tensor<?xf32>>] {
  %n = schedule.dim 0[0]
  %m = schedule.dim 0[1]
  // CHECK: %[[ZERO:.*]] = llvm.icmp "eq" %[[M:.*]], %
  // CHECK: %[[SAFE:.*]] = llvm.select %[[ZERO]], %{{.*}}, %[[M]]
  // CHECK: llvm.sdiv %{{.*}}, %[[SAFE]]
  %q = arith.divsi %n, %m : index
  schedule.output_dims 0[%q]
  schedule.begin_run
  %y = schedule.output 0
  schedule.return
}

// -----

// Sizes that overflow stay huge, and a check says how its sides must compare.
// CHECK-LABEL: llvm.func hidden @strait_entry_huge
schedule.program @huge inputs [#schedule.tensor<"x" : tensor<?x?xf32>>]
    outputs [#schedule.tensor<"y" : tensor<?xf32>>] {
  %c0 = arith.constant 0 : index
  %n = schedule.dim 0[0]
  %m = schedule.dim 0[1]
  // CHECK: "llvm.intr.smul.with.overflow"
  // CHECK: llvm.select
  %p = arith.muli %n, %m : index
  // CHECK: llvm.intr.ssub.sat
  %d = arith.subi %p, %m : index
  // CHECK: llvm.icmp "sge"
  schedule.check %d at_least %c0, "a"
  // CHECK: llvm.icmp "eq"
  // CHECK: llvm.icmp "eq"
  // CHECK: llvm.or
  schedule.check %n one_or %m, "b"
  // CHECK: "a: expected at least\00"
  // CHECK: "b: expected 1 or\00"
  schedule.output_dims 0[%d]
  schedule.begin_run
  %y = schedule.output 0
  schedule.return
}

// -----

// CHECK-LABEL: llvm.func hidden @strait_entry_control
schedule.program @control inputs [#schedule.tensor<"x" : tensor<4xi1>>] outputs [] {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  schedule.begin_run
  %x = schedule.input 0
  // A host program touches no buffer itself: it asks for one byte.
  // CHECK: llvm.getelementptr %{{.*}}[80]
  // CHECK: llvm.call %{{.*}}(%{{.*}}, %[[VALUE:.*]], %{{.*}}, %{{.*}}) : {{.*}} (!llvm.ptr, !llvm.ptr, !llvm.ptr, i64) -> i32
  // CHECK: %[[BYTE:.*]] = llvm.load %[[VALUE]] : !llvm.ptr -> i8
  // CHECK: %[[GO:.*]] = llvm.icmp "ne" %[[BYTE]]
  %go = schedule.read %x[%c0] : i1
  // CHECK: llvm.cond_br %[[GO]], ^[[THEN:.*]], ^[[ELSE:.*]]
  // CHECK: ^[[THEN]]:
  // CHECK: llvm.br ^[[JOIN:.*]](%{{.*}} : i64)
  // CHECK: ^[[ELSE]]:
  // CHECK: llvm.br ^[[JOIN]](%{{.*}} : i64)
  %r = schedule.if %go -> index {
    schedule.yield %c0 : index
  } else {
    schedule.yield %c1 : index
  }
  // CHECK: llvm.br ^[[HEAD:.*]](%{{.*}}, %[[GO]], %{{.*}} : i64, i1, i64)
  // CHECK: ^[[HEAD]](%[[I:.*]]: i64, %[[MORE:.*]]: i1, %{{.*}}: i64):
  // CHECK: %[[BELOW:.*]] = llvm.icmp "slt" %[[I]]
  // CHECK: %[[BOTH:.*]] = llvm.and %[[BELOW]], %[[MORE]]
  // CHECK: llvm.cond_br %[[BOTH]]
  %last = schedule.loop %r while %go carried(%c0) : index {
  ^bb0(%i: index, %count: index):
    // CHECK: llvm.getelementptr %{{.*}}[72]
    // CHECK: llvm.call %{{.*}}(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}) : {{.*}} (!llvm.ptr, !llvm.ptr, !llvm.ptr, i64) -> i32
    schedule.copy %x to %x bytes %i
    schedule.yield %go, %i : i1, index
  }
  schedule.return
}

// -----

schedule.program @negative_op inputs [#schedule.tensor<"x" : tensor<4xf32>>] outputs [] {
  %c0 = arith.constant 0 : index
  schedule.begin_run
  // expected-error @below {{'schedule.allocate' op expected a schedule or arith op in a program}}
  %a = schedule.allocate %c0
  schedule.return
}

// -----

schedule.program @negative_blob inputs [] outputs [] {
  schedule.begin_run
  // expected-error @below {{'schedule.weight' op expected a schedule.blob @w}}
  %w = schedule.weight @w
  schedule.return
}

// -----

// Updates of states are services; a state is known by its number.
schedule.state @a : tensor<4xf32>
schedule.state @b : tensor<?x4xf32> capacity 8
// CHECK-NOT: schedule.state
// CHECK-LABEL: llvm.func hidden @strait_entry_states
schedule.program @states inputs [] outputs [] {
  %c2 = arith.constant 2 : index
  schedule.begin_run
  // CHECK: llvm.mlir.constant(1 : i32)
  // CHECK: llvm.call %{{.*}} : !llvm.ptr, (!llvm.ptr, i32, !llvm.ptr, !llvm.ptr) -> i32
  // CHECK: %[[ROWS:.*]] = llvm.load %{{.*}} : !llvm.ptr -> !llvm.ptr
  // CHECK: %[[N:.*]] = llvm.load %{{.*}} : !llvm.ptr -> i64
  %rows, %n = schedule.held @b
  // CHECK: llvm.call %{{.*}}(%{{.*}}, %{{.*}}, %[[ROWS]], %[[N]], %[[C2:.*]]) : !llvm.ptr, (!llvm.ptr, i32, !llvm.ptr, i64, i64) -> i32
  // CHECK: %[[MORE:.*]] = llvm.add %[[N]], %[[C2]]
  %more = schedule.append %rows rows %c2 to @b at %n
  // CHECK: llvm.call %{{.*}}(%{{.*}}, %{{.*}}, %[[C2]], %[[MORE]], %{{.*}}) : !llvm.ptr, (!llvm.ptr, i32, i64, i64, !llvm.ptr) -> i32
  // CHECK: %[[LEFT:.*]] = llvm.load
  %left = schedule.rotate @b by %c2 held %more
  // CHECK: llvm.mlir.constant(0 : i32)
  // CHECK: llvm.call %{{.*}}(%{{.*}}, %{{.*}}, %[[ROWS]], %{{.*}}, %[[LEFT]]) : !llvm.ptr, (!llvm.ptr, i32, !llvm.ptr, i64, i64) -> i32
  %all = schedule.overwrite @a with %rows rows %left
  schedule.return
}

// -----

// Memory for what a loop carries is the runtime's last service; its number, the
// sizes and what to call it go there.
// CHECK-LABEL: llvm.func hidden @strait_entry_grows(
// CHECK-SAME: %[[SERVICES:.*]]: !llvm.ptr, %[[STATE:.*]]: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: i32) -> i32
schedule.program @grows inputs [#schedule.tensor<"x" : tensor<?xf32>>] outputs [] {
  // CHECK: %[[N:.*]] = llvm.load %{{.*}} : !llvm.ptr -> i64
  %n = schedule.dim 0[0]
  %c0 = arith.constant 0 : index
  schedule.begin_run
  // CHECK: %[[WHAT:.*]] = llvm.mlir.addressof @[[TEXT:.*]] : !llvm.ptr
  // CHECK: %[[PLAN:.*]] = llvm.mlir.constant(3 : i32)
  // CHECK: %[[AT:.*]] = llvm.getelementptr %[[SERVICES]][104]
  // CHECK: %[[CALLEE:.*]] = llvm.load %[[AT]]
  // CHECK: %[[CODE:.*]] = llvm.call %[[CALLEE]](%[[STATE]], %[[PLAN]], %[[N]], %{{.*}}, %[[WHAT]], %[[SLOT:.*]]) : !llvm.ptr, (!llvm.ptr, i32, i64, i64, !llvm.ptr, !llvm.ptr) -> i32
  // CHECK: llvm.cond_br %{{.*}}, ^{{.*}}(%[[CODE]] : i32)
  // CHECK: llvm.load %[[SLOT]]
  // CHECK: llvm.mlir.global {{.*}} @[[TEXT]]("node 'loop', carried value 0\00")
  %b = schedule.grow 3 bytes %n kept %c0, "node 'loop', carried value 0"
  schedule.copy %b to %b bytes %n
  schedule.return
}

// -----

// The runtime says which code it took; service 12.
// CHECK-LABEL: llvm.func hidden @strait_entry_level(
// CHECK-SAME: %[[SERVICES:.*]]: !llvm.ptr, %[[STATE:.*]]: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: !llvm.ptr, %{{.*}}: i32) -> i32
schedule.program @level inputs [] outputs [#schedule.tensor<"y" : tensor<?xf32>>] {
  // CHECK: %[[AT:.*]] = llvm.getelementptr %[[SERVICES]][96]
  // CHECK: %[[CALLEE:.*]] = llvm.load %[[AT]]
  // CHECK: %[[LEVEL:.*]] = llvm.call %[[CALLEE]](%[[STATE]]) : !llvm.ptr, (!llvm.ptr) -> i32
  // CHECK: llvm.zext %[[LEVEL]] : i32 to i64
  %level = schedule.code_level
  schedule.output_dims 0[%level]
  schedule.begin_run
  schedule.return
}
