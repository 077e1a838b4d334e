// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files that appear complete or not at all, and what an artefact's files hold
// besides code: weights with their trailer (runtime/core/trailer.h), headers.
#ifndef STRAIT_COMPILER_ARTEFACTFILE_H
#define STRAIT_COMPILER_ARTEFACTFILE_H

#include "compiler/Link.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"

#include <string>
#include <system_error>

namespace strait {

llvm::Error fileError(const llvm::Twine &message);
llvm::Error fileError(const llvm::Twine &what, std::error_code code);

const unsigned dataMode =
    llvm::sys::fs::all_read | llvm::sys::fs::owner_write;
const unsigned programMode = dataMode | llvm::sys::fs::all_exe;

/// A file that is removed unless it is kept, also when a signal ends us.
class TemporaryFile {
public:
  TemporaryFile() = default;
  TemporaryFile(const TemporaryFile &) = delete;
  ~TemporaryFile();

  /// Creates an empty file in the system's folder for such files.
  llvm::Error createAnywhere(llvm::StringRef extension);
  /// Creates an empty file beside `output`, to become it.
  llvm::Error createBeside(llvm::StringRef output, unsigned mode);

  llvm::StringRef path() const { return name; }
  llvm::Error write(llvm::StringRef bytes);
  /// Gives the file its final name.
  llvm::Error keepAs(llvm::StringRef output);

private:
  llvm::Error create(const llvm::Twine &output, llvm::StringRef ending,
                     unsigned mode);

  llvm::SmallString<128> name;
};

/// Appends weights and their trailer to a file. No weights: nothing.
llvm::Error appendWeights(llvm::StringRef path, const LinkedWeights &weights);

/// The C header of an artefact: `description` and `use` as a comment, and the
/// declaration of the model's symbol.
std::string headerText(llvm::StringRef header,
                       llvm::ArrayRef<std::string> description,
                       llvm::StringRef symbol, llvm::StringRef use);

} // namespace strait

#endif // STRAIT_COMPILER_ARTEFACTFILE_H
