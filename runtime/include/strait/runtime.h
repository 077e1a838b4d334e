/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Strait's runtime: loads a compiled model and runs it. Plain C11, needs libc
 * only, and the driver of the GPU if the model was compiled for one.
 *
 *   strait_module    a model that was loaded: its code and its weights. Never
 *                    changes after opening; any number of threads may use it.
 *   strait_instance  memory and bindings for running it. One thread at a time,
 *                    except for strait_cancel. Make one per thread; they share
 *                    the module's weights.
 *   strait_pool      worker threads. Instances may share one.
 *   strait_state     a tensor that lives from run to run.
 *
 * Conventions
 *   - A call that can fail returns a strait_code and writes the text of the
 *     failure to `error`, which may be NULL. STRAIT_OK is 0.
 *   - Options structs start with their size; call their _init function first
 *     and change what you need. NULL options mean the defaults.
 *   - Strings and descriptions that the runtime returns belong to the module
 *     and live until it is closed.
 *   - The order of destruction is instance, then states, module and pool.
 *
 *   strait_module *module;
 *   strait_instance *instance;
 *   strait_module_open(&strait_model, NULL, &module, &error);
 *   strait_instance_create(module, NULL, &instance, &error);
 *   strait_set_input(instance, 0, 0, &image, &error);
 *   strait_run(instance, 0, NULL, &error);
 *   strait_get_output(instance, 0, 0, &scores, &error);
 */
#ifndef STRAIT_RUNTIME_H
#define STRAIT_RUNTIME_H

#include "strait/abi.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define STRAIT_API __attribute__((visibility("default")))
#else
#define STRAIT_API
#endif

/* ------------------------------------------------------------- failures -- */

typedef int32_t strait_code;
enum {
  STRAIT_OK = 0,
  STRAIT_INVALID_ARGUMENT = 1, /* index out of range, NULL, unknown name */
  STRAIT_INVALID_INPUT = 2,    /* a tensor's type or dimensions do not fit */
  STRAIT_OUT_OF_MEMORY = 3,    /* the allocator returned NULL */
  STRAIT_IO = 4,               /* a file cannot be opened, read or mapped */
  STRAIT_BAD_ARTEFACT = 5,     /* not an artefact, damaged, other ABI version */
  STRAIT_UNSUPPORTED_CPU = 6,  /* the artefact's code needs another CPU */
  STRAIT_CANCELLED = 7,        /* strait_cancel was called */
  STRAIT_DEADLINE = 8,         /* the run's time was over */
  STRAIT_DEVICE = 9 /* no driver or GPU that the artefact's code needs, or one
                       that failed */
};

typedef struct strait_error {
  strait_code code;
  char text[508]; /* one line, lower case, without a final period */
} strait_error;

/* --------------------------------------------------------------- memory -- */

/* Where the runtime takes its memory from. `allocate` returns NULL when there
 * is none; `alignment` is a power of two of at most 64. `release` gets the size
 * that was asked for. Both may be called from any thread that calls the
 * runtime. */
typedef struct strait_allocator {
  void *(*allocate)(void *user, size_t bytes, size_t alignment);
  void (*release)(void *user, void *memory, size_t bytes);
  void *user;
} strait_allocator;

/* -------------------------------------------------------------- modules -- */

typedef struct strait_module strait_module;

typedef struct strait_module_options {
  size_t size;
  /* Memory of the module; zeros: malloc. Copied. */
  strait_allocator allocator;
  /* The weights, in this order of preference: `weights` (64-byte aligned,
   * stays the caller's, must outlive the module); the file `weights_path`;
   * the file that holds the model's code. Files are mapped read-only. */
  const void *weights;
  uint64_t weights_bytes;
  const char *weights_path;
  /* Highest code level to use (STRAIT_ISA_...); the default is the highest
   * of the machine or its GPU. */
  uint32_t max_isa;
  /* Not 0: the module is only asked what it holds, which needs no GPU;
   * instances and states cannot be made of it. */
  uint32_t describe_only;
  /* Of a model for GPUs: which one, in the driver's order, and a context there
   * (CUcontext) that is used in place of its primary one. The context stays the
   * caller's and must outlive the module. */
  uint32_t device;
  void *device_context;
} strait_module_options;

STRAIT_API void strait_module_options_init(strait_module_options *options);

/* Opens a model that is linked into this process. `model` stays the caller's
 * and must outlive the module. On success `*module` is the caller's, to be
 * given to strait_module_close. A model for GPUs is loaded into one of them,
 * weights included. Fails with BAD_ARTEFACT,
 * UNSUPPORTED_CPU, DEVICE, IO, OUT_OF_MEMORY, INVALID_ARGUMENT. Any thread. */
