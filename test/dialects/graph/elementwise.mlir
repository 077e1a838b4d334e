// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every elementwise op keeps its operand's shape, which an open result gets.
// RUN: strait-opt %s --split-input-file --verify-diagnostics --strait-infer-shapes | FileCheck %s

// CHECK-LABEL: @unary
func.func @unary(%x: tensor<2x3xf32>, %p: tensor<2x3xi1>, %i: tensor<2x3xi32>) {
  // CHECK: strait.abs {{.*}} -> tensor<2x3xf32>
  %0 = strait.abs %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.acos {{.*}} -> tensor<2x3xf32>
  %1 = strait.acos %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.acosh {{.*}} -> tensor<2x3xf32>
  %2 = strait.acosh %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.asin {{.*}} -> tensor<2x3xf32>
  %3 = strait.asin %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.asinh {{.*}} -> tensor<2x3xf32>
  %4 = strait.asinh %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.atan {{.*}} -> tensor<2x3xf32>
  %5 = strait.atan %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.atanh {{.*}} -> tensor<2x3xf32>
  %6 = strait.atanh %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.ceil {{.*}} -> tensor<2x3xf32>
  %7 = strait.ceil %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.cos {{.*}} -> tensor<2x3xf32>
  %8 = strait.cos %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.cosh {{.*}} -> tensor<2x3xf32>
  %9 = strait.cosh %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.erf {{.*}} -> tensor<2x3xf32>
  %10 = strait.erf %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.exp {{.*}} -> tensor<2x3xf32>
  %11 = strait.exp %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.floor {{.*}} -> tensor<2x3xf32>
  %12 = strait.floor %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.hard_swish {{.*}} -> tensor<2x3xf32>
  %13 = strait.hard_swish %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.log {{.*}} -> tensor<2x3xf32>
  %14 = strait.log %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.mish {{.*}} -> tensor<2x3xf32>
  %15 = strait.mish %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.reciprocal {{.*}} -> tensor<2x3xf32>
  %16 = strait.reciprocal %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.round {{.*}} -> tensor<2x3xf32>
  %17 = strait.round %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.rsqrt {{.*}} -> tensor<2x3xf32>
  %18 = strait.rsqrt %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.sigmoid {{.*}} -> tensor<2x3xf32>
  %19 = strait.sigmoid %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.sign {{.*}} -> tensor<2x3xf32>
  %20 = strait.sign %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.silu {{.*}} -> tensor<2x3xf32>
  %21 = strait.silu %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.sin {{.*}} -> tensor<2x3xf32>
  %22 = strait.sin %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.sinh {{.*}} -> tensor<2x3xf32>
  %23 = strait.sinh %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.softplus {{.*}} -> tensor<2x3xf32>
  %24 = strait.softplus %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.softsign {{.*}} -> tensor<2x3xf32>
  %25 = strait.softsign %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.sqrt {{.*}} -> tensor<2x3xf32>
  %26 = strait.sqrt %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.tan {{.*}} -> tensor<2x3xf32>
  %27 = strait.tan %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.tanh {{.*}} -> tensor<2x3xf32>
  %28 = strait.tanh %x : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.celu {{.*}} -> tensor<2x3xf32>
  %29 = strait.celu %x alpha(1.0) : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.elu {{.*}} -> tensor<2x3xf32>
  %30 = strait.elu %x alpha(1.0) : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.thresholded_relu {{.*}} -> tensor<2x3xf32>
  %31 = strait.thresholded_relu %x alpha(1.0) : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.hard_sigmoid {{.*}} -> tensor<2x3xf32>
  %32 = strait.hard_sigmoid %x alpha(2.0e-01) beta(5.0e-01) : (tensor<2x3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.is_nan {{.*}} -> tensor<2x3xi1>
  %33 = strait.is_nan %x : (tensor<2x3xf32>) -> tensor<?x?xi1>
  // CHECK: strait.not {{.*}} -> tensor<2x3xi1>
  %34 = strait.not %p : (tensor<2x3xi1>) -> tensor<?x?xi1>
  // CHECK: strait.bit_not {{.*}} -> tensor<2x3xi32>
  %35 = strait.bit_not %i : (tensor<2x3xi32>) -> tensor<?x?xi32>
  return
}

// -----

// Shapes broadcast.
// CHECK-LABEL: @binary
func.func @binary(%x: tensor<2x1xf32>, %y: tensor<3xf32>, %p: tensor<2x1xi1>, %q: tensor<3xi1>, %i: tensor<2x1xi32>, %j: tensor<3xi32>) {
  // CHECK: strait.div {{.*}} -> tensor<2x3xf32>
  %0 = strait.div %x, %y : (tensor<2x1xf32>, tensor<3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.max {{.*}} -> tensor<2x3xf32>
  %1 = strait.max %x, %y : (tensor<2x1xf32>, tensor<3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.min {{.*}} -> tensor<2x3xf32>
  %2 = strait.min %x, %y : (tensor<2x1xf32>, tensor<3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.mul {{.*}} -> tensor<2x3xf32>
  %3 = strait.mul %x, %y : (tensor<2x1xf32>, tensor<3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.pow {{.*}} -> tensor<2x3xf32>
  %4 = strait.pow %x, %y : (tensor<2x1xf32>, tensor<3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.sub {{.*}} -> tensor<2x3xf32>
  %5 = strait.sub %x, %y : (tensor<2x1xf32>, tensor<3xf32>) -> tensor<?x?xf32>
  // CHECK: strait.and {{.*}} -> tensor<2x3xi1>
  %6 = strait.and %p, %q : (tensor<2x1xi1>, tensor<3xi1>) -> tensor<?x?xi1>
  // CHECK: strait.or {{.*}} -> tensor<2x3xi1>
  %7 = strait.or %p, %q : (tensor<2x1xi1>, tensor<3xi1>) -> tensor<?x?xi1>
  // CHECK: strait.xor {{.*}} -> tensor<2x3xi1>
  %8 = strait.xor %p, %q : (tensor<2x1xi1>, tensor<3xi1>) -> tensor<?x?xi1>
  // CHECK: strait.bit_and {{.*}} -> tensor<2x3xi32>
  %9 = strait.bit_and %i, %j : (tensor<2x1xi32>, tensor<3xi32>) -> tensor<?x?xi32>
  // CHECK: strait.bit_or {{.*}} -> tensor<2x3xi32>
  %10 = strait.bit_or %i, %j : (tensor<2x1xi32>, tensor<3xi32>) -> tensor<?x?xi32>
  // CHECK: strait.bit_xor {{.*}} -> tensor<2x3xi32>
  %11 = strait.bit_xor %i, %j : (tensor<2x1xi32>, tensor<3xi32>) -> tensor<?x?xi32>
  return
}

// -----

func.func @negative_exp_of_bool(%x: tensor<2xi1>) {
  // expected-error @below {{op operand #0 must be tensor of floating-point values}}
  %0 = strait.exp %x : (tensor<2xi1>) -> tensor<2xi1>
  return
}

// -----

func.func @negative_not_of_float(%x: tensor<2xf32>) {
  // expected-error @below {{op operand #0 must be tensor of 1-bit signless integer values}}
  %0 = strait.not %x : (tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @negative_bits_of_float(%x: tensor<2xf32>) {
  // expected-error @below {{op operand #0 must be tensor of integer values}}
  %0 = strait.bit_and %x, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @negative_two_types(%x: tensor<2xf32>, %y: tensor<2xf64>) {
  // expected-error @below {{op expected one element type, got 'f32' and 'f64'}}
  %0 = strait.mul %x, %y : (tensor<2xf32>, tensor<2xf64>) -> tensor<2xf32>
  return
}

// -----

func.func @negative_other_shape(%x: tensor<2x3xf32>) {
  // expected-error @below {{op expected a result like 'tensor<2x3xf32>', got 'tensor<2x4xf32>'}}
  %0 = strait.abs %x : (tensor<2x3xf32>) -> tensor<2x4xf32>
  return
}
