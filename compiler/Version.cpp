// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Version.h"

llvm::StringRef strait::version() { return STRAIT_VERSION; }
