/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * A zip file is read from its end: a fixed record says where the directory is,
 * the directory where each member is. Numbers are little-endian. numpy writes
 * the 64-bit form of some fields, so both are read.
 */
#include "runtime/program/npz.h"
#include "runtime/core/error.h"
#include "runtime/program/npy.h"
#include "runtime/program/output_file.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  LOCAL_BYTES = 30,
  CENTRAL_BYTES = 46,
  END_BYTES = 22,
  LOCATOR64_BYTES = 20,
  END64_BYTES = 56,
  MOST_NAME = 1024
};
static const uint32_t local_magic = 0x04034b50, central_magic = 0x02014b50,
                      end_magic = 0x06054b50, locator64_magic = 0x07064b50,
                      end64_magic = 0x06064b50;

static uint64_t number(const uint8_t *bytes, int width) {
  uint64_t value = 0;
  for (int i = width - 1; i >= 0; --i)
    value = value << 8 | bytes[i];
  return value;
}

static uint16_t u16(const uint8_t *bytes) { return (uint16_t)number(bytes, 2); }
static uint32_t u32(const uint8_t *bytes) { return (uint32_t)number(bytes, 4); }
static uint64_t u64(const uint8_t *bytes) { return number(bytes, 8); }

/* Whether [offset, offset + length) lies within [0, size). */
static bool within(uint64_t offset, uint64_t length, uint64_t size) {
  return offset <= size && length <= size - offset;
}

struct directory {
  uint64_t offset, bytes, count;
};

static bool find_directory(const uint8_t *bytes, size_t size,
                           struct directory *directory) {
  const size_t most_comment = 0xffff;
  if (size < END_BYTES)
    return false;
  size_t end = size - END_BYTES;
  size_t lowest = end > most_comment ? end - most_comment : 0;
  while (u32(bytes + end) != end_magic)
    if (end-- == lowest)
      return false;
  directory->count = u16(bytes + end + 10);
  directory->bytes = u32(bytes + end + 12);
  directory->offset = u32(bytes + end + 16);
  if (end >= LOCATOR64_BYTES &&
      u32(bytes + end - LOCATOR64_BYTES) == locator64_magic) {
    uint64_t end64 = u64(bytes + end - LOCATOR64_BYTES + 8);
    if (!within(end64, END64_BYTES, size) || u32(bytes + end64) != end64_magic)
      return false;
    directory->count = u64(bytes + end64 + 32);
    directory->bytes = u64(bytes + end64 + 40);
    directory->offset = u64(bytes + end64 + 48);
  }
  return within(directory->offset, directory->bytes, size);
}

struct member {
  char name[MOST_NAME];
  uint16_t flags, method;
  uint64_t stored, plain, local; /* bytes, bytes, offset */
};

/* Fields that hold all ones are found in the 64-bit extra field, in order. */
static bool widen(const uint8_t *extra, size_t extra_bytes,
                  struct member *member) {
  uint64_t *fields[] = {&member->plain, &member->stored, &member->local};
  size_t at = 0;
  while (at + 4 <= extra_bytes) {
    uint16_t id = u16(extra + at), length = u16(extra + at + 2);
    at += 4;
    if (length > extra_bytes - at)
      return false;
    size_t field_at = at, field_end = at + length;
    for (int i = 0; id == 1 && i < 3; ++i) {
      if (*fields[i] != UINT32_MAX)
        continue;
      if (field_at + 8 > field_end)
        return false;
      *fields[i] = u64(extra + field_at);
      field_at += 8;
    }
    at = field_end;
  }
  return true;
}

/* Reads the directory's record at `*at` and moves on to the next. */
static bool read_member(const uint8_t *bytes, uint64_t *at, uint64_t end,
                        struct member *member) {
  if (!within(*at, CENTRAL_BYTES, end) || u32(bytes + *at) != central_magic)
    return false;
  const uint8_t *record = bytes + *at;
  member->flags = u16(record + 8);
  member->method = u16(record + 10);
  member->stored = u32(record + 20);
  member->plain = u32(record + 24);
  member->local = u32(record + 42);
  size_t name = u16(record + 28), extra = u16(record + 30),
         comment = u16(record + 32);
  if (!within(*at + CENTRAL_BYTES, name + extra + comment, end) ||
      name >= sizeof member->name)
    return false;
  memcpy(member->name, record + CENTRAL_BYTES, name);
  member->name[name] = 0;
  *at += CENTRAL_BYTES + name + extra + comment;
  return widen(record + CENTRAL_BYTES + name, extra, member);
}

