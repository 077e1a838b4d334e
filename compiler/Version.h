// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef STRAIT_COMPILER_VERSION_H
#define STRAIT_COMPILER_VERSION_H

#include "llvm/ADT/StringRef.h"

namespace strait {

/// Of the compiler, as artefacts name it: "0.1.0".
llvm::StringRef version();

} // namespace strait

#endif // STRAIT_COMPILER_VERSION_H
