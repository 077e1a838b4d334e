// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// C = A B of f16 with sums in f32, all row-major, as nvcc compiles it: two
// stages of cp.async, ldmatrix with and without .trans, mma.sync. A block of
// four warps computes 64x64 of C. Product.ptx is
//   nvcc -ptx -arch=sm_80 -lineinfo Product.cu
#include <cuda_fp16.h>

static __device__ unsigned sharedAddress(const void *place) {
  return unsigned(__cvta_generic_to_shared(place));
}

extern "C" __global__ void product(const __half *A, const __half *B, float *C,
                                   int K, int N) {
  __shared__ __align__(16) __half a[2][64][40], b[2][32][72];
  int thread = threadIdx.x, warp = thread / 32, lane = thread % 32;
  A += blockIdx.y * 64 * size_t(K);
  B += blockIdx.x * 64;
  C += blockIdx.y * 64 * size_t(N) + blockIdx.x * 64;
  float sums[8][4] = {};
  auto load = [&](int stage, int k) {
    for (int i = thread; i < 64 * 4; i += 128) {
      int row = i / 4, column = i % 4 * 8;
      asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(
                       sharedAddress(&a[stage][row][column])),
                   "l"(A + size_t(row) * K + k + column));
    }
    for (int i = thread; i < 32 * 8; i += 128) {
      int row = i / 8, column = i % 8 * 8;
      asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(
                       sharedAddress(&b[stage][row][column])),
                   "l"(B + size_t(k + row) * N + column), "r"(16));
    }
    asm volatile("cp.async.commit_group;");
  };
  load(0, 0);
  for (int k = 0, stage = 0; k < K; k += 32, stage ^= 1) {
    if (k + 32 < K) {
      load(stage ^ 1, k + 32);
      asm volatile("cp.async.wait_group 1;");
    } else {
      asm volatile("cp.async.wait_all;");
    }
    __syncthreads();
    for (int kk = 0; kk < 32; kk += 16) {
      unsigned x[4];
      asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 "
                   "{%0, %1, %2, %3}, [%4];"
                   : "=r"(x[0]), "=r"(x[1]), "=r"(x[2]), "=r"(x[3])
                   : "r"(sharedAddress(
                       &a[stage][warp * 16 + lane % 16][kk + lane / 16 * 8])));
      for (int j = 0; j < 8; j += 2) {
        unsigned y[4];
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 "
                     "{%0, %1, %2, %3}, [%4];"
                     : "=r"(y[0]), "=r"(y[1]), "=r"(y[2]), "=r"(y[3])
                     : "r"(sharedAddress(
                         &b[stage][kk + lane % 16][j * 8 + lane / 16 * 8])));
        for (int half = 0; half < 2; ++half) {
          float *c = sums[j + half];
          asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
                       "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                       "{%0, %1, %2, %3};"
                       : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                       : "r"(x[0]), "r"(x[1]), "r"(x[2]), "r"(x[3]),
                         "r"(y[2 * half]), "r"(y[2 * half + 1]));
        }
      }
    }
    __syncthreads();
  }
  for (int j = 0; j < 8; ++j)
    for (int i = 0; i < 4; ++i)
      C[size_t(warp * 16 + lane / 4 + i / 2 * 8) * N + j * 8 + lane % 4 * 2 +
        i % 2] = sums[j][i];
}
