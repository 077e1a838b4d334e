/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runtime/core/module.h"
#include "runtime/core/cpu.h"
#include "runtime/core/error.h"
#include "runtime/core/memory.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void strait_module_options_init(strait_module_options *options) {
  memset(options, 0, sizeof *options);
  options->size = sizeof *options;
  options->max_isa = STRAIT_ISA_END - 1;
}

static strait_code take_options(const strait_module_options *options,
                                strait_module_options *chosen,
                                strait_error *error) {
  strait_module_options_init(chosen);
  if (options) {
    if (options->size != sizeof *chosen)
      return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                         "module options: expected size %zu, got %zu",
                         sizeof *chosen, options->size);
    *chosen = *options;
  }
  if (!strait_allocator_complete(&chosen->allocator))
    return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                       "allocator has one of its two functions only");
  return STRAIT_OK;
}

/* Whether all kernels have code of a level; if not, `*missing` lacks it. */
static bool holds_level(const strait_model_desc *model, uint32_t isa,
                        const char **missing) {
  for (uint32_t i = 0; i < model->num_kernels; ++i)
    if (!model->kernels[i].code[isa]) {
      *missing = model->kernels[i].name;
      return false;
    }
  return true;
}

/* Takes the highest code level that this CPU runs. */
static strait_code choose_level(strait_module *module, uint32_t max_isa,
                                strait_error *error) {
  const strait_model_desc *model = module->model;
  if (model->num_kernels) {
    module->kernels = strait_allocate(
        &module->allocator, model->num_kernels * sizeof *module->kernels);
    if (!module->kernels)
      return strait_fail(error, STRAIT_OUT_OF_MEMORY,
                         "no memory for a table of %" PRIu32 " kernels",
                         model->num_kernels);
  }
  int32_t machine = strait_cpu_isa();
  int32_t limit = machine < (int32_t)max_isa ? machine : (int32_t)max_isa;
  const char *missing = NULL;
  int32_t isa = limit;
  while (isa >= 0 && !holds_level(model, (uint32_t)isa, &missing))
    --isa;
  if (isa < 0) {
    int32_t needed = limit + 1;
    while (needed < STRAIT_ISA_COUNT &&
           !holds_level(model, (uint32_t)needed, &missing))
      ++needed;
    if (needed == STRAIT_ISA_COUNT)
      return strait_fail(error, STRAIT_BAD_ARTEFACT,
                         "model '%s' has no code for kernel '%s'", model->name,
                         missing ? missing : "");
    return strait_fail(error, STRAIT_UNSUPPORTED_CPU,
                       "model '%s' was compiled for %s; this machine has %s",
                       model->name, strait_isa_name(needed),
                       strait_isa_name(limit));
  }
  module->isa = (uint32_t)isa;
  for (uint32_t i = 0; i < model->num_kernels; ++i)
    module->kernels[i] = model->kernels[i].code[isa];
  return STRAIT_OK;
}

static strait_code find_weights(strait_module *module,
                                const strait_module_options *options,
                                strait_error *error) {
  const strait_model_desc *model = module->model;
  if (model->weights_bytes == 0)
    return STRAIT_OK;
  if (options->weights) {
    if (options->weights_bytes != model->weights_bytes)
      return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                         "expected %" PRIu64 " bytes of weights, got %" PRIu64,
                         model->weights_bytes, options->weights_bytes);
    if ((uintptr_t)options->weights % STRAIT_ALIGNMENT != 0)
      return strait_fail(error, STRAIT_INVALID_ARGUMENT,
                         "weights are not aligned to %d bytes",
                         STRAIT_ALIGNMENT);
    module->weights.data = options->weights;
    return STRAIT_OK;
  }
  if (options->weights_path)
    return strait_weights_map(options->weights_path, model, &module->weights,
                              error);
  return strait_weights_map_beside(model, &module->weights, error);
}

static uint32_t highest_image(const strait_model_desc *model) {
  uint32_t isa = 0;
  for (uint32_t i = 0; i < model->num_images; ++i)
    isa = model->images[i].isa > isa ? model->images[i].isa : isa;
  return isa;
}

/* Loads code and weights into a device, after which it has its own copy of
 * these. */
static strait_code use_device(strait_module *module,
                              const strait_module_options *options,
                              strait_error *error) {
  const strait_backend *backend = module->model->backend;
  strait_device *device;
  strait_code code =
      backend->open(module->model, &module->allocator, module->weights.data,
                    options, &device, error);
  if (code)
    return code;
  module->device = device;
  module->isa = backend->isa(device);
  module->entry_weights = backend->weights(device);
  strait_weights_unmap(&module->weights);
  return STRAIT_OK;
}

strait_code strait_module_open(const strait_model_desc *model,
                               const strait_module_options *options,
                               strait_module **result, strait_error *error) {
  if (!model || !result)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT, "%s is null",
                       model ? "module" : "model");
  *result = NULL;
  if (model->abi_version != STRAIT_ABI_VERSION)
    return strait_fail(error, STRAIT_BAD_ARTEFACT,
                       "the model needs a runtime of ABI version %" PRIu32
                       ", this one has %d",
                       model->abi_version, STRAIT_ABI_VERSION);
  strait_module_options chosen;
  strait_code code = take_options(options, &chosen, error);
  if (code)
    return code;
  strait_module *module = strait_allocate(&chosen.allocator, sizeof *module);
  if (!module)
    return strait_fail(error, STRAIT_OUT_OF_MEMORY, "no memory for a module");
  module->model = model;
  module->allocator = chosen.allocator;
  module->describe_only = chosen.describe_only;
  module->isa = highest_image(model);
  if (!model->backend)
    code = choose_level(module, chosen.max_isa, error);
  if (!code)
    code = find_weights(module, &chosen, error);
  module->entry_weights = module->weights.data;
  if (!code && !module->describe_only && model->backend)
    code = use_device(module, &chosen, error);
  if (code) {
    strait_module_close(module);
    return code;
  }
  *result = module;
  return STRAIT_OK;
}

