/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Protocol buffers are a list of fields: a varint of number and wire type, then
 * the value. Elements are in raw_data, or one by one in a field of their type.
 */
#include "runtime/program/tensor_proto.h"
#include "runtime/core/error.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

/* Field numbers of TensorProto. */
enum {
  DIMS = 1,
  DATA_TYPE = 2,
  FLOAT_DATA = 4,
  INT32_DATA = 5,
  INT64_DATA = 7,
  RAW_DATA = 9,
  DOUBLE_DATA = 10,
  UINT64_DATA = 11,
  DATA_LOCATION = 14
};

struct wire {
  const uint8_t *at, *end;
};

struct field {
  uint64_t number;
  uint64_t value;   /* of a varint or fixed field */
  struct wire span; /* of a field of bytes */
  int type;
};

static bool take_varint(struct wire *wire, uint64_t *value) {
  *value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (wire->at == wire->end)
      return false;
    uint8_t byte = *wire->at++;
    *value |= (uint64_t)(byte & 0x7f) << shift;
    if (!(byte & 0x80))
      return true;
  }
  return false;
}

static bool take_fixed(struct wire *wire, int width, uint64_t *value) {
  if (wire->end - wire->at < width)
    return false;
  *value = 0;
  for (int i = 0; i < width; ++i)
    *value |= (uint64_t)*wire->at++ << 8 * i;
  return true;
}

static bool take_field(struct wire *wire, struct field *field) {
  uint64_t key;
  if (!take_varint(wire, &key))
    return false;
  field->number = key >> 3;
  field->type = (int)(key & 7);
  switch (field->type) {
  case VARINT:
    return take_varint(wire, &field->value);
  case FIXED64:
    return take_fixed(wire, 8, &field->value);
  case FIXED32:
    return take_fixed(wire, 4, &field->value);
  case BYTES:
    if (!take_varint(wire, &field->value) ||
        field->value > (uint64_t)(wire->end - wire->at))
      return false;
    field->span = (struct wire){wire->at, wire->at + field->value};
    wire->at = field->span.end;
    return true;
  default:
    return false;
  }
}

/* How the elements of a typed field are written. */
static int element_wire_type(uint64_t number) {
  switch (number) {
  case FLOAT_DATA:
    return FIXED32;
  case DOUBLE_DATA:
    return FIXED64;
  case INT32_DATA:
  case INT64_DATA:
  case UINT64_DATA:
    return VARINT;
  default:
    return -1;
  }
}

static bool take_element(struct wire *wire, int type, uint64_t *value) {
  return type == VARINT ? take_varint(wire, value)
                        : take_fixed(wire, type == FIXED32 ? 4 : 8, value);
}

static bool add_dim(array *result, uint64_t dim) {
  if (result->rank == ARRAY_MOST_DIMS || dim > INT64_MAX)
    return false;
  result->dims[result->rank++] = (int64_t)dim;
  return true;
}

/* Reads type, dims and raw data. False when the bytes are no TensorProto. */
static bool read_head(struct wire wire, array *result, bool *external) {
  struct field field;
  while (wire.at < wire.end) {
    if (!take_field(&wire, &field))
      return false;
    if (field.number == DIMS && field.type == VARINT) {
      if (!add_dim(result, field.value))
        return false;
    } else if (field.number == DIMS && field.type == BYTES) {
      uint64_t dim;
      while (field.span.at < field.span.end)
        if (!take_varint(&field.span, &dim) || !add_dim(result, dim))
          return false;
    } else if (field.number == DATA_TYPE && field.type == VARINT) {
      result->dtype = field.value > UINT32_MAX ? 0 : (uint32_t)field.value;
    } else if (field.number == DATA_LOCATION && field.type == VARINT) {
      *external = field.value != 0;
    } else if (field.number == RAW_DATA && field.type == BYTES) {
      result->data = field.span.at;
      result->bytes = (size_t)(field.span.end - field.span.at);
    }
  }
  return true;
}

/* Copies typed elements to `out`; returns how many there are, or -1. */
static int64_t read_elements(struct wire wire, uint8_t *out, size_t width,
                             int64_t room) {
  int64_t count = 0;
  struct field field;
  uint64_t value;
  while (wire.at < wire.end) {
    if (!take_field(&wire, &field))
      return -1;
    int type = element_wire_type(field.number);
    if (type < 0)
      continue;
    if (field.type == BYTES) {
      while (field.span.at < field.span.end) {
        if (count == room || !take_element(&field.span, type, &value))
          return -1;
        memcpy(out + (size_t)count++ * width, &value, width);
      }
    } else if (field.type == type) {
      if (count == room)
        return -1;
      memcpy(out + (size_t)count++ * width, &field.value, width);
    }
  }
  return count;
}

strait_code tensor_proto_read(const uint8_t *bytes, size_t size,
                              const char *path, array *result, void **owned,
                              strait_error *error) {
  *owned = NULL;
  memset(result, 0, sizeof *result);
  struct wire wire = {bytes, bytes + size};
  bool external = false;
  if (!read_head(wire, result, &external))
    return strait_fail(error, STRAIT_INVALID_INPUT,
                       "'%s' is not an ONNX TensorProto", path);
  size_t width = strait_dtype_bytes(result->dtype);
  if (width == 0)
    return strait_fail(error, STRAIT_INVALID_INPUT,
                       "'%s': ONNX type %" PRIu32 " is not supported", path,
                       result->dtype);
  if (external)
    return strait_fail(error, STRAIT_INVALID_INPUT,
                       "'%s' keeps its data in another file", path);
  int64_t needed = array_bytes(result->dtype, result->rank, result->dims);
  if (!result->data) {
    /* An element takes a byte at least, so a lie about dims costs no memory. */
    int64_t room = needed / (int64_t)width;
    if (needed < 0 || (uint64_t)room > size)
      room = 0;
    *owned = malloc((size_t)room * width + 1);
    if (!*owned)
      return strait_fail(error, STRAIT_OUT_OF_MEMORY, "no memory for '%s'",
                         path);
    int64_t count = read_elements(wire, *owned, width, room);
    result->data = *owned;
    result->bytes = count < 0 ? 0 : (size_t)count * width;
  }
  if (needed < 0 || result->bytes != (uint64_t)needed) {
    char text[STRAIT_DIMS_TEXT];
    return strait_fail(
        error, STRAIT_INVALID_INPUT,
        "'%s': expected %" PRId64 " bytes for %s, got %zu", path, needed,
        strait_dims_text(text, result->dims, result->rank), result->bytes);
  }
  return STRAIT_OK;
}