STRAIT_API strait_code strait_module_open(const strait_model_desc *model,
                                          const strait_module_options *options,
                                          strait_module **module,
                                          strait_error *error);

/* The same for a shared library that compile-model --emit=lib wrote. The
 * library stays loaded until the module is closed. */
STRAIT_API strait_code
strait_module_open_file(const char *path, const strait_module_options *options,
                        strait_module **module, strait_error *error);

/* Closes a module that no instance uses any more. NULL is allowed. */
STRAIT_API void strait_module_close(strait_module *module);

/* What the module holds. Any thread. Entries, inputs and outputs are numbered
 * from 0; a description is NULL and a count 0 when an index is out of range.
 * strait_find_... return -1 for an unknown name. */
STRAIT_API const char *strait_module_name(const strait_module *module);
STRAIT_API const char *strait_module_producer(const strait_module *module);
STRAIT_API uint64_t strait_module_weights_bytes(const strait_module *module);
/* Code level in use, STRAIT_ISA_... (of a module for GPUs that is only described,
 * the highest that it holds), and whether the module holds code of a level. */
STRAIT_API uint32_t strait_module_isa(const strait_module *module);
STRAIT_API int32_t strait_module_has_isa(const strait_module *module,
                                         uint32_t isa);
/* Name of the GPU that the module is loaded into; NULL for CPUs. */
STRAIT_API const char *strait_module_device(const strait_module *module);
STRAIT_API uint32_t strait_num_entries(const strait_module *module);
STRAIT_API const char *strait_entry_name(const strait_module *module,
                                         uint32_t entry);
STRAIT_API uint32_t strait_num_inputs(const strait_module *module,
                                      uint32_t entry);
STRAIT_API uint32_t strait_num_outputs(const strait_module *module,
                                       uint32_t entry);
STRAIT_API const strait_tensor_desc *
strait_input_desc(const strait_module *module, uint32_t entry, uint32_t index);
STRAIT_API const strait_tensor_desc *
strait_output_desc(const strait_module *module, uint32_t entry, uint32_t index);
STRAIT_API int32_t strait_find_entry(const strait_module *module,
                                     const char *name);
STRAIT_API int32_t strait_find_input(const strait_module *module,
                                     uint32_t entry, const char *name);
STRAIT_API int32_t strait_find_output(const strait_module *module,
                                      uint32_t entry, const char *name);

/* "f32", "i64", ...; "unknown" for a number that is no strait_dtype. */
STRAIT_API const char *strait_dtype_name(uint32_t dtype);
/* Bytes of one element; 0 for a number that is no strait_dtype. */
STRAIT_API size_t strait_dtype_bytes(uint32_t dtype);

/* -------------------------------------------------------------- threads -- */

typedef struct strait_pool strait_pool;

typedef struct strait_pool_options {
  size_t size;
  /* Threads that work on one run, the calling one included. 0: one per CPU
   * that the process may use. */
  uint32_t threads;
  strait_allocator allocator;
} strait_pool_options;

STRAIT_API void strait_pool_options_init(strait_pool_options *options);

/* Starts `threads` - 1 threads. They wait for work by spinning for a moment,
 * then sleep. Instances on several threads may use one pool at once: who finds
 * it busy works alone. Fails with OUT_OF_MEMORY, INVALID_ARGUMENT. */
STRAIT_API strait_code strait_pool_create(const strait_pool_options *options,
                                          strait_pool **pool,
                                          strait_error *error);
/* Ends the threads of a pool that no instance uses any more. NULL is
 * allowed. */
STRAIT_API void strait_pool_destroy(strait_pool *pool);
STRAIT_API uint32_t strait_pool_threads(const strait_pool *pool);

/* An application's own threads in place of a pool: calls body(context, i) for
 * each i in [0, workers), on any threads, in any order or at once, and returns
 * when all calls have. */
typedef struct strait_executor {
  void (*parallel_for)(void *user, uint32_t workers,
                       void (*body)(void *context, uint32_t worker),
                       void *context);
  void *user;
  uint32_t workers; /* most that run at once; 1 to 1024 */
} strait_executor;

/* ------------------------------------------------------------ instances -- */

typedef struct strait_instance strait_instance;

/* One kernel launch that has ended. Strings live as long as the module. */
typedef struct strait_launch_event {
  const char *kernel;
  const char *origin;        /* ONNX nodes, joined by ';' */
  uint64_t start_ns, end_ns; /* CLOCK_MONOTONIC; of a GPU's kernel the start
                                is when it was queued, and the time between
                                the two is the GPU's */
  int64_t tasks;
  uint64_t flops, bytes; /* 0 where they depend on dynamic dimensions */
} strait_launch_event;

