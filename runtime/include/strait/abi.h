/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The contract between compiled models and the runtime. The compiler emits
 * these structures as constants of the model's object; the runtime reads them
 * and calls the entries. Everything is plain C11 data of fixed layout on
 * 64-bit targets, so a model's object needs no header to be linked.
 *
 * A compiled model is
 *   - kernels: loops over a range of tasks, without state or allocation, or
 *     images of code for a device that does one task per block of threads;
 *   - one host function per entry: evaluates the sizes, asks for memory,
 *     launches the kernels in order;
 *   - one block of weights, mapped read-only and shared by all instances.
 */
#ifndef STRAIT_ABI_H
#define STRAIT_ABI_H

#include <stdint.h>

/* Changes whenever a structure or the meaning of a call below changes. */
#define STRAIT_ABI_VERSION 6

/* Alignment in bytes of every buffer, weight and scratch area. */
#define STRAIT_ALIGNMENT 64

/* Element types. The numbers are those of ONNX's TensorProto.DataType. */
typedef enum strait_dtype {
  STRAIT_F32 = 1,
  STRAIT_U8 = 2,
  STRAIT_I8 = 3,
  STRAIT_U16 = 4,
  STRAIT_I16 = 5,
  STRAIT_I32 = 6,
  STRAIT_I64 = 7,
  STRAIT_BOOL = 9, /* one byte per element, 0 or 1 */
  STRAIT_F16 = 10,
  STRAIT_F64 = 11,
  STRAIT_U32 = 12,
  STRAIT_U64 = 13,
  STRAIT_BF16 = 16
} strait_dtype;

/* Code levels. A model holds a level if all of its kernels have code of it; the
 * runtime takes the highest that the machine has and the model holds. A model
 * is for CPUs or for devices, whose levels start at STRAIT_ISA_COUNT. */
enum {
  STRAIT_ISA_AVX2 = 0,
  STRAIT_ISA_AVX512 = 1,
  STRAIT_ISA_COUNT = 2,
  STRAIT_ISA_SM80 = 2,  /* any GPU of compute capability 8.0 or later */
  STRAIT_ISA_SM90A = 3, /* GPUs of compute capability 9.0 only */
  STRAIT_ISA_END = 4
};

/* One run in progress; opaque to compiled code. */
typedef struct strait_run_state strait_run_state;

/* A tensor bound to an entry: contiguous, row-major. `dims` has the rank of the
 * tensor's description. For outputs the entry fills in `dims` first. */
typedef struct strait_binding {
  void *data;
  int64_t *dims;
} strait_binding;

/* Runs tasks [begin, end) of a kernel on a CPU. `buffers` are the operands in
 * the order of the launch (inputs, then results), `sizes` the dynamic extents,
 * `scratch` the calling worker's own area of the size that the launch asked
 * for. */
typedef void (*strait_kernel_fn)(void *const *buffers, const int64_t *sizes,
                                 void *scratch, int64_t begin, int64_t end);

/* What compiled code may ask of the runtime. A call that returns int32_t
 * returns 0, or an error code that the entry returns at once. */
typedef struct strait_services {
  uint32_t abi_version;
  uint32_t bytes; /* sizeof(strait_services) of the runtime */

  /* Runs launch number `launch` of the model over `tasks` tasks: on the pool,
   * returning when all are done, or on the device, in the order of these calls.
   * `scratch_bytes` is the memory that each worker, or each block of threads,
   * has for itself. 0 tasks: nothing to do. */
  int32_t (*launch)(strait_run_state *run, uint32_t launch,
                    void *const *buffers, const int64_t *sizes, int64_t tasks,
                    int64_t scratch_bytes);

  /* Memory for intermediate buffers. `plan` numbers the call sites of an
   * entry; each owns one slab that lives until the instance is closed and only
   * grows. `slab` gives `bytes` bytes. `plan` places `count` buffers of `sizes`
   * bytes: buffers whose lifetimes (pairs of first and last step, inclusive)
   * overlap get disjoint places; `*offsets` stays valid during the run. The
   * placement is kept and reused as long as the sizes are the same. */
  int32_t (*slab)(strait_run_state *run, uint32_t plan, int64_t bytes,
                  void **base);
  int32_t (*plan)(strait_run_state *run, uint32_t plan, int64_t count,
                  const int64_t *sizes, const int32_t *lifetimes, void **base,
                  const int64_t **offsets);

  /* The place where output `index` goes, its dims being filled in: the
   * caller's buffer (checked to be large enough), else the instance's own. */
  int32_t (*output)(strait_run_state *run, uint32_t index, void **data);

  /* Reports that a dimension or value is not what the model needs; `what`
   * is a static text that ends in "expected". Returns the error code to
   * return. */
  int32_t (*fail)(strait_run_state *run, const char *what, int64_t expected,
                  int64_t got);

  /* States. `state` gives the memory of state number `state` of the model and
   * the rows that it held when the run began. `write_rows` copies `count` rows
   * to those from `at` on, in place, and makes at + count the number held by
   * the next run; it fails beyond the capacity. `rotate` drops the first `by`
   * of `held` rows and gives how many stay. A run that fails leaves a state as
   * it was, or empty if rows of earlier runs have changed. */
  int32_t (*state)(strait_run_state *run, uint32_t state, void **data,
                   int64_t *length);
  int32_t (*write_rows)(strait_run_state *run, uint32_t state,
                        const void *rows, int64_t at, int64_t count);
  int32_t (*rotate)(strait_run_state *run, uint32_t state, int64_t by,
                    int64_t held, int64_t *length);

  /* Compiled host code touches no buffer itself, as buffers may lie in another
   * memory than its own. `copy` copies `bytes` bytes between buffers (which do
   * not overlap), `read` from a buffer to `*value`, `write` the other way; all
   * in the order of the launches around them. */
  int32_t (*copy)(strait_run_state *run, void *target, const void *source,
                  int64_t bytes);
  int32_t (*read)(strait_run_state *run, void *value, const void *source,
                  int64_t bytes);
  int32_t (*write)(strait_run_state *run, void *target, const void *value,
                   int64_t bytes);

  /* The code level (STRAIT_ISA_...) whose kernels `launch` runs. */
  int32_t (*code_level)(strait_run_state *run);

  /* Memory of `bytes` bytes for what changes its size within a run, `plan`
   * being a number like those of slabs. Its first `kept` bytes are those that the
   * call before gave; with 0 kept what that call gave stays valid until the
   * next one. Grows by doubling, and is gone when the run ends. `what` is a
   * static text for errors. */
  int32_t (*grow)(strait_run_state *run, uint32_t plan, int64_t bytes,
                  int64_t kept, const char *what, void **data);
} strait_services;

