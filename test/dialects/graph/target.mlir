// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: strait-opt %s --split-input-file --verify-diagnostics | strait-opt --split-input-file | FileCheck %s

// What is not said is what every machine has.
// CHECK: module attributes {strait.targets = [#strait.target<isa = avx2>, #strait.target<isa = avx512, l1 = 49152, cores = 8>]}
module attributes {strait.targets = [#strait.target<isa = avx2, l3 = 16777216>,
                                     #strait.target<isa = avx512, l1 = 49152, cores = 8>]} {
}

// -----

// @negative_caches (1)
// expected-error @below {{expected caches that grow with their level, found 32768, 1024 and 16777216 bytes}}
module attributes {strait.targets = [#strait.target<isa = avx2, l2 = 1024>]} {
}

// -----

// @negative_cores (1)
// expected-error @below {{expected at least one core, found 0}}
module attributes {strait.targets = [#strait.target<isa = avx2, cores = 0>]} {
}

// -----

// @negative_order (2)
// expected-error @below {{expected targets from the lowest instruction set to the highest, found avx2 before avx2}}
module attributes {strait.targets = [#strait.target<isa = avx2>, #strait.target<isa = avx2>]} {
}

// -----

// GPUs are targets too.
// CHECK: module attributes {strait.targets = [#strait.target<isa = sm_80, l1 = 166912, l2 = 41943040, l3 = 41943040, cores = 108>, #strait.target<isa = sm_90a>]}
module attributes {strait.targets = [#strait.target<isa = sm_80, l1 = 166912, l2 = 41943040, l3 = 41943040, cores = 108>,
                                     #strait.target<isa = sm_90a>]} {
}

// -----

// @negative_mixed (2)
// expected-error @below {{expected targets of CPUs or of GPUs, found avx2 beside sm_80}}
module attributes {strait.targets = [#strait.target<isa = avx2>, #strait.target<isa = sm_80>]} {
}

// -----

// @negative_empty (2)
// expected-error @below {{expected 'strait.targets' to list #strait.target, found []}}
module attributes {strait.targets = []} {
}

// -----

// @negative_place (2)
// expected-error @below {{expected 'strait.targets' on modules only}}
func.func private @f() attributes {strait.targets = [#strait.target<isa = avx2>]}
