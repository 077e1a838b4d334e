// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The functions of libcuda.so.1 that Strait's runtime uses, with one device that
// is this machine. Work is done when it is asked for, so streams and events are
// always ready; what a later wait must report is kept until then.
//
// STRAIT_CUDA_DEVICE   sm_80, sm_90 (default) or none
// STRAIT_CUDA_MEMORY   megabytes of device memory (default: half of the host's)
// STRAIT_CUDA_FAULT    the number of a launch at which the device breaks down
// STRAIT_CUDA_CHECK    1: every access of memory is checked
// STRAIT_CUDA_COUNT    a file that gets wavefronts and sectors per instruction
// STRAIT_CUDA_SEED     blocks run in an order of this number's
// STRAIT_CUDA_THREADS  host threads (default: all cores)
#include "runtime/emulator/Counters.h"
#include "runtime/emulator/Grid.h"
#include "runtime/emulator/Image.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Threading.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

using namespace strait::emulator;

namespace {
enum Result {
  success = 0,
  invalidValue = 1,
  outOfMemory = 2,
  notInitialized = 3,
  noDevice = 100,
  invalidDevice = 101,
  invalidContext = 201,
  noBinaryForGpu = 209,
  eccUncorrectable = 214,
  invalidPtx = 218,
  invalidHandle = 400,
  notFound = 500,
  launchFailed = 719,
};

struct Error {
  Result code;
  const char *name, *text;
};
const Error errors[] = {
    {success, "CUDA_SUCCESS", "no error"},
    {invalidValue, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {outOfMemory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {notInitialized, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {noDevice, "CUDA_ERROR_NO_DEVICE",
     "no CUDA-capable device is detected"},
    {eccUncorrectable, "CUDA_ERROR_ECC_UNCORRECTABLE",
     "uncorrectable ECC error encountered"},
    {invalidDevice, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {invalidContext, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {noBinaryForGpu, "CUDA_ERROR_NO_BINARY_FOR_GPU",
     "no kernel image is available for execution on the device"},
    {invalidPtx, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
    {invalidHandle, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {notFound, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {launchFailed, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
};

unsigned numberOf(const char *variable, unsigned otherwise) {
  const char *text = getenv(variable);
  unsigned number = 0;
  return text && !llvm::StringRef(text).getAsInteger(10, number) ? number
                                                                 : otherwise;
}

struct Device {
  unsigned capability = 90;
  // Counters see what checks see.
  bool checks = numberOf("STRAIT_CUDA_CHECK", 0) != 0 || countsAccesses();
  unsigned seed = numberOf("STRAIT_CUDA_SEED", 0);
  unsigned threads = numberOf(
      "STRAIT_CUDA_THREADS",
      llvm::hardware_concurrency().compute_thread_count());
  Memory memory{capacity()};
  bool exists = true;
  std::atomic<bool> isReady{false};
  /// Why it does nothing any more, as after a fault on a GPU.
  std::atomic<Result> fault{success};
  const unsigned faultyLaunch = numberOf("STRAIT_CUDA_FAULT", 0);
  std::atomic<uint64_t> launches{0};

  static uint64_t capacity() {
    uint64_t megabytes = numberOf("STRAIT_CUDA_MEMORY", 0);
    return megabytes ? megabytes << 20
                     : uint64_t(sysconf(_SC_PHYS_PAGES)) * 4096 / 2;
  }

  Device() {
    const char *name = getenv("STRAIT_CUDA_DEVICE");
    llvm::StringRef text = name ? name : "sm_90";
    exists = text != "none";
    if (!exists)
      return;
    text.consume_front("sm_");
    if (text.getAsInteger(10, capability))
      llvm::errs() << "emulator: STRAIT_CUDA_DEVICE: expected sm_80, sm_90 or "
                      "none, got '"
                   << name << "'\n";
  }
};

Device &device() {
  static Device theDevice;
  return theDevice;
}

/// What every call but the first ones returns at once.
Result state() {
  return device().isReady ? device().fault.load() : notInitialized;
}

struct Event {
  std::chrono::steady_clock::time_point time;
};

thread_local unsigned contextDepth = 0;
char theContext, theStream;
} // namespace

using CUresult = int;
using CUdevice = int;
using CUdeviceptr = unsigned long long;
using CUcontext = void *;
using CUstream = void *;
using CUmodule = Image *;
using CUfunction = Kernel *;
using CUevent = Event *;

#define EMULATED extern "C" __attribute__((visibility("default"))) CUresult

EMULATED cuInit(unsigned flags) {
  if (flags != 0)
    return invalidValue;
  device().isReady = device().exists;
  return device().exists ? success : noDevice;
}

EMULATED cuDriverGetVersion(int *version) {
  *version = 13000;
  return success;
}

EMULATED cuDeviceGetCount(int *count) {
  *count = 1;
  return state();
}

EMULATED cuDeviceGet(CUdevice *result, int ordinal) {
  *result = 0;
  return ordinal == 0 ? state() : invalidDevice;
}

EMULATED cuDeviceGetName(char *name, int length, CUdevice) {
  snprintf(name, size_t(length), "emulated sm_%u (no GPU)",
           device().capability);
  return state();
}

EMULATED cuDeviceGetAttribute(int *value, int attribute, CUdevice) {
  switch (attribute) {
  case 1: // threads per block
    *value = 1024;
    break;
  case 10: // threads of a warp
    *value = 32;
    break;
  case 16: // multiprocessors
    *value = int(device().threads);
    break;
  case 75: // compute capability, major and minor
    *value = int(device().capability / 10);
    break;
  case 76:
    *value = int(device().capability % 10);
    break;
  case 97: // shared memory per block, where asked for
    *value = device().capability >= 90 ? 227 << 10 : 163 << 10;
    break;
  default:
    return invalidValue;
  }
  return state();
}

EMULATED cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice) {
  *context = &theContext;
  return state();
}

EMULATED cuDevicePrimaryCtxRelease_v2(CUdevice) {
  // As a device that is shut down: what is left is a leak.
  if (device().checks && device().memory.live())
    llvm::errs() << "emulator: " << device().memory.live()
                 << " allocations were not freed\n";
  writeCounters();
  return success;
}

/// Also ends the state after a failed launch.
EMULATED cuDevicePrimaryCtxReset_v2(CUdevice) {
  device().fault = success;
  return success;
}

EMULATED cuCtxPushCurrent_v2(CUcontext context) {
  if (context != &theContext)
    return invalidContext;
  ++contextDepth;
  return success;
}

EMULATED cuCtxPopCurrent_v2(CUcontext *context) {
  if (contextDepth == 0)
    return invalidContext;
  --contextDepth;
  if (context)
    *context = &theContext;
  return success;
}

EMULATED cuCtxSynchronize() { return state(); }

EMULATED cuMemGetInfo_v2(size_t *free, size_t *total) {
  *free = device().memory.free();
  *total = device().memory.total();
  return state();
}

EMULATED cuModuleLoadDataEx(CUmodule *module, const void *image,
                            unsigned numOptions, int *options, void **values) {
  if (Result result = state())
    return result;
  char *log = nullptr;
  size_t room = 0;
  for (unsigned i = 0; i < numOptions; ++i) {
    if (options[i] == 5) // CU_JIT_ERROR_LOG_BUFFER
      log = static_cast<char *>(values[i]);
    if (options[i] == 6) // its size
      room = reinterpret_cast<uintptr_t>(values[i]);
  }
  // Machine code of a GPU; a caller may have PTX, too.
  if (!memcmp(image, "\x7f" "ELF", 4))
    return noBinaryForGpu;
  auto loaded = Image::load(static_cast<const char *>(image),
                            device().capability, device().memory,
                            device().checks);
  if (!loaded) {
    std::string text = llvm::toString(loaded.takeError());
    if (log && room)
      snprintf(log, room, "%s", text.c_str());
    else
      llvm::errs() << "emulator: " << text << "\n";
    return invalidPtx;
  }
  *module = loaded->release();
  return success;
}

EMULATED cuModuleLoadData(CUmodule *module, const void *image) {
  return cuModuleLoadDataEx(module, image, 0, nullptr, nullptr);
}

EMULATED cuModuleUnload(CUmodule module) {
  delete module;
  return success;
}

EMULATED cuModuleGetFunction(CUfunction *function, CUmodule module,
                             const char *name) {
  auto found = module->find(name);
  if (!found) {
    llvm::errs() << "emulator: " << llvm::toString(found.takeError()) << "\n";
    return invalidPtx;
  }
  *function = *found;
  return *found ? state() : notFound;
}

EMULATED cuFuncSetAttribute(CUfunction function, int attribute, int value) {
  int most = 0;
  cuDeviceGetAttribute(&most, 97, 0);
  if (attribute != 8 || value < 0 || value > most)
    return invalidValue;
  function->mostDynamicBytes = uint64_t(value);
  return state();
}

EMULATED cuLaunchKernel(CUfunction function, unsigned gridX, unsigned gridY,
                        unsigned gridZ, unsigned blockX, unsigned blockY,
                        unsigned blockZ, unsigned sharedBytes, CUstream,
                        void **parameters, void **extra) {
  if (Result result = state())
    return result;
  Launch launch;
  launch.kernel = function->ptx->name;
  launch.code = function->code;
  launch.waits = function->waits;
  launch.localBytes = function->localBytes;
  launch.places = function->sources;
  launch.seed = device().seed;
  launch.number = ++device().launches;
  const uint32_t grid[] = {gridX, gridY, gridZ},
                 block[] = {blockX, blockY, blockZ};
  memcpy(launch.grid, grid, sizeof grid);
  memcpy(launch.block, block, sizeof block);
  const unsigned *required = function->ptx->requiredThreads;
  bool fits = !required[0] || (required[0] == blockX && required[1] == blockY &&
                               required[2] == blockZ);
  uint64_t threads = launch.threads();
  if (extra || !fits || threads == 0 || threads > 1024 || launch.blocks() == 0 ||
      gridX > 0x7fffffff || gridY > 65535 || gridZ > 65535 ||
      sharedBytes > function->mostDynamicBytes ||
      function->staticSharedBytes + sharedBytes > mostSharedBytes)
    return invalidValue;
  launch.sharedBytes = function->staticSharedBytes + sharedBytes;
  launch.parameters.resize(function->parameterBytes);
  for (auto [i, parameter] : llvm::enumerate(function->ptx->parameters))
    memcpy(launch.parameters.data() + function->parameterOffsets[i],
           parameters[i], parameter.bytes);
  launch.watched = device().checks ? &device().memory : nullptr;
  if (launch.number == device().faultyLaunch) {
    device().fault = eccUncorrectable;
    return success; // as on a GPU, a later call says so
  }
  runGrid(launch, device().threads, device().seed);
  if (launch.failed) {
    llvm::errs() << "emulator: " << launch.report << "\n";
    device().fault = launchFailed;
  }
  return success;
}

EMULATED cuMemAlloc_v2(CUdeviceptr *pointer, size_t bytes) {
  if (bytes == 0)
    return invalidValue;
  if (Result result = state())
    return result;
  *pointer = device().memory.allocate(bytes);
  return *pointer ? success : outOfMemory;
}

EMULATED cuMemFree_v2(CUdeviceptr pointer) {
  return pointer == 0 || device().memory.release(pointer) ? success
                                                          : invalidValue;
}

/// Whether device memory lies there, and the device works.
static CUresult checkRange(CUdeviceptr address, size_t bytes) {
  std::string reason;
  if (bytes && !device().memory.contains(address, bytes, reason)) {
    llvm::errs() << "emulator: a copy of " << bytes
                 << " bytes out of bounds: " << reason << "\n";
    return invalidValue;
  }
  return state();
}

EMULATED cuMemcpyHtoDAsync_v2(CUdeviceptr target, const void *source,
                              size_t bytes, CUstream) {
  CUresult result = checkRange(target, bytes);
  if (result == success && bytes) {
    memcpy(reinterpret_cast<void *>(target), source, bytes);
    device().memory.note(target, bytes);
  }
  return result;
}

EMULATED cuMemcpyDtoHAsync_v2(void *target, CUdeviceptr source, size_t bytes,
                              CUstream) {
  CUresult result = checkRange(source, bytes);
  if (result == success && bytes)
    memcpy(target, reinterpret_cast<void *>(source), bytes);
  return result;
}

EMULATED cuMemcpyDtoDAsync_v2(CUdeviceptr target, CUdeviceptr source,
                              size_t bytes, CUstream) {
  CUresult result = checkRange(target, bytes);
  if (result == success)
    result = checkRange(source, bytes);
  if (result == success && bytes) {
    memmove(reinterpret_cast<void *>(target),
            reinterpret_cast<void *>(source), bytes);
    if (device().memory.isWritten(source, bytes))
      device().memory.note(target, bytes);
  }
  return result;
}

EMULATED cuMemsetD8Async(CUdeviceptr target, unsigned char value, size_t bytes,
                         CUstream) {
  CUresult result = checkRange(target, bytes);
  if (result == success && bytes) {
    memset(reinterpret_cast<void *>(target), value, bytes);
    device().memory.note(target, bytes);
  }
  return result;
}

EMULATED cuMemcpyHtoD_v2(CUdeviceptr target, const void *source,
                         size_t bytes) {
  return cuMemcpyHtoDAsync_v2(target, source, bytes, nullptr);
}

EMULATED cuMemcpyDtoH_v2(void *target, CUdeviceptr source, size_t bytes) {
  return cuMemcpyDtoHAsync_v2(target, source, bytes, nullptr);
}

EMULATED cuMemHostAlloc(void **pointer, size_t bytes, unsigned) {
  *pointer = malloc(bytes);
  return *pointer ? state() : outOfMemory;
}

EMULATED cuMemFreeHost(void *pointer) {
  free(pointer);
  return success;
}

EMULATED cuStreamCreate(CUstream *stream, unsigned) {
  *stream = &theStream;
  return state();
}

EMULATED cuStreamSynchronize(CUstream) { return state(); }

EMULATED cuStreamDestroy_v2(CUstream) { return success; }

EMULATED cuEventCreate(CUevent *event, unsigned) {
  *event = new Event;
  return state();
}

EMULATED cuEventRecord(CUevent event, CUstream) {
  event->time = std::chrono::steady_clock::now();
  return state();
}

EMULATED cuEventSynchronize(CUevent) { return state(); }

EMULATED cuEventElapsedTime(float *milliseconds, CUevent start, CUevent end) {
  *milliseconds =
      std::chrono::duration<float, std::milli>(end->time - start->time).count();
  return state();
}

EMULATED cuEventDestroy_v2(CUevent event) {
  delete event;
  return success;
}

EMULATED cuStreamWaitEvent(CUstream, CUevent, unsigned) { return state(); }

static const Error *find(CUresult code) {
  for (const Error &error : errors)
    if (error.code == code)
      return &error;
  return nullptr;
}

EMULATED cuGetErrorName(CUresult code, const char **name) {
  const Error *error = find(code);
  *name = error ? error->name : nullptr;
  return error ? success : invalidValue;
}

EMULATED cuGetErrorString(CUresult code, const char **text) {
  const Error *error = find(code);
  *text = error ? error->text : nullptr;
  return error ? success : invalidValue;
}
