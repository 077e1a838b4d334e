// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s | strait-opt | FileCheck %s
// RUN: strait-opt %s --mlir-print-op-generic | strait-opt | FileCheck %s

// CHECK: schedule.blob @w0 at 128 = dense<1.000000e+00> : tensor<4xf32>
schedule.blob @w0 at 128 = dense<1.0> : tensor<4xf32>

// CHECK: schedule.state @keys : tensor<8x?x64xf32> capacity 2048
schedule.state @keys : tensor<8x?x64xf32> capacity 2048
// CHECK: schedule.state @hidden : tensor<1x256xf32>
schedule.state @hidden : tensor<1x256xf32>

// CHECK-LABEL: schedule.program @states
schedule.program @states inputs [#schedule.tensor<"x" : tensor<8x?x64xf32>>] outputs [] {
  %c1 = arith.constant 1 : index
  %k = schedule.dim 0[1]
  schedule.begin_run
  %x = schedule.input 0
  // CHECK: %[[B:.*]], %[[N:.*]] = schedule.held @keys
  %b, %n = schedule.held @keys
  // CHECK: %[[M:.*]] = schedule.rotate @keys by %{{.*}} held %[[N]]
  %m = schedule.rotate @keys by %c1 held %n
  // CHECK: schedule.append %{{.*}} rows %{{.*}} to @keys at %[[M]]
  %l = schedule.append %x rows %k to @keys at %m
  // CHECK: schedule.overwrite @hidden with %{{.*}} rows
  %o = schedule.overwrite @hidden with %x rows %c1
  schedule.return
}

// CHECK-LABEL: schedule.program @main
// CHECK-SAME: inputs [#schedule.tensor<"x" : tensor<?x4xf32>, ["n", ""]>]
// CHECK-SAME: outputs [#schedule.tensor<"y" : tensor<?x4xf32>>]
schedule.program @main
    inputs [#schedule.tensor<"x" : tensor<?x4xf32>, ["n", ""]>]
    outputs [#schedule.tensor<"y" : tensor<?x4xf32>>] {
  // CHECK: %[[N:.*]] = schedule.dim 0[0]
  %n = schedule.dim 0[0]
  // CHECK: schedule.code_level
  %level = schedule.code_level
  %c4 = arith.constant 4 : index
  // CHECK: schedule.check %[[N]] equals %[[C4:.*]], "input 'x', axis 0"
  schedule.check %n equals %c4, "input 'x', axis 0"
  // CHECK: schedule.check %[[N]] at_least %[[C4]], "a"
  schedule.check %n at_least %c4, "a"
  // CHECK: schedule.check %[[N]] one_or %[[C4]], "b"
  schedule.check %n one_or %c4, "b"
  // CHECK: schedule.output_dims 0[%[[N]], %[[C4]]]
  schedule.output_dims 0[%n, %c4]
  // CHECK: schedule.begin_run
  schedule.begin_run
  // CHECK: %[[X:.*]] = schedule.input 0
  %x = schedule.input 0
  // CHECK: %[[Y:.*]] = schedule.output 0
  %y = schedule.output 0
  // CHECK: %[[W:.*]] = schedule.weight @w0
  %w = schedule.weight @w0
  // CHECK: %[[A:.*]] = schedule.allocate %[[N]]
  %a = schedule.allocate %n
  // CHECK: %[[SLAB:.*]] = schedule.slab 0 bytes %[[C4]]
  %slab = schedule.slab 0 bytes %c4
  // CHECK: %[[BASE:.*]], %[[O:.*]]:2 = schedule.plan 1 sizes(%[[N]], %[[C4]]) lifetimes [0, 1, 1, 2]
  %base, %o:2 = schedule.plan 1 sizes(%n, %c4) lifetimes [0, 1, 1, 2]
  // CHECK: schedule.grow 2 bytes %[[N]] kept %[[C4]], "node 'loop'"
  %grown = schedule.grow 2 bytes %n kept %c4, "node 'loop'"
  // CHECK: %[[B:.*]] = schedule.buffer %[[BASE]][%[[O]]#1] bytes %[[C4]]
  %b = schedule.buffer %base[%o#1] bytes %c4
  // CHECK: schedule.view %[[B]][%[[N]]]
  %v = schedule.view %b[%n]
  // CHECK: schedule.launch @k tasks(%[[N]]) scratch(%[[C4]]) sizes(%[[N]]) reads(%[[X]], %[[W]]) writes(%[[A]]) {flops = 7 : i64}
  schedule.launch @k tasks(%n) scratch(%c4) sizes(%n) reads(%x, %w) writes(%a) {flops = 7 : i64}
  // CHECK: schedule.launch @none tasks(%[[N]]) scratch(%[[C4]]) writes(%[[A]])
  schedule.launch @none tasks(%n) scratch(%c4) writes(%a)
  // CHECK: schedule.copy %[[A]] to %[[Y]] bytes %[[N]]
  schedule.copy %a to %y bytes %n
  // CHECK: %[[GO:.*]] = schedule.read %[[A]][%[[N]]] : i1
  %go = schedule.read %a[%n] : i1
  // CHECK: schedule.write %[[GO]] to %[[A]][%[[N]]] : i1
  schedule.write %go to %a[%n] : i1
  // CHECK: schedule.if %[[GO]] -> !schedule.buffer, index {
  // CHECK-NEXT: schedule.yield %[[A]], %[[N]] : !schedule.buffer, index
  // CHECK-NEXT: } else {
  // CHECK-NEXT: schedule.yield %[[B]], %[[C4]] : !schedule.buffer, index
  %r:2 = schedule.if %go -> !schedule.buffer, index {
    schedule.yield %a, %n : !schedule.buffer, index
  } else {
    schedule.yield %b, %c4 : !schedule.buffer, index
  }
  // CHECK: schedule.if %[[GO]] {
  schedule.if %go {
    schedule.yield
  } else {
    schedule.yield
  }
  // CHECK: schedule.loop %[[N]] while %[[GO]] carried(%[[C4]]) : index {
  // CHECK-NEXT: ^bb0(%[[I:.*]]: index, %{{.*}}: index):
  // CHECK-NEXT: schedule.yield %[[GO]], %[[I]] : i1, index
  %last = schedule.loop %n while %go carried(%c4) : index {
  ^bb0(%i: index, %count: index):
    schedule.yield %go, %i : i1, index
  }
  // CHECK: schedule.return
  schedule.return
}
