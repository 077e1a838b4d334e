// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --pass-pipeline='builtin.module(schedule.program(strait-plan-memory))' --verify-diagnostics

// expected-error @below {{expected intermediate tensors that fit in memory: their sizes overflow}}
schedule.program @overflow inputs [] outputs [] {
  %c0 = arith.constant 0 : index
  %huge = arith.constant 9223372036854775807 : index
  schedule.begin_run
  %a = schedule.allocate %huge
  schedule.launch @k tasks(%c0) scratch(%c0) writes(%a)
  schedule.return
}