/* Where a member's bytes are; NULL if they are not within the file. */
static const uint8_t *find_contents(const uint8_t *bytes, size_t size,
                                    const struct member *member) {
  if (!within(member->local, LOCAL_BYTES, size) ||
      u32(bytes + member->local) != local_magic)
    return NULL;
  const uint8_t *local = bytes + member->local;
  uint64_t start =
      member->local + LOCAL_BYTES + u16(local + 26) + (uint64_t)u16(local + 28);
  return within(start, member->stored, size) ? bytes + start : NULL;
}

strait_code npz_read(const uint8_t *bytes, size_t size, const char *path,
                     strait_code (*visit)(void *user, const char *name,
                                          const array *found,
                                          strait_error *error),
                     void *user, strait_error *error) {
  struct directory directory;
  if (!find_directory(bytes, size, &directory))
    return strait_fail(error, STRAIT_INVALID_INPUT,
                       "'%s' is not an .npz archive, or is cut", path);
  uint64_t at = directory.offset, end = directory.offset + directory.bytes;
  for (uint64_t i = 0; i < directory.count; ++i) {
    struct member member;
    if (!read_member(bytes, &at, end, &member))
      return strait_fail(error, STRAIT_INVALID_INPUT,
                         "'%s': the archive's directory is damaged", path);
    if (member.flags & 1)
      return strait_fail(error, STRAIT_INVALID_INPUT, "'%s': '%s' is encrypted",
                         path, member.name);
    if (member.method != 0)
      return strait_fail(error, STRAIT_INVALID_INPUT,
                         "'%s': '%s' is compressed: write it with numpy.savez, "
                         "not numpy.savez_compressed",
                         path, member.name);
    const uint8_t *contents = find_contents(bytes, size, &member);
    if (!contents || member.stored != member.plain)
      return strait_fail(error, STRAIT_INVALID_INPUT,
                         "'%s': '%s' does not lie within the file", path,
                         member.name);
    array found;
    strait_code code =
        npy_read(contents, (size_t)member.stored, member.name, &found, error);
    if (code)
      return code;
    size_t length = strlen(member.name);
    if (length > 4 && strcmp(member.name + length - 4, ".npy") == 0)
      member.name[length - 4] = 0;
    code = visit(user, member.name, &found, error);
    if (code)
      return code;
  }
  return STRAIT_OK;
}

/* -------------------------------------------------------------- writing -- */

struct writer {
  FILE *file; /* its error flag says whether all was written */
  uint64_t at;
};

/* What the directory repeats of a member. */
struct written {
  uint64_t at;
  uint32_t crc;
};

static void put(struct writer *writer, const void *bytes, size_t count) {
  fwrite(bytes, 1, count, writer->file);
  writer->at += count;
}

static void put_number(struct writer *writer, uint64_t value, int width) {
  uint8_t bytes[8];
  for (int i = 0; i < width; ++i)
    bytes[i] = (uint8_t)(value >> 8 * i);
  put(writer, bytes, (size_t)width);
}

static void fill_crc_table(uint32_t table[256]) {
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit)
      crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    table[i] = crc;
  }
}

static uint32_t add_crc(const uint32_t table[256], uint32_t crc,
                        const uint8_t *bytes, size_t count) {
  crc = ~crc;
  for (size_t i = 0; i < count; ++i)
    crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 0xff];
  return ~crc;
}

/* The fields that a local record and the directory's share. The time is the
 * first that the format knows: same outputs, same bytes. */
