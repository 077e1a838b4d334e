/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The header is a Python dictionary in text:
 *   {'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }
 */
#include "runtime/program/npy.h"
#include "runtime/core/error.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

/* bf16 is not a numpy type; ml_dtypes saves it as two plain bytes. */
static const struct {
  uint32_t dtype;
  const char *descr;
} descrs[] = {{STRAIT_F32, "<f4"}, {STRAIT_U8, "|u1"},   {STRAIT_I8, "|i1"},
              {STRAIT_U16, "<u2"}, {STRAIT_I16, "<i2"},  {STRAIT_I32, "<i4"},
              {STRAIT_I64, "<i8"}, {STRAIT_BOOL, "|b1"}, {STRAIT_F16, "<f2"},
              {STRAIT_F64, "<f8"}, {STRAIT_U32, "<u4"},  {STRAIT_U64, "<u8"},
              {STRAIT_BF16, "<V2"}};
enum { DESCR_COUNT = sizeof descrs / sizeof *descrs };

struct cursor {
  const char *at, *end;
};

static void skip_space(struct cursor *text) {
  while (text->at < text->end && strchr(" \t\r\n", *text->at) && *text->at)
    ++text->at;
}

/* Takes `word` if it is next. */
static bool take(struct cursor *text, const char *word) {
  skip_space(text);
  size_t length = strlen(word);
  if ((size_t)(text->end - text->at) < length ||
      memcmp(text->at, word, length) != 0)
    return false;
  text->at += length;
  return true;
}

static bool take_string(struct cursor *text, char *out, size_t room) {
  skip_space(text);
  if (text->at == text->end || (*text->at != '\'' && *text->at != '"'))
    return false;
  char quote = *text->at++;
  size_t length = 0;
  while (text->at < text->end && *text->at != quote) {
    if (length + 1 >= room)
      return false;
    out[length++] = *text->at++;
  }
  if (text->at == text->end)
    return false;
  ++text->at;
  out[length] = 0;
  return true;
}

static bool take_number(struct cursor *text, int64_t *number) {
  skip_space(text);
  const char *start = text->at;
  *number = 0;
  while (text->at < text->end && *text->at >= '0' && *text->at <= '9')
    if (__builtin_mul_overflow(*number, 10, number) ||
        __builtin_add_overflow(*number, *text->at++ - '0', number))
      return false;
  return text->at > start;
}

static bool take_shape(struct cursor *text, array *result) {
  if (!take(text, "("))
    return false;
  result->rank = 0;
  while (!take(text, ")")) {
    if (result->rank == ARRAY_MOST_DIMS ||
        !take_number(text, &result->dims[result->rank++]))
      return false;
    if (!take(text, ",")) {
      if (!take(text, ")"))
        return false;
      break;
    }
  }
  return true;
}

/* Reads the dictionary; false when it is not as numpy writes it. */
static bool read_dictionary(struct cursor text, array *result, char *descr,
                            size_t room, bool *fortran) {
  bool has_descr = false, has_order = false, has_shape = false;
  if (!take(&text, "{"))
    return false;
  while (!take(&text, "}")) {
    char key[24];
    if (!take_string(&text, key, sizeof key) || !take(&text, ":"))
      return false;
    if (strcmp(key, "descr") == 0) {
      has_descr = take_string(&text, descr, room);
      if (!has_descr)
        return false;
    } else if (strcmp(key, "fortran_order") == 0) {
      *fortran = take(&text, "True");
      has_order = *fortran || take(&text, "False");
      if (!has_order)
        return false;
    } else if (strcmp(key, "shape") == 0) {
      has_shape = take_shape(&text, result);
      if (!has_shape)
        return false;
    } else {
      return false;
    }
    if (!take(&text, ",")) {
      if (!take(&text, "}"))
        return false;
      break;
    }
  }
  return has_descr && has_order && has_shape;
}

static bool find_dtype(const char *descr, uint32_t *dtype) {
  for (int i = 0; i < DESCR_COUNT; ++i)
    if (strcmp(descrs[i].descr, descr) == 0 ||
        (descr[0] == '=' && strcmp(descrs[i].descr + 1, descr + 1) == 0)) {
      *dtype = descrs[i].dtype;
      return true;
    }
  return false;
}

strait_code npy_read(const uint8_t *bytes, size_t size, const char *what,
                     array *result, strait_error *error) {
  static const uint8_t magic[6] = {0x93, 'N', 'U', 'M', 'P', 'Y'};
  if (size < 10 || memcmp(bytes, magic, sizeof magic) != 0)
    return strait_fail(error, STRAIT_INVALID_INPUT, "'%s' is not an .npy array",
                       what);
  size_t start = bytes[6] == 1 ? 10 : 12;
  size_t length = bytes[8] | (size_t)bytes[9] << 8;
  if (bytes[6] != 1 && size >= 12)
    length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
  if (start > size || length > size - start)
    return strait_fail(error, STRAIT_INVALID_INPUT,
                       "'%s': expected a header of %zu bytes, got %zu", what,
                       length, start > size ? 0 : size - start);
  char descr[16];
  bool fortran = false;
  struct cursor text = {(const char *)bytes + start,
                        (const char *)bytes + start + length};
  if (!read_dictionary(text, result, descr, sizeof descr, &fortran))
    return strait_fail(error, STRAIT_INVALID_INPUT,
                       "'%s': the .npy header cannot be read (structured "
                       "arrays and more than %d dimensions are not supported)",
                       what, ARRAY_MOST_DIMS);
  if (!find_dtype(descr, &result->dtype))
    return strait_fail(error, STRAIT_INVALID_INPUT,
                       "'%s': numpy type '%s' is not supported", what, descr);
  if (fortran && result->rank > 1)
    return strait_fail(error, STRAIT_INVALID_INPUT,
                       "'%s' is in Fortran order: save "
                       "numpy.ascontiguousarray of it",
                       what);
  result->data = bytes + start + length;
  size_t got = size - start - length;
  int64_t needed = array_bytes(result->dtype, result->rank, result->dims);
  if (needed < 0 || (uint64_t)needed > got)
    return strait_fail(error, STRAIT_INVALID_INPUT,
                       "'%s': expected %" PRId64 " bytes of elements, got %zu",
                       what, needed, got);
  result->bytes = (size_t)needed;
  return STRAIT_OK;
}

size_t npy_header(uint8_t header[NPY_HEADER_ROOM], uint32_t dtype,
                  uint32_t rank, const int64_t *dims) {
  const char *descr = "|V1";
  for (int i = 0; i < DESCR_COUNT; ++i)
    if (descrs[i].dtype == dtype)
      descr = descrs[i].descr;
  char *text = (char *)header + 10;
  size_t room = NPY_HEADER_ROOM - 10;
  size_t used = (size_t)snprintf(
      text, room, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
  for (uint32_t i = 0; i < rank && i < ARRAY_MOST_DIMS; ++i)
    used +=
        (size_t)snprintf(text + used, room - used, "%" PRId64 ", ", dims[i]);
  used += (size_t)snprintf(text + used, room - used, "), }");
  while ((10 + used + 1) % 64 != 0)
    text[used++] = ' ';
  text[used++] = '\n';
  memcpy(header, "\x93NUMPY\x01\x00", 8);
  header[8] = (uint8_t)used;
  header[9] = (uint8_t)(used >> 8);
  return 10 + used;
}
