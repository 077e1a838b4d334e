/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#define _DEFAULT_SOURCE
#include "runtime/program/output_file.h"
#include "runtime/core/error.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const int ending_signals[OUTPUT_FILE_SIGNALS] = {SIGHUP, SIGINT,
                                                        SIGTERM};
static const char *volatile unfinished;

static void remove_unfinished(int signal_number) {
  if (unfinished)
    unlink(unfinished);
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

static void watch_signals(output_file *file) {
  unfinished = file->partial;
  for (int i = 0; i < OUTPUT_FILE_SIGNALS; ++i) {
    file->handlers[i] = signal(ending_signals[i], remove_unfinished);
    if (file->handlers[i] == SIG_IGN) /* nohup */
      signal(ending_signals[i], SIG_IGN);
  }
}

static void unwatch_signals(const output_file *file) {
  unfinished = NULL;
  for (int i = 0; i < OUTPUT_FILE_SIGNALS; ++i)
    signal(ending_signals[i], file->handlers[i]);
}

static strait_code cannot_write(const char *path, int reason,
                                strait_error *error) {
  return strait_fail(error, STRAIT_IO, "cannot write '%s': %s", path,
                     strerror(reason));
}

static bool is_replaceable(const char *path) {
  struct stat status;
  return stat(path, &status) != 0 || S_ISREG(status.st_mode);
}

strait_code output_file_open(output_file *file, const char *path,
                             strait_error *error) {
  *file = (output_file){.path = path};
  if (is_replaceable(path)) {
    file->partial = malloc(strlen(path) + sizeof ".partial");
    if (!file->partial)
      return strait_fail(error, STRAIT_OUT_OF_MEMORY,
                         "no memory to write '%s'", path);
    strcpy(file->partial, path);
    strcat(file->partial, ".partial");
    watch_signals(file);
  }
  file->stream = fopen(file->partial ? file->partial : path, "wb");
  if (file->stream)
    return STRAIT_OK;
  int reason = errno;
  if (file->partial)
    unwatch_signals(file);
  free(file->partial);
  return cannot_write(path, reason, error);
}

strait_code output_file_close(output_file *file, strait_error *error) {
  /* The stream's last write says why it failed, if it did. */
  bool done = fflush(file->stream) == 0 && !ferror(file->stream);
  int reason = errno;
  if (fclose(file->stream) != 0 && done) {
    done = false;
    reason = errno;
  }
  if (done && file->partial && rename(file->partial, file->path) != 0) {
    done = false;
    reason = errno;
  }
  if (file->partial) {
    if (!done)
      remove(file->partial);
    unwatch_signals(file);
  }
  free(file->partial);
  return done ? STRAIT_OK : cannot_write(file->path, reason, error);
}