static void put_member_fields(struct writer *writer, uint32_t crc,
                              uint64_t bytes, size_t name_bytes) {
  const uint64_t version = 20, utf8_name = 0x800, stored = 0, time = 0,
                 first_of_january_1980 = 0x21;
  put_number(writer, version, 2);
  put_number(writer, utf8_name, 2);
  put_number(writer, stored, 2);
  put_number(writer, time, 2);
  put_number(writer, first_of_january_1980, 2);
  put_number(writer, crc, 4);
  put_number(writer, bytes, 4);
  put_number(writer, bytes, 4);
  put_number(writer, name_bytes, 2);
  put_number(writer, 0, 2); /* extra */
}

static void put_name(struct writer *writer, const char *name) {
  put(writer, name, strlen(name));
  put(writer, ".npy", 4);
}

static void put_archive(struct writer *writer, uint32_t count,
                        const char *const *names, const strait_tensor *tensors,
                        struct written *written) {
  uint32_t table[256];
  fill_crc_table(table);
  uint8_t header[NPY_HEADER_ROOM];
  for (uint32_t i = 0; i < count; ++i) {
    const strait_tensor *tensor = &tensors[i];
    size_t header_bytes =
        npy_header(header, tensor->dtype, tensor->rank, tensor->dims);
    size_t bytes =
        (size_t)array_bytes(tensor->dtype, tensor->rank, tensor->dims);
    uint32_t crc = add_crc(table, 0, header, header_bytes);
    written[i].crc = crc = add_crc(table, crc, tensor->data, bytes);
    written[i].at = writer->at;
    put_number(writer, local_magic, 4);
    put_member_fields(writer, crc, header_bytes + bytes,
                      strlen(names[i]) + 4);
    put_name(writer, names[i]);
    put(writer, header, header_bytes);
    put(writer, tensor->data, bytes);
  }
  uint64_t directory = writer->at;
  for (uint32_t i = 0; i < count; ++i) {
    const strait_tensor *tensor = &tensors[i];
    size_t header_bytes =
        npy_header(header, tensor->dtype, tensor->rank, tensor->dims);
    int64_t bytes = array_bytes(tensor->dtype, tensor->rank, tensor->dims);
    put_number(writer, central_magic, 4);
    put_number(writer, 20, 2); /* made by */
    put_member_fields(writer, written[i].crc, header_bytes + (uint64_t)bytes,
                      strlen(names[i]) + 4);
    put_number(writer, 0, 2); /* comment */
    put_number(writer, 0, 2); /* disk */
    put_number(writer, 0, 2); /* kind */
    put_number(writer, 0, 4); /* permissions */
    put_number(writer, written[i].at, 4);
    put_name(writer, names[i]);
  }
  uint64_t directory_bytes = writer->at - directory;
  put_number(writer, end_magic, 4);
  put_number(writer, 0, 4); /* disks */
  put_number(writer, count, 2);
  put_number(writer, count, 2);
  put_number(writer, directory_bytes, 4);
  put_number(writer, directory, 4);
  put_number(writer, 0, 2); /* comment */
}

strait_code npz_write(const char *path, uint32_t count,
                      const char *const *names, const strait_tensor *tensors,
                      strait_error *error) {
  /* Every offset must fit in 32 bits; the records take less than this. */
  uint64_t total = (uint64_t)count * (NPY_HEADER_ROOM + 2 * MOST_NAME + 128);
  for (uint32_t i = 0; i < count; ++i) {
    total += (uint64_t)array_bytes(tensors[i].dtype, tensors[i].rank,
                                   tensors[i].dims);
    if (strlen(names[i]) + 4 >= MOST_NAME)
      return strait_fail(error, STRAIT_IO,
                         "'%s': the name of output %u is too long", path, i);
  }
  if (total > UINT32_MAX || count > UINT16_MAX)
    return strait_fail(error, STRAIT_IO,
                       "'%s': outputs of more than 4 GB cannot be written",
                       path);
  struct written *written = calloc(count + 1, sizeof *written);
  if (!written)
    return strait_fail(error, STRAIT_OUT_OF_MEMORY, "no memory to write '%s'",
                       path);
  output_file file;
  strait_code code = output_file_open(&file, path, error);
  if (!code) {
    struct writer writer = {.file = file.stream};
    put_archive(&writer, count, names, tensors, written);
    code = output_file_close(&file, error);
  }
  free(written);
  return code;
}
