/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#define _GNU_SOURCE
#include "runtime/core/weights.h"
#include "runtime/core/error.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

strait_code strait_trailer_check(const strait_trailer *trailer,
                                 uint64_t file_bytes, const char *path,
                                 strait_error *error) {
  if (memcmp(trailer->magic, STRAIT_TRAILER_MAGIC, sizeof trailer->magic) != 0)
    return strait_fail(error, STRAIT_BAD_ARTEFACT,
                       "'%s' carries no weights (was it stripped or cut?)",
                       path);
  if (trailer->version != STRAIT_TRAILER_VERSION ||
      trailer->bytes != sizeof *trailer)
    return strait_fail(error, STRAIT_BAD_ARTEFACT,
                       "'%s': expected weights of version %d, got %" PRIu32,
                       path, STRAIT_TRAILER_VERSION, trailer->version);
  uint64_t room = file_bytes - sizeof *trailer;
  if (trailer->weights_offset % STRAIT_TRAILER_PAGE != 0 ||
      trailer->weights_offset > room ||
      trailer->weights_bytes > room - trailer->weights_offset)
    return strait_fail(error, STRAIT_BAD_ARTEFACT,
                       "'%s': weights at %" PRIu64 " of %" PRIu64
                       " bytes do not lie within the file's %" PRIu64 " bytes",
                       path, trailer->weights_offset, trailer->weights_bytes,
                       file_bytes);
  return STRAIT_OK;
}

static strait_code read_trailer(int file, const char *path,
                                strait_trailer *trailer, strait_error *error) {
  struct stat status;
  if (fstat(file, &status) != 0)
    return strait_fail(error, STRAIT_IO, "cannot read '%s': %s", path,
                       strerror(errno));
  uint64_t bytes = status.st_size < 0 ? 0 : (uint64_t)status.st_size;
  if (bytes < sizeof *trailer)
    return strait_fail(error, STRAIT_BAD_ARTEFACT,
                       "'%s' carries no weights: %" PRIu64 " bytes only", path,
                       bytes);
  ssize_t got =
      pread(file, trailer, sizeof *trailer, (off_t)(bytes - sizeof *trailer));
  if (got != (ssize_t)sizeof *trailer)
    return strait_fail(error, STRAIT_IO, "cannot read the end of '%s'", path);
  return strait_trailer_check(trailer, bytes, path, error);
}

static strait_code map_open_file(int file, const char *path,
                                 const strait_model_desc *model,
                                 strait_weights *weights, strait_error *error) {
  strait_trailer trailer;
  strait_code code = read_trailer(file, path, &trailer, error);
  if (code)
    return code;
  if (trailer.weights_bytes != model->weights_bytes)
    return strait_fail(error, STRAIT_BAD_ARTEFACT,
                       "'%s': expected %" PRIu64 " bytes of weights, got "
                       "%" PRIu64,
                       path, model->weights_bytes, trailer.weights_bytes);
  if (memcmp(trailer.weights_hash, model->weights_hash,
             sizeof trailer.weights_hash) != 0)
    return strait_fail(error, STRAIT_BAD_ARTEFACT,
                       "'%s' has the weights of another model than '%s'", path,
                       model->name ? model->name : "");
  long page = sysconf(_SC_PAGESIZE);
  uint64_t lead = page > 0 ? trailer.weights_offset % (uint64_t)page : 0;
  size_t bytes = (size_t)(trailer.weights_bytes + lead);
  void *mapping = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, file,
                       (off_t)(trailer.weights_offset - lead));
  if (mapping == MAP_FAILED)
    return strait_fail(error, STRAIT_IO, "cannot map the weights of '%s': %s",
                       path, strerror(errno));
  madvise(mapping, bytes, MADV_WILLNEED);
  weights->mapping = mapping;
  weights->mapping_bytes = bytes;
  weights->data = (const uint8_t *)mapping + lead;
  return STRAIT_OK;
}

strait_code strait_weights_map(const char *path, const strait_model_desc *model,
                               strait_weights *weights, strait_error *error) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return strait_fail(error, STRAIT_IO, "cannot open '%s': %s", path,
                       strerror(errno));
  strait_code code = map_open_file(file, path, model, weights, error);
  close(file);
  return code;
}

struct holder_search {
  uintptr_t address;
  const char *path; /* "" for the program itself */
};

static int look_into_holder(struct dl_phdr_info *info, size_t size,
                            void *context) {
  (void)size;
  struct holder_search *search = context;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr) *header = &info->dlpi_phdr[i];
    uintptr_t start = info->dlpi_addr + header->p_vaddr;
    if (header->p_type == PT_LOAD && search->address >= start &&
        search->address - start < header->p_memsz) {
      search->path = info->dlpi_name;
      return 1;
    }
  }
  return 0;
}

strait_code strait_weights_map_beside(const strait_model_desc *model,
                                      strait_weights *weights,
                                      strait_error *error) {
  struct holder_search search = {(uintptr_t)model, NULL};
  dl_iterate_phdr(look_into_holder, &search);
  if (!search.path)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                       "model '%s' is not part of a file: give its weights in "
                       "the module's options",
                       model->name ? model->name : "");
  const char *path = *search.path ? search.path : "/proc/self/exe";
  return strait_weights_map(path, model, weights, error);
}

void strait_weights_unmap(strait_weights *weights) {
  if (weights->mapping)
    munmap(weights->mapping, weights->mapping_bytes);
  memset(weights, 0, sizeof *weights);
}
