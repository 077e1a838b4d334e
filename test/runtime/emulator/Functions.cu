// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What nvcc makes of math functions, calls, f16 pairs, shuffles and shared
// memory. Functions.ptx is
//   nvcc -ptx -arch=sm_80 Functions.cu
#include <cuda_fp16.h>

static __device__ __noinline__ float either(float x, int which) {
  return which ? expf(x) : tanhf(x);
}

extern "C" __global__ void functions(const float *x, float *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    y[i] = either(x[i], i & 1) + sinf(x[i]) + powf(fabsf(x[i]), 1.7f) +
           erff(x[i]);
}

extern "C" __global__ void pairs(const __half2 *x, __half2 *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    y[i] = __hfma2(x[i], x[i], __hadd2(x[i], x[i]));
}

extern "C" __global__ void rowSums(const float *x, float *y, int n) {
  __shared__ float partial[8];
  float sum = 0;
  for (int i = threadIdx.x; i < n; i += blockDim.x)
    sum += x[blockIdx.x * n + i];
  for (int lane = 16; lane; lane /= 2)
    sum += __shfl_xor_sync(~0u, sum, lane);
  if (threadIdx.x % 32 == 0)
    partial[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x == 0) {
    float total = 0;
    for (int i = 0; i < blockDim.x / 32; i++)
      total += partial[i];
    y[blockIdx.x] = total;
  }
}

// How many of n numbers fall into each of 16 classes, by both kinds of atomics.
extern "C" __global__ void histogram(const unsigned *x, unsigned *counts,
                                     float *sum, int n) {
  __shared__ unsigned own[16];
  if (threadIdx.x < 16)
    own[threadIdx.x] = 0;
  __syncthreads();
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    atomicAdd(&own[x[i] & 15], 1u);
    atomicAdd(sum, 1.0f);
  }
  __syncthreads();
  if (threadIdx.x < 16)
    atomicAdd(&counts[threadIdx.x], own[threadIdx.x]);
}
