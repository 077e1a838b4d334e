// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The emulator through the driver's functions, as any program uses them.
#ifndef STRAIT_TEST_EMULATEDDEVICE_H
#define STRAIT_TEST_EMULATEDDEVICE_H

#include "gtest/gtest.h"

#include <cstdint>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

extern "C" {
int cuInit(unsigned flags);
int cuDevicePrimaryCtxRetain(void **context, int device);
int cuDevicePrimaryCtxReset_v2(int device);
int cuCtxPushCurrent_v2(void *context);
int cuModuleLoadDataEx(void **module, const void *image, unsigned count,
                       int *options, void **values);
int cuModuleUnload(void *module);
int cuModuleGetFunction(void **function, void *module, const char *name);
int cuFuncSetAttribute(void *function, int attribute, int value);
int cuLaunchKernel(void *function, unsigned gridX, unsigned gridY,
                   unsigned gridZ, unsigned blockX, unsigned blockY,
                   unsigned blockZ, unsigned sharedBytes, void *stream,
                   void **parameters, void **extra);
int cuStreamSynchronize(void *stream);
int cuMemAlloc_v2(unsigned long long *pointer, size_t bytes);
int cuMemFree_v2(unsigned long long pointer);
int cuMemcpyHtoD_v2(unsigned long long target, const void *source,
                    size_t bytes);
int cuMemcpyDtoH_v2(void *target, unsigned long long source, size_t bytes);
}

/// Device memory of a test.
template <typename T> class DeviceArray {
public:
  /// Nothing is written to it.
  explicit DeviceArray(size_t count) : count(count) {
    EXPECT_EQ(cuMemAlloc_v2(&address, count * sizeof(T)), 0);
  }
  explicit DeviceArray(const std::vector<T> &values)
      : DeviceArray(values.size()) {
    EXPECT_EQ(cuMemcpyHtoD_v2(address, values.data(), count * sizeof(T)), 0);
  }
  ~DeviceArray() { EXPECT_EQ(cuMemFree_v2(address), 0); }
  DeviceArray(const DeviceArray &) = delete;
  std::vector<T> read() const {
    std::vector<T> values(count);
    EXPECT_EQ(cuMemcpyDtoH_v2(values.data(), address, count * sizeof(T)), 0);
    return values;
  }

  unsigned long long address = 0;

private:
  size_t count;
};

class EmulatedDevice : public testing::Test {
protected:
  void SetUp() override {
    void *context = nullptr;
    ASSERT_EQ(cuInit(0), 0);
    ASSERT_EQ(cuDevicePrimaryCtxReset_v2(0), 0);
    ASSERT_EQ(cuDevicePrimaryCtxRetain(&context, 0), 0);
    ASSERT_EQ(cuCtxPushCurrent_v2(context), 0);
  }
  void TearDown() override { EXPECT_EQ(cuModuleUnload(module), 0); }

  /// The driver's code, and what it writes into its log.
  int load(const std::string &ptx) {
    char buffer[1024] = "";
    int options[] = {5, 6};
    void *values[] = {buffer, reinterpret_cast<void *>(sizeof buffer)};
    EXPECT_EQ(cuModuleUnload(module), 0);
    module = nullptr;
    int code = cuModuleLoadDataEx(&module, ptx.c_str(), 2, options, values);
    log = buffer;
    return code;
  }
  void loadFile(const std::string &path) {
    std::ifstream file(path);
    ASSERT_TRUE(file) << path;
    std::ostringstream text;
    text << file.rdbuf();
    ASSERT_EQ(load(text.str()), 0) << log;
  }
  /// A kernel with a body, four registers of each kind and two parameters.
  static std::string kernel(const std::string &body,
                            const std::string &variables = "") {
    return ".version 8.0\n.target sm_80\n.address_size 64\n"
           ".visible .entry k(.param .u64 in, .param .u64 out)\n{\n"
           ".reg .pred %p<4>; .reg .b16 %h<8>; .reg .b32 %r<24>;\n"
           ".reg .b64 %d<8>; .reg .f64 %f<4>;\n" +
           variables +
           "\nld.param.u64 %d0, [in];\nld.param.u64 %d1, [out];\n"
           "mov.u32 %r0, %tid.x;\nmul.wide.u32 %d2, %r0, 4;\n"
           "add.s64 %d0, %d0, %d2;\nadd.s64 %d1, %d1, %d2;\n" +
           body + "\nret;\n}\n";
  }
  template <typename... Parameters>
  int launch(const char *name, unsigned gridX, unsigned gridY, unsigned threads,
             Parameters... parameters) {
    void *function = nullptr;
    if (int code = cuModuleGetFunction(&function, module, name))
      return code;
    void *pointers[] = {&parameters...};
    int code = cuLaunchKernel(function, gridX, gridY, 1, threads, 1, 1, 0,
                              nullptr, pointers, nullptr);
    return code ? code : cuStreamSynchronize(nullptr);
  }

  void *module = nullptr;
  std::string log;
};

#endif // STRAIT_TEST_EMULATEDDEVICE_H
