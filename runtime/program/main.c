/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * main of standalone executables: the model is linked in.
 */
#include "runtime/program/program.h"

extern const strait_model_desc strait_model;

int main(int argc, char **argv) {
  return program_run(&strait_model, NULL, argc, argv, 1);
}