typedef struct strait_instance_options {
  size_t size;
  /* Memory of the instance: bindings, intermediate buffers, its own outputs.
   * Zeros: malloc. After a run, further runs at the same or smaller sizes
   * allocate nothing. */
  strait_allocator allocator;
  /* Threads: `pool` (must outlive the instance), else `executor` if its
   * parallel_for is set, else the calling thread alone. Results do not depend
   * on the number of threads, nor on the floating-point mode of the calling
   * one: kernels round to nearest, never trap, and take denormal numbers for
   * zero; the thread's own mode is restored after each. */
  strait_pool *pool;
  strait_executor executor;
  /* Called on the calling thread after every launch, when set; a GPU then does
   * one launch at a time. */
  void (*on_launch)(void *user, const strait_launch_event *event);
  void *on_launch_user;
  /* Of a model for GPUs: a stream (CUstream) of the module's context for all
   * work of the instance, in place of one of its own. It stays the caller's and
   * must outlive the instance. */
  void *device_stream;
} strait_instance_options;

STRAIT_API void strait_instance_options_init(strait_instance_options *options);

/* Makes an instance of a module, which must outlive it. On a GPU it has a stream
 * of its own, and the threads of the options do nothing. Fails with
 * OUT_OF_MEMORY, DEVICE, INVALID_ARGUMENT. Any thread. */
STRAIT_API strait_code strait_instance_create(
    const strait_module *module, const strait_instance_options *options,
    strait_instance **instance, strait_error *error);
/* NULL is allowed. */
STRAIT_API void strait_instance_destroy(strait_instance *instance);

/* A dense row-major tensor. */
typedef struct strait_tensor {
  void *data;
  uint32_t dtype; /* strait_dtype */
  uint32_t rank;
  const int64_t *dims;
} strait_tensor;

/* Binds an input for the runs to come. The dims are copied; the data stays the
 * caller's, is only read, and must be valid during those runs. Data that is
 * not 64-byte aligned is copied in each run. Fails with INVALID_INPUT when
 * type, rank or a static dimension differs, INVALID_ARGUMENT. */
STRAIT_API strait_code strait_set_input(strait_instance *instance,
                                        uint32_t entry, uint32_t index,
                                        const strait_tensor *tensor,
                                        strait_error *error);

/* Binds `bytes` bytes at `data` for an output of the runs to come; they stay
 * the caller's. A run fails with INVALID_INPUT when the output needs more.
 * NULL: the instance's own memory again, which is the default. Data that is
 * not 64-byte aligned costs a copy in each run. */
STRAIT_API strait_code strait_set_output(strait_instance *instance,
                                         uint32_t entry, uint32_t index,
                                         void *data, size_t bytes,
                                         strait_error *error);

/* The same two for memory of the GPU, in place of copies in each run: data is an
 * address there (CUdeviceptr), 64-byte aligned. What the caller's other streams
 * do with it has to be done before a run. strait_get_output gives the address
 * back. Fails with INVALID_ARGUMENT too if the model is for CPUs. */
STRAIT_API strait_code strait_set_device_input(strait_instance *instance,
                                               uint32_t entry, uint32_t index,
                                               const strait_tensor *tensor,
                                               strait_error *error);
STRAIT_API strait_code strait_set_device_output(strait_instance *instance,
                                                uint32_t entry, uint32_t index,
                                                void *data, size_t bytes,
                                                strait_error *error);

/* --------------------------------------------------------------- states -- */

/* A tensor that lives from run to run, as a cache of past keys or the memory of
 * a recurrent layer: what an entry writes to an output is what it, or another
 * entry, reads from an input in the next run. Nothing is copied. A run that
 * fails leaves the state as it was. One thread at a time, as its instance;
 * several entries of an instance may share a state. */
typedef struct strait_state strait_state;

typedef struct strait_state_options {
  size_t size;
  strait_allocator allocator; /* zeros: malloc */
} strait_state_options;

STRAIT_API void strait_state_options_init(strait_state_options *options);

/* Makes a state of the type and rank of an input, without a value. Destroy it
 * after the instances that it is bound to. Fails with OUT_OF_MEMORY,
 * INVALID_ARGUMENT. */
STRAIT_API strait_code strait_state_create(const strait_module *module,
                                           uint32_t entry, uint32_t input,
                                           const strait_state_options *options,
                                           strait_state **state,
                                           strait_error *error);
/* NULL is allowed. */
STRAIT_API void strait_state_destroy(strait_state *state);

/* Copies a value into the state. Fails with INVALID_INPUT, OUT_OF_MEMORY,
 * INVALID_ARGUMENT. */
STRAIT_API strait_code strait_state_set(strait_state *state,
                                        const strait_tensor *value,
                                        strait_error *error);

/* The value, valid until the next run or strait_state_set. Fails with
 * INVALID_ARGUMENT when there is none. */
