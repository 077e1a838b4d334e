// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --split-input-file --verify-diagnostics --strait-emit-model-tables=model-name=net | FileCheck %s

module attributes {strait.targets = [#strait.target<isa = avx512>]} {
schedule.blob @w0 at 64 = dense<1.0> : tensor<4xf32>
schedule.program @main inputs [#schedule.tensor<"x" : tensor<?x4xf32>, ["n", ""]>] outputs [] {
  %c1 = arith.constant 1 : index
  schedule.begin_run
  %slab = schedule.slab 1 bytes %c1
  schedule.launch @k tasks(%c1) scratch(%c1) writes(%slab) {flops = 5 : i64}
      loc(fused["conv1"("from.py":1:1), "relu1", "conv1"])
  schedule.return
}
}

// CHECK: llvm.mlir.global private unnamed_addr constant @strait.text.{{[0-9]+}}("x\00")
// CHECK: llvm.mlir.global private constant @strait.main.inputs()
// CHECK: llvm.mlir.addressof @strait.main.inputs.0.dims
// CHECK: llvm.func hidden @strait_entry_main(!llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr, i32) -> i32
// CHECK: llvm.mlir.global private constant @strait.entries()
// CHECK: llvm.mlir.addressof @strait_entry_main
// CHECK: llvm.func hidden @k(!llvm.ptr, !llvm.ptr, !llvm.ptr, i64, i64)
// CHECK: llvm.mlir.global private constant @strait.kernels()
// The second level holds the code, the first nothing.
// CHECK: llvm.mlir.zero
// CHECK: llvm.mlir.addressof @k
// CHECK: llvm.mlir.global private unnamed_addr constant @strait.text.{{[0-9]+}}("conv1;relu1\00")
// CHECK: llvm.mlir.global private constant @strait.launches()
// CHECK: llvm.mlir.constant(5 : i64)
// CHECK: llvm.mlir.global private unnamed_addr constant @strait.text.{{[0-9]+}}("net\00")
// CHECK: llvm.mlir.global external constant @strait_model()
// CHECK: llvm.mlir.constant(80 : i64)

// -----

// States with the capacity as extent, the axis of rows or -1, and their number.
module attributes {strait.targets = [#strait.target<isa = avx2>]} {
schedule.state @keys : tensor<8x?xf32> capacity 100
schedule.state @hidden : tensor<3xi64>
}
// CHECK: llvm.mlir.global private constant @strait.states.keys.dims()
// CHECK: llvm.mlir.constant(8 : i64)
// CHECK: llvm.mlir.constant(100 : i64)
// CHECK: llvm.mlir.global private constant @strait.states.hidden.dims()
// CHECK: llvm.mlir.constant(3 : i64)
// CHECK: llvm.mlir.global private constant @strait.states()
// CHECK: llvm.mlir.addressof @strait.states.keys.dims
// CHECK: llvm.mlir.constant(1 : i32)
// CHECK: llvm.mlir.addressof @strait.states.hidden.dims
// CHECK: llvm.mlir.constant(-1 : i32)
// CHECK: llvm.mlir.global external constant @strait_model()
// CHECK: llvm.mlir.addressof @strait.states

// -----

// Code for both levels: each has a symbol of its own.
// CHECK: llvm.func hidden @k(!llvm.ptr
// CHECK: llvm.func hidden @k.avx512(!llvm.ptr
// CHECK: llvm.mlir.global private constant @strait.kernels()
// CHECK: llvm.mlir.addressof @k :
// CHECK: llvm.mlir.addressof @k.avx512 :
module attributes {strait.targets = [#strait.target<isa = avx2>, #strait.target<isa = avx512>]} {
schedule.program @main inputs [] outputs [] {
  %c1 = arith.constant 1 : index
  schedule.begin_run
  schedule.launch @k tasks(%c1) scratch(%c1) writes()
  schedule.return
}
}

// -----

// GPUs have images, with the threads of each kernel's blocks, and a backend;
// the table of kernels counts their parameters.
// CHECK-LABEL: strait.targets = [#strait.target<isa = sm_80>, #strait.target<isa = sm_90a>]
// CHECK-NOT: llvm.func hidden @k(
// CHECK: llvm.mlir.global private constant @strait.kernels()
// CHECK: llvm.mlir.constant(2 : i32)
// CHECK: llvm.mlir.constant(1 : i32)
// CHECK: llvm.mlir.global external hidden constant @strait.image.sm_80() {{.*}} : i8
// CHECK: llvm.mlir.global private constant @strait.image.sm_80.threads()
// CHECK: llvm.mlir.constant(256 : i32)
// CHECK: llvm.mlir.global external hidden constant @strait.image.sm_90a() {{.*}} : i8
// CHECK: llvm.mlir.global private constant @strait.image.sm_90a.threads()
// CHECK: llvm.mlir.constant(384 : i32)
// CHECK: llvm.mlir.global private constant @strait.images()
// CHECK: llvm.mlir.constant(2 : i32)
// CHECK: llvm.mlir.addressof @strait.image.sm_80 :
// CHECK: llvm.mlir.addressof @strait.image.sm_80.threads
// CHECK: llvm.mlir.constant(3 : i32)
// CHECK: llvm.mlir.addressof @strait.image.sm_90a :
// CHECK: llvm.mlir.global external constant @strait_model()
// CHECK: llvm.mlir.addressof @strait.images
// CHECK: llvm.mlir.addressof @strait_cuda_backend
module attributes {strait.targets = [#strait.target<isa = sm_80>, #strait.target<isa = sm_90a>]} {
schedule.program @main inputs [#schedule.tensor<"x" : tensor<?xf32>, ["n"]>] outputs [] {
  %c1 = arith.constant 1 : index
  %n = schedule.dim 0[0]
  schedule.begin_run
  %x = schedule.input 0
  %slab = schedule.slab 1 bytes %c1
  schedule.launch @k tasks(%c1) scratch(%c1) sizes(%n) reads(%x) writes(%slab)
  schedule.return
}
module @kernels_0 {
  func.func private @k__body() attributes {nvvm.reqntid = array<i32: 256>}
}
module @kernels_0.sm_90a {
  func.func private @k.sm_90a__body() attributes {nvvm.reqntid = array<i32: 384>}
}
}

// -----

// A program that launches nothing needs no device.
// CHECK-LABEL: strait.targets = [#strait.target<isa = sm_80>]
// CHECK-NOT: strait_cuda_backend
module attributes {strait.targets = [#strait.target<isa = sm_80>]} {
schedule.program @main inputs [] outputs [] {
  schedule.begin_run
  schedule.return
}
}

// -----

module attributes {strait.targets = [#strait.target<isa = sm_80>]} {
schedule.program @negative_image inputs [] outputs [] {
  %c1 = arith.constant 1 : index
  schedule.begin_run
  // expected-error @below {{expected @k__body in a nested module with 'nvvm.reqntid', which strait-lower-kernels-to-cuda makes}}
  schedule.launch @k tasks(%c1) scratch(%c1) writes()
  schedule.return
}
}

// -----

// @negative_target: nobody said what the code is for.
// expected-error @below {{expected 'strait.targets' on the module, where the compiler puts it}}
module {
}

// -----

module attributes {strait.targets = [#strait.target<isa = avx2>]} {
schedule.program @negative_type inputs [] outputs [] {
  %c1 = arith.constant 1 : index
  schedule.begin_run
  schedule.launch @k tasks(%c1) scratch(%c1) writes()
  schedule.return
}
// expected-error @below {{'kernel.func' op expected kernels in nested modules, where strait-split-kernels puts them}}
kernel.func @k inputs 1 shapes([affine_map<() -> (4)>] -> [affine_map<() -> (4)>]) {
^bb0(%0: tensor<4xf32>):
  kernel.yield %0 : tensor<4xf32>
}
}

// -----

module attributes {strait.targets = [#strait.target<isa = avx2>]} {
// expected-error @below {{expected an element type of strait_dtype for 'x', found 'f8E4M3FN'}}
schedule.program @negative_dtype inputs [#schedule.tensor<"x" : tensor<4xf8E4M3FN>>] outputs [] {
  schedule.begin_run
  schedule.return
}
}

// -----

module attributes {strait.targets = [#strait.target<isa = avx2>]} {
schedule.blob @a at 0 = dense<1.0> : tensor<40xf32>
// expected-error @below {{'schedule.blob' op expected an offset of at least 160 after the blobs before it, found 64}}
schedule.blob @b at 64 = dense<1.0> : tensor<4xf32>
}