strait_code strait_module_open_file(const char *path,
                                    const strait_module_options *options,
                                    strait_module **result,
                                    strait_error *error) {
  if (!path || !result)
    return strait_fail(error, STRAIT_INVALID_ARGUMENT, "%s is null",
                       path ? "module" : "path");
  *result = NULL;
  /* A bare name would be looked up in the system's library folders. */
  char file[4096];
  int length =
      snprintf(file, sizeof file, "%s%s", strchr(path, '/') ? "" : "./", path);
  if (length < 0 || (size_t)length >= sizeof file)
    return strait_fail(error, STRAIT_IO, "path is too long: '%s'", path);
  void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *reason = dlerror();
    return strait_fail(error, STRAIT_IO, "cannot load '%s': %s", path,
                       reason ? reason : "unknown reason");
  }
  const strait_model_desc *model = dlsym(library, "strait_model");
  strait_code code =
      model ? strait_module_open(model, options, result, error)
            : strait_fail(error, STRAIT_BAD_ARTEFACT,
                          "'%s' is no library of compile-model: it has no "
                          "symbol 'strait_model'",
                          path);
  if (code) {
    dlclose(library);
    return code;
  }
  (*result)->library = library;
  return STRAIT_OK;
}

void strait_module_close(strait_module *module) {
  if (!module)
    return;
  if (module->device)
    module->model->backend->close(module->device);
  strait_weights_unmap(&module->weights);
  strait_allocator allocator = module->allocator;
  strait_release(&allocator, module->kernels,
                 module->model->num_kernels * sizeof *module->kernels);
  void *library = module->library;
  strait_release(&allocator, module, sizeof *module);
  if (library)
    dlclose(library);
}

const char *strait_module_name(const strait_module *module) {
  return module->model->name;
}

const char *strait_module_producer(const strait_module *module) {
  return module->model->producer;
}

uint64_t strait_module_weights_bytes(const strait_module *module) {
  return module->model->weights_bytes;
}

uint32_t strait_module_isa(const strait_module *module) { return module->isa; }

int32_t strait_module_has_isa(const strait_module *module, uint32_t isa) {
  const strait_model_desc *model = module->model;
  for (uint32_t i = 0; i < model->num_images; ++i)
    if (model->images[i].isa == isa)
      return 1;
  const char *missing;
  return !model->backend && isa < STRAIT_ISA_COUNT &&
         holds_level(model, isa, &missing);
}

const char *strait_module_device(const strait_module *module) {
  return module->device ? module->model->backend->name(module->device) : NULL;
}

uint32_t strait_num_entries(const strait_module *module) {
  return module->model->num_entries;
}

static const strait_entry_desc *entry_of(const strait_module *module,
                                         uint32_t entry) {
  return entry < module->model->num_entries ? &module->model->entries[entry]
                                            : NULL;
}

const char *strait_entry_name(const strait_module *module, uint32_t entry) {
  const strait_entry_desc *desc = entry_of(module, entry);
  return desc ? desc->name : NULL;
}

uint32_t strait_num_inputs(const strait_module *module, uint32_t entry) {
  const strait_entry_desc *desc = entry_of(module, entry);
  return desc ? desc->num_inputs : 0;
}

uint32_t strait_num_outputs(const strait_module *module, uint32_t entry) {
  const strait_entry_desc *desc = entry_of(module, entry);
  return desc ? desc->num_outputs : 0;
}

const strait_tensor_desc *strait_input_desc(const strait_module *module,
                                            uint32_t entry, uint32_t index) {
  return index < strait_num_inputs(module, entry)
             ? &module->model->entries[entry].inputs[index]
             : NULL;
}

const strait_tensor_desc *strait_output_desc(const strait_module *module,
                                             uint32_t entry, uint32_t index) {
  return index < strait_num_outputs(module, entry)
             ? &module->model->entries[entry].outputs[index]
             : NULL;
}

uint32_t strait_num_states(const strait_module *module) {
  return module->model->num_states;
}

const strait_state_desc *strait_find_state_desc(const strait_module *module,
                                                uint32_t index) {
  return index < module->model->num_states ? &module->model->states[index]
                                           : NULL;
}

int32_t strait_find_state(const strait_module *module, const char *name) {
  for (uint32_t i = 0; name && i < module->model->num_states; ++i)
    if (strcmp(module->model->states[i].name, name) == 0)
      return (int32_t)i;
  return -1;
}

int32_t strait_find_entry(const strait_module *module, const char *name) {
  for (uint32_t i = 0; name && i < module->model->num_entries; ++i)
    if (strcmp(module->model->entries[i].name, name) == 0)
      return (int32_t)i;
  return -1;
}

static int32_t find_tensor(const strait_tensor_desc *tensors, uint32_t count,
                           const char *name) {
  for (uint32_t i = 0; name && i < count; ++i)
    if (strcmp(tensors[i].name, name) == 0)
      return (int32_t)i;
  return -1;
}

int32_t strait_find_input(const strait_module *module, uint32_t entry,
                          const char *name) {
  const strait_entry_desc *desc = entry_of(module, entry);
  return desc ? find_tensor(desc->inputs, desc->num_inputs, name) : -1;
}

int32_t strait_find_output(const strait_module *module, uint32_t entry,
                           const char *name) {
  const strait_entry_desc *desc = entry_of(module, entry);
  return desc ? find_tensor(desc->outputs, desc->num_outputs, name) : -1;
}
