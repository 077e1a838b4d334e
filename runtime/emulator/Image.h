// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A loaded module: its variables in memory, its kernels as LLVM IR, which becomes
// code of the host when they are first asked for.
#ifndef STRAIT_EMULATOR_IMAGE_H
#define STRAIT_EMULATOR_IMAGE_H

#include "runtime/emulator/Block.h"
#include "runtime/emulator/Memory.h"
#include "runtime/emulator/Ptx.h"
#include "runtime/emulator/Translator.h"

#include "llvm/ExecutionEngine/Orc/ThreadSafeModule.h"

#include <memory>
#include <mutex>

namespace llvm::orc {
class LLJIT;
}

namespace strait::emulator {

/// A kernel ready to be launched.
struct Kernel {
  const PtxFunction *ptx = nullptr;
  llvm::orc::ThreadSafeModule module; // until it is compiled
  KernelFn code = nullptr;            // once it is
  bool waits = false;
  uint64_t localBytes = 0;
  const SourcePlaces *sources = nullptr;
  uint64_t staticSharedBytes = 0; // dynamic memory begins there
  uint64_t mostDynamicBytes = 48 << 10;
  std::vector<uint64_t> parameterOffsets;
  uint64_t parameterBytes = 0;
};

class Image {
public:
  /// Reads PTX and puts its variables into `memory`; what it asks of a device
  /// is at most `capability` (80, 90).
  static llvm::Expected<std::unique_ptr<Image>>
  load(llvm::StringRef ptx, unsigned capability, Memory &memory, bool checks);
  ~Image();

  /// Null: no kernel has this name. Stays valid as long as the image.
  llvm::Expected<Kernel *> find(llvm::StringRef name);

private:
  Image(PtxModule module, Memory &memory, bool checks);
  llvm::Error placeVariables();
  void placeSources();
  std::vector<const PtxFunction *>
  reachableFrom(const PtxFunction &kernel) const;
  KernelPlaces layOut(Kernel &kernel,
                      llvm::ArrayRef<const PtxFunction *> functions) const;
  llvm::Error translate(const PtxFunction &ptx);
  llvm::Error compile(Kernel &kernel);

  PtxModule module;
  Memory &memory;
  KernelPlaces places;
  SourcePlaces sources;
  std::vector<uint64_t> variables; // their memory
  uint64_t sharedBytes = 0;        // of the module's shared variables
  std::unique_ptr<llvm::orc::LLJIT> jit;
  std::mutex lock;
  llvm::StringMap<std::unique_ptr<Kernel>> kernels;
};

} // namespace strait::emulator

#endif // STRAIT_EMULATOR_IMAGE_H
