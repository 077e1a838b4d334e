/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "runtime/core/error.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

strait_code strait_fail(strait_error *error, strait_code code,
                        const char *format, ...) {
  if (!error)
    return code;
  error->code = code;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->text, sizeof error->text, format, arguments);
  va_end(arguments);
  return code;
}

const char *strait_dims_text(char text[STRAIT_DIMS_TEXT], const int64_t *dims,
                             uint32_t rank) {
  enum { LONGEST_DIM = 24 };
  size_t used = 0;
  if (rank == 0)
    return strcpy(text, "scalar");
  for (uint32_t i = 0; i < rank; ++i) {
    if (used + LONGEST_DIM >= STRAIT_DIMS_TEXT) {
      strcpy(text + used, "...");
      break;
    }
    char *end = text + used;
    size_t room = STRAIT_DIMS_TEXT - used;
    const char *times = i ? "x" : "";
    if (dims[i] < 0)
      used += (size_t)snprintf(end, room, "%s?", times);
    else
      used += (size_t)snprintf(end, room, "%s%" PRId64, times, dims[i]);
  }
  return text;
}

static const struct {
  uint32_t dtype;
  uint32_t bytes;
  const char *name;
} dtypes[] = {
    {STRAIT_F32, 4, "f32"},  {STRAIT_U8, 1, "u8"},     {STRAIT_I8, 1, "i8"},
    {STRAIT_U16, 2, "u16"},  {STRAIT_I16, 2, "i16"},   {STRAIT_I32, 4, "i32"},
    {STRAIT_I64, 8, "i64"},  {STRAIT_BOOL, 1, "bool"}, {STRAIT_F16, 2, "f16"},
    {STRAIT_F64, 8, "f64"},  {STRAIT_U32, 4, "u32"},   {STRAIT_U64, 8, "u64"},
    {STRAIT_BF16, 2, "bf16"}};

const char *strait_dtype_name(uint32_t dtype) {
  for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; ++i)
    if (dtypes[i].dtype == dtype)
      return dtypes[i].name;
  return "unknown";
}

size_t strait_dtype_bytes(uint32_t dtype) {
  for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; ++i)
    if (dtypes[i].dtype == dtype)
      return dtypes[i].bytes;
  return 0;
}