/* Host function of an entry. With `query` set it fills in the outputs' dims as
 * far as they follow from the inputs' dims alone (others become -1), checks
 * the inputs' dims, and launches nothing. */
typedef int32_t (*strait_entry_fn)(const strait_services *services,
                                   strait_run_state *run,
                                   const uint8_t *weights,
                                   const strait_binding *inputs,
                                   strait_binding *outputs, int32_t query);

typedef struct strait_tensor_desc {
  const char *name;             /* ONNX name */
  uint32_t dtype;               /* strait_dtype */
  uint32_t rank;
  const int64_t *dims;          /* -1 where dynamic */
  const char *const *dim_names; /* "" where ONNX gives none; may be NULL */
} strait_tensor_desc;

typedef struct strait_entry_desc {
  const char *name; /* "main" for a single model */
  strait_entry_fn run;
  uint32_t num_inputs, num_outputs;
  const strait_tensor_desc *inputs, *outputs;
  uint32_t num_plans;
  uint32_t reserved;
} strait_entry_desc;

typedef struct strait_kernel_desc {
  const char *name;
  strait_kernel_fn code[STRAIT_ISA_COUNT]; /* NULL where not compiled */
  uint32_t num_buffers, num_sizes;         /* of its launches */
} strait_kernel_desc;

/* Code of all kernels for a device: each is a function of the kernel's name
 * whose parameters are the buffers' addresses and the sizes, 8 bytes each. */
typedef struct strait_image_desc {
  uint32_t isa; /* STRAIT_ISA_SM80, ... */
  uint32_t reserved;
  const char *ptx;
  const uint32_t *threads; /* of a block, by kernel */
} strait_image_desc;

/* What drives a device (runtime/core/backend.h). A model for devices refers to
 * it, so that only programs with such models carry it. */
typedef struct strait_backend strait_backend;

/* One launch site: which kernel, and the ONNX nodes it came from joined by
 * ';', for profiles and errors. FLOPs and bytes are 0 where dynamic. */
typedef struct strait_launch_desc {
  uint32_t kernel;
  uint32_t reserved;
  const char *origin;
  uint64_t flops, bytes;
} strait_launch_desc;

/* A tensor that lives from run to run. `dims` has the capacity in place of the
 * extent along which rows come and go, which is `row_axis`; -1: none, the state
 * is always whole. */
typedef struct strait_state_desc {
  const char *name;
  uint32_t dtype; /* strait_dtype */
  uint32_t rank;
  const int64_t *dims;
  int32_t row_axis;
  uint32_t reserved;
} strait_state_desc;

/* The root: one constant `strait_model_desc` per artefact, exported under the
 * symbol `strait_model`. */
typedef struct strait_model_desc {
  uint32_t abi_version;
  uint32_t flags; /* 0 */
  const char *name;
  const char *producer; /* compiler name and version */
  uint64_t weights_bytes;
  uint8_t weights_hash[16]; /* first 16 bytes of the weights' BLAKE3 hash */
  uint32_t num_entries, num_kernels, num_launches, num_states;
  uint32_t num_images, reserved;
  const strait_entry_desc *entries;
  const strait_kernel_desc *kernels;
  const strait_launch_desc *launches;
  const strait_state_desc *states;
  const strait_image_desc *images;
  const strait_backend *backend; /* NULL: the kernels run on CPUs */
} strait_model_desc;

#endif /* STRAIT_ABI_H */
