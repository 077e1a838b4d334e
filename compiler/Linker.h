// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs ld.lld.
#ifndef STRAIT_COMPILER_LINKER_H
#define STRAIT_COMPILER_LINKER_H

#include "compiler/ArtefactFile.h"

#include <memory>
#include <vector>

namespace strait {

/// lib/strait beside the folder of the running tool, if the runtime is there.
llvm::Expected<std::string> findRuntimeFolder();

/// Runs ld.lld; what it says becomes the text of the error.
llvm::Error runLinker(llvm::ArrayRef<std::string> arguments);

/// Objects as files, for the linker.
class ObjectFiles {
public:
  llvm::Error write(llvm::ArrayRef<llvm::StringRef> objects);
  void appendTo(std::vector<std::string> &arguments) const;

private:
  std::vector<std::unique_ptr<TemporaryFile>> files;
};

} // namespace strait

#endif // STRAIT_COMPILER_LINKER_H
