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
  // CHECK: %[[BYTES:.*]] = arith.muli %[[N]], %c32
  // CHECK: %[[TASKS:.*]] = arith.ceildivsi %[[N]], %c4
  // CHECK: %[[SCRATCH:.*]] = arith.muli %[[N]], %c64
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
