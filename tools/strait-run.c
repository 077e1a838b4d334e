/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * strait-run ARTEFACT.so ...: a compiled library with the command line of a
 * compiled executable.
 */
#include "runtime/program/program.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
  if (argc >= 2 && strcmp(argv[1], "--help") != 0 && argv[1][0] != '-')
    return program_run(NULL, argv[1], argc, argv, 2);
  FILE *out = argc >= 2 && strcmp(argv[1], "--help") == 0 ? stdout : stderr;
  fprintf(out, "Runs a library that compile-model --emit=lib wrote.\n\n"
               "usage: strait-run LIBRARY.so [options]\n\n"
               "strait-run LIBRARY.so --help lists the options.\n");
  return out == stdout ? 0 : 2;
}
