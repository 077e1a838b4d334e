// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --split-input-file --strait-build-schedule --cse | FileCheck %s
#shape = affine_map<()[s0] -> (s0, 8)>

// Static dims are checked, dims of one name compared; equal weights are one
// blob; results of launches are written in place, also through a reshape; a
// weight that is returned is copied.
// CHECK: schedule.blob @w0 at 0 = dense<1.000000e+00> : tensor<8xf32>
// CHECK-NOT: schedule.blob
// CHECK-LABEL: schedule.program @main
// CHECK-SAME: inputs [#schedule.tensor<"x" : tensor<?x8xf32>, ["n", ""]>, #schedule.tensor<"z" : tensor<?xf32>, ["n"]>]
// CHECK-SAME: outputs [#schedule.tensor<"y" : tensor<?xf32>>, #schedule.tensor<"output1" : tensor<8xf32>>]
kernel.func @k inputs 2 shapes([#shape, affine_map<()[s0] -> (8)>] -> [#shape])
    attributes {tasks = affine_map<()[s0] -> (s0 ceildiv 4)>, scratch = affine_map<()[s0] -> (s0 * 64)>} {
^bb0(%0: tensor<?x8xf32>, %w: tensor<8xf32>, %s: index):
  kernel.yield %0 : tensor<?x8xf32>
}
func.func @main(%x: tensor<?x8xf32> {strait.name = "x", strait.dim_names = ["n", ""]},
                %z: tensor<?xf32> {strait.name = "z", strait.dim_names = ["n"]})
    -> (tensor<?xf32> {strait.name = "y"}, tensor<8xf32>) {
  // CHECK: %[[N:.*]] = schedule.dim 0[0]
  // CHECK: %[[D:.*]] = schedule.dim 0[1]
  // CHECK: schedule.check %[[D]] equals %[[C8:.*]], "input 'x', axis 1"
  // CHECK: %[[M:.*]] = schedule.dim 1[0]
  // CHECK: schedule.check %[[M]] equals %[[N]], "input 'z', axis 0 ('n')"
  // CHECK: %[[TASKS:.*]] = arith.ceildivsi %[[N]], %c4
  // CHECK: %[[SCRATCH:.*]] = arith.muli %[[N]], %c64
  // CHECK: %[[BYTES:.*]] = arith.muli %[[N]], %c32
  // CHECK: %[[FLAT:.*]] = arith.muli %[[N]], %[[C8]]
  // CHECK: schedule.output_dims 0[%[[FLAT]]]
  // CHECK: schedule.output_dims 1[%[[C8]]]
  // CHECK: schedule.begin_run
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x8xf32>
  %w = strait.weight dense<1.0> : tensor<8xf32>
  %same = strait.weight dense<[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]> : tensor<8xf32>
  // CHECK: %[[A:.*]] = schedule.allocate %[[BYTES]]
  // CHECK: schedule.launch @k tasks(%[[TASKS]]) scratch(%[[SCRATCH]]) sizes(%[[N]]) reads(%{{.*}}, %[[W:.*]]) writes(%[[A]])
  %a = kernel.launch @k ins(%x, %w : tensor<?x8xf32>, tensor<8xf32>) sizes(%n) shapes [#shape] -> (tensor<?x8xf32>)
  // CHECK: %[[Y:.*]] = schedule.output 0
  // CHECK: schedule.launch @k {{.*}} reads(%[[A]], %[[W]]) writes(%[[Y]])
  %b = kernel.launch @k ins(%a, %same : tensor<?x8xf32>, tensor<8xf32>) sizes(%n) shapes [#shape] -> (tensor<?x8xf32>)
  %n8 = affine.apply affine_map<()[s0] -> (s0 * 8)>()[%n]
  %r = kernel.reshape %b sizes(%n8) : tensor<?x8xf32> -> tensor<?xf32>
  // CHECK: %[[O:.*]] = schedule.output 1
  // CHECK: schedule.copy %[[W]] to %[[O]] bytes %c32
  return %r, %w : tensor<?xf32>, tensor<8xf32>
}

// -----

// A size read from data: the query tells -1, the run the real size before it
// asks for the output.
#count = affine_map<()[s0] -> (s0)>
kernel.func @fill inputs 0 shapes([] -> [#count]) attributes {tasks = #count} {
^bb0(%s: index):
  %0 = tensor.empty(%s) : tensor<?xf32>
  kernel.yield %0 : tensor<?xf32>
}
// CHECK-LABEL: schedule.program @data_dependent
func.func @data_dependent(%x: tensor<i64>) -> tensor<?xf32> {
  // CHECK: schedule.output_dims 0[%c-1]
  // CHECK: schedule.begin_run
  // CHECK: %[[READ:.*]] = schedule.read %{{.*}}[%c0] : i64
  // CHECK: %[[N:.*]] = arith.index_cast %[[READ]]
  %v = tensor.extract %x[] : tensor<i64>
  %n = arith.index_cast %v : i64 to index
  // CHECK: schedule.output_dims 0[%[[N]]]
  // CHECK: %[[Y:.*]] = schedule.output 0
  // CHECK: schedule.launch @fill {{.*}} writes(%[[Y]])
  %y = kernel.launch @fill sizes(%n) shapes [#count] -> (tensor<?xf32>)
  return %y : tensor<?xf32>
}

// -----

// One launch returned twice: the second output is a copy of the first.
#one = affine_map<() -> (4)>
kernel.func @k inputs 1 shapes([#one] -> [#one]) attributes {tasks = affine_map<() -> (1)>} {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
// CHECK-LABEL: schedule.program @negative_in_place_once
func.func @negative_in_place_once(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK: %[[Y:.*]] = schedule.output 0
  // CHECK: schedule.launch @k {{.*}} writes(%[[Y]])
  // CHECK: %[[Z:.*]] = schedule.output 1
  // CHECK: schedule.copy %[[Y]] to %[[Z]] bytes %c16
  %y = kernel.launch @k ins(%x : tensor<4xf32>) shapes [#one] -> (tensor<4xf32>)
  return %y, %y : tensor<4xf32>, tensor<4xf32>
}

// -----

// A slice is a view; a join is one buffer into which its launches write.
#row = affine_map<()[s0] -> (s0, 16)>
kernel.func @k inputs 1 shapes([#row] -> [#row]) attributes {tasks = affine_map<()[s0] -> (s0)>} {
^bb0(%0: tensor<?x16xf32>, %s: index):
  kernel.yield %0 : tensor<?x16xf32>
}
// CHECK-LABEL: schedule.program @views
func.func @views(%x: tensor<?x16xf32>, %z: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  %n = tensor.dim %x, %c0 : tensor<?x16xf32>
  %m = tensor.dim %z, %c0 : tensor<?x16xf32>
  %cut = affine.apply affine_map<()[s0] -> (s0 - 2)>()[%n]
  %sum = affine.apply affine_map<()[s0, s1] -> (s0 + s1)>()[%cut, %m]
  // CHECK: %[[N:.*]] = schedule.dim 0[0]
  // CHECK: %[[CUT:.*]] = arith.addi %[[N]], %c-2
  // CHECK: %[[FIRST:.*]] = arith.muli %[[CUT]], %c64
  // CHECK: schedule.begin_run
  // CHECK: %[[X:.*]] = schedule.input 0
  // CHECK: %[[Z:.*]] = schedule.input 1
  // CHECK: %[[V:.*]] = schedule.view %[[X]][%c128]
  %v = kernel.slice %x from %c32 sizes(%cut) : tensor<?x16xf32> -> tensor<?x16xf32>
  // CHECK: %[[JOIN:.*]] = schedule.allocate
  // CHECK: %[[A:.*]] = schedule.view %[[JOIN]][%c0]
  // CHECK: %[[B:.*]] = schedule.view %[[JOIN]][%[[FIRST]]]
  // CHECK: schedule.launch @k {{.*}} reads(%[[V]]) writes(%[[A]])
  %a = kernel.launch @k ins(%v : tensor<?x16xf32>) sizes(%cut) shapes [#row] -> (tensor<?x16xf32>)
  // CHECK: schedule.launch @k {{.*}} reads(%[[Z]]) writes(%[[B]])
  %b = kernel.launch @k ins(%z : tensor<?x16xf32>) sizes(%m) shapes [#row] -> (tensor<?x16xf32>)
  // CHECK-NOT: schedule.copy
  %j = kernel.join %a, %b sizes(%sum) : tensor<?x16xf32>, tensor<?x16xf32> -> tensor<?x16xf32>
  // CHECK: schedule.launch @k {{.*}} reads(%[[JOIN]])
  %y = kernel.launch @k ins(%j : tensor<?x16xf32>) sizes(%sum) shapes [#row] -> (tensor<?x16xf32>)
  return %y : tensor<?x16xf32>
}

// -----

// A join that is returned lies in the output.
#row = affine_map<() -> (16)>
kernel.func @k inputs 1 shapes([#row] -> [#row]) attributes {tasks = affine_map<() -> (1)>} {
^bb0(%0: tensor<16xf32>):
  kernel.yield %0 : tensor<16xf32>
}
// CHECK-LABEL: schedule.program @join_in_output
func.func @join_in_output(%x: tensor<16xf32>) -> tensor<2x16xf32> {
  // CHECK: %[[Y:.*]] = schedule.output 0
  // CHECK: %[[A:.*]] = schedule.view %[[Y]][%c0]
  // CHECK: %[[B:.*]] = schedule.view %[[Y]][%c64]
  // CHECK: schedule.launch {{.*}} writes(%[[A]])
  // CHECK: schedule.launch {{.*}} reads(%[[A]]) writes(%[[B]])
  // CHECK-NEXT: schedule.return
  %a = kernel.launch @k ins(%x : tensor<16xf32>) shapes [#row] -> (tensor<16xf32>)
  %b = kernel.launch @k ins(%a : tensor<16xf32>) shapes [#row] -> (tensor<16xf32>)
  %j = kernel.join %a, %b : tensor<16xf32>, tensor<16xf32> -> tensor<2x16xf32>
  return %j : tensor<2x16xf32>
}

// -----

// What has its place elsewhere is copied into a join: an input, an output, a
// piece of another join, the second of two equal pieces, a slice.
#row = affine_map<() -> (16)>
#rows = affine_map<() -> (2, 16)>
kernel.func @k inputs 1 shapes([#row] -> [#row]) attributes {tasks = affine_map<() -> (1)>} {
^bb0(%0: tensor<16xf32>):
  kernel.yield %0 : tensor<16xf32>
}
// CHECK-LABEL: schedule.program @negative_placed_elsewhere
func.func @negative_placed_elsewhere(%x: tensor<16xf32>)
    -> (tensor<16xf32>, tensor<2x16xf32>, tensor<3x16xf32>, tensor<2x16xf32>) {
  // CHECK: %[[X:.*]] = schedule.input 0
  // CHECK: %[[O:.*]] = schedule.output 0
  %a = kernel.launch @k ins(%x : tensor<16xf32>) shapes [#row] -> (tensor<16xf32>)
  // CHECK: %[[J1:.*]] = schedule.output 1
  // CHECK: %[[B:.*]] = schedule.view %[[J1]][%c64]
  %b = kernel.launch @k ins(%a : tensor<16xf32>) shapes [#row] -> (tensor<16xf32>)
  // CHECK: %[[O_IN_J1:.*]] = schedule.view %[[J1]][%c0]
  // CHECK: schedule.copy %[[O]] to %[[O_IN_J1]] bytes %c64
  %j1 = kernel.join %a, %b : tensor<16xf32>, tensor<16xf32> -> tensor<2x16xf32>
  // CHECK: %[[J2:.*]] = schedule.output 2
  // CHECK: schedule.copy %[[X]] to
  // CHECK: schedule.copy %[[B]] to
  // CHECK: schedule.copy %[[B]] to
  %j2 = kernel.join %x, %b, %b : tensor<16xf32>, tensor<16xf32>, tensor<16xf32> -> tensor<3x16xf32>
  %c16 = arith.constant 16 : index
  %s = kernel.slice %j1 from %c16 : tensor<2x16xf32> -> tensor<16xf32>
  // CHECK: %[[J3:.*]] = schedule.output 3
  // CHECK: %[[C:.*]] = schedule.view %[[J3]][%c0]
  // CHECK: schedule.launch {{.*}} writes(%[[C]])
  // CHECK: schedule.copy %[[B]] to
  %c = kernel.launch @k ins(%b : tensor<16xf32>) shapes [#row] -> (tensor<16xf32>)
  %j3 = kernel.join %c, %s : tensor<16xf32>, tensor<16xf32> -> tensor<2x16xf32>
  return %a, %j1, %j2, %j3 : tensor<16xf32>, tensor<2x16xf32>, tensor<3x16xf32>, tensor<2x16xf32>
}

// -----

// A check of sizes goes before the run; one of data stays where the data is
// known; one in a branch, which may not be taken, stays there.
// CHECK-LABEL: schedule.program @checks
func.func @checks(%x: tensor<?xf32>, %n: tensor<i64>, %c: tensor<i1>) {
  // CHECK: %[[N:.*]] = schedule.dim 0[0]
  // CHECK: schedule.check %[[N]] at_least %c2, "node 'a', its size"
  // CHECK: schedule.begin_run
  // CHECK: schedule.read
  // CHECK: schedule.check %{{.*}} one_or %[[N]], "node 'b', its size"
  // CHECK: schedule.if
  // CHECK: schedule.check %[[N]] equals %c3, "node 'c', its size"
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %size = tensor.dim %x, %c0 : tensor<?xf32>
  schedule.check %size at_least %c2, "node 'a', its size"
  %v = tensor.extract %n[] : tensor<i64>
  %data = arith.index_cast %v : i64 to index
  schedule.check %data one_or %size, "node 'b', its size"
  strait.if %c : (tensor<i1>) -> () {
    schedule.check %size equals %c3, "node 'c', its size"
    strait.yield
  } else {
    strait.yield
  }
  return
}

// -----

#one = affine_map<()[s0] -> (s0)>
#half = affine_map<()[s0] -> (s0 ceildiv 2)>
#none = affine_map<()[s0] -> (0)>
// Two targets cut the kernel differently; the scratch is the same for both.
module attributes {strait.targets = [#strait.target<isa = avx2>, #strait.target<isa = avx512>]} {
kernel.func @k inputs 1 shapes([#one] -> [#one]) attributes {tasks = #one, scratch = #none, tile = {},
    versions = [{tasks = #half, scratch = #none, tile = {}}]} {
^bb0(%0: tensor<?xf32>, %s: index):
  kernel.yield %0 : tensor<?xf32>
}
// CHECK-LABEL: schedule.program @levels
func.func @levels(%x: tensor<?xf32>) -> tensor<?xf32> {
  // CHECK: %[[N:.*]] = schedule.dim 0[0]
  // CHECK: %[[HALF:.*]] = arith.ceildivsi %[[N]], %c2
  // CHECK: %[[LEVEL:.*]] = schedule.code_level
  // CHECK: %[[REACHED:.*]] = arith.cmpi uge, %[[LEVEL]], %c1
  // CHECK: %[[TASKS:.*]] = arith.select %[[REACHED]], %[[HALF]], %[[N]] : index
  // CHECK: schedule.begin_run
  // CHECK: schedule.launch @k tasks(%[[TASKS]]) scratch(%c0{{.*}}) sizes(%[[N]])
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %y = kernel.launch @k ins(%x : tensor<?xf32>) sizes(%n) shapes [#one] -> (tensor<?xf32>)
  return %y : tensor<?xf32>
}
}
