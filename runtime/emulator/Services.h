// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef STRAIT_EMULATOR_SERVICES_H
#define STRAIT_EMULATOR_SERVICES_H

#include "llvm/ADT/ArrayRef.h"

namespace strait::emulator {

/// A function that compiled code calls by its name.
struct Service {
  const char *name;
  void *function;
};
llvm::ArrayRef<Service> services();

} // namespace strait::emulator

#endif // STRAIT_EMULATOR_SERVICES_H