STRAIT_API strait_code strait_state_get(const strait_state *state,
                                        strait_tensor *value,
                                        strait_error *error);

/* Lets an entry read the state as `input` and write it as `output` in the runs
 * to come, in place of strait_set_input and strait_set_output for the two. NULL
 * unbinds. Fails with INVALID_INPUT when types or ranks differ,
 * INVALID_ARGUMENT. */
STRAIT_API strait_code strait_bind_state(strait_instance *instance,
                                         uint32_t entry, uint32_t input,
                                         uint32_t output, strait_state *state,
                                         strait_error *error);

/* A model may declare states of its own, which all its entries share: numbered
 * from 0, described by strait_find_state_desc (NULL when out of range; the dims
 * hold the capacity of its rows). strait_find_state returns -1 for an unknown
 * name. Any thread. */
STRAIT_API uint32_t strait_num_states(const strait_module *module);
STRAIT_API const strait_state_desc *
strait_find_state_desc(const strait_module *module, uint32_t index);
STRAIT_API int32_t strait_find_state(const strait_module *module,
                                     const char *name);

/* Makes a state that the model declares, of its full capacity, without rows
 * (zeros where it has none). Destroy it after the instance that it is attached
 * to. Fails with OUT_OF_MEMORY, BAD_ARTEFACT, INVALID_ARGUMENT. */
STRAIT_API strait_code strait_state_open(const strait_module *module,
                                         uint32_t index,
                                         const strait_state_options *options,
                                         strait_state **state,
                                         strait_error *error);

/* Lets the entries of the instance use the state in the runs to come; they fail
 * with INVALID_INPUT without one. Nothing is copied, so that one instance can
 * serve several sequences in turn. NULL detaches. Fails with
 * INVALID_ARGUMENT. */
STRAIT_API strait_code strait_attach_state(strait_instance *instance,
                                           uint32_t index, strait_state *state,
                                           strait_error *error);

/* The rows that a declared state holds, 1 for one without rows. Its value, as
 * strait_state_get gives it, has the capacity as extent. */
STRAIT_API int64_t strait_state_length(const strait_state *state);

/* Back to how strait_state_open or strait_state_create made it. */
STRAIT_API void strait_state_reset(strait_state *state);

/* ----------------------------------------------------------------- runs -- */

/* Finds the outputs' dimensions from those of the inputs bound, without
 * running (input data need not be set). strait_get_output then returns them,
 * -1 where they depend on the inputs' values, with data NULL. Fails with
 * INVALID_INPUT. */
STRAIT_API strait_code strait_query_outputs(strait_instance *instance,
                                            uint32_t entry,
                                            strait_error *error);

typedef struct strait_run_options {
  size_t size;
  uint64_t timeout_ns; /* 0: none; looked at between kernels */
} strait_run_options;

STRAIT_API void strait_run_options_init(strait_run_options *options);

/* Runs an entry on the inputs bound and returns when the outputs are there.
 * Fails with INVALID_INPUT, OUT_OF_MEMORY, CANCELLED, DEADLINE, DEVICE,
 * INVALID_ARGUMENT; the outputs are undefined then and the instance stays
 * usable. (After a kernel on a GPU has failed, the driver refuses all work of
 * its context: close all modules there. Whether the process can open them again
 * is the driver's to say; a new process can.) */
STRAIT_API strait_code strait_run(strait_instance *instance, uint32_t entry,
                                  const strait_run_options *options,
                                  strait_error *error);

/* Stops the run in progress before its next kernel, or the next run if there
 * is none; that run returns STRAIT_CANCELLED. Any thread. */
STRAIT_API void strait_cancel(strait_instance *instance);

/* An output of the last run or query of this entry. `data` is the caller's
 * buffer or the instance's own; data and dims are valid until the next call for
 * this entry. On a GPU, data is NULL where a state is bound: strait_state_get
 * copies its value. Fails with INVALID_ARGUMENT when there was none. */
STRAIT_API strait_code strait_get_output(const strait_instance *instance,
                                         uint32_t entry, uint32_t index,
                                         strait_tensor *tensor,
                                         strait_error *error);

/* Bytes that the instance holds now; they never shrink. */
typedef struct strait_memory {
  uint64_t arena_bytes;   /* intermediate buffers, on a GPU if it runs there */
  uint64_t scratch_bytes; /* workers' own areas */
  uint64_t io_bytes;      /* outputs that the instance owns, aligned copies */
  uint64_t other_bytes;   /* bindings and plans */
} strait_memory;

STRAIT_API void strait_instance_memory(const strait_instance *instance,
                                       strait_memory *memory);

#ifdef __cplusplus
}
#endif

#endif /* STRAIT_RUNTIME_H */
