// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A compiled model as a plug-in of a C++ program: loaded at run time, with a
// time limit and the program's own threads.
//
//   compile-model model.onnx --emit=lib -o model.so
//   c++ -std=c++17 embed.cpp -I<prefix>/include
//       <prefix>/lib/strait/libstrait_runtime.a -o embed
//   ./embed ./model.so
//
// Runs the model's first entry on zeros; dynamic dimensions are taken as 1.
#include <strait/runtime.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

namespace {

// Owners for the runtime's handles; the last one declared goes first.
struct Close {
  void operator()(strait_module *module) const { strait_module_close(module); }
  void operator()(strait_instance *instance) const {
    strait_instance_destroy(instance);
  }
};
using Module = std::unique_ptr<strait_module, Close>;
using Instance = std::unique_ptr<strait_instance, Close>;

int report(const strait_error &error) {
  std::fprintf(stderr, "embed: %s\n", error.text);
  return 1;
}

// Any scheduler will do; this one starts threads anew each time.
void parallelFor(void *, uint32_t workers, void (*body)(void *, uint32_t),
                 void *context) {
  std::vector<std::thread> threads;
  for (uint32_t worker = 1; worker < workers; ++worker)
    threads.emplace_back(body, context, worker);
  body(context, 0);
  for (std::thread &thread : threads)
    thread.join();
}

} // namespace

int main(int argc, char **argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: embed MODEL.so\n");
    return 2;
  }
  strait_error error = {};
  strait_module *opened = nullptr;
  if (strait_module_open_file(argv[1], nullptr, &opened, &error))
    return report(error);
  Module module(opened);

  strait_instance_options options;
  strait_instance_options_init(&options);
  options.executor.parallel_for = parallelFor;
  options.executor.workers = 2;
  strait_instance *created = nullptr;
  if (strait_instance_create(module.get(), &options, &created, &error))
    return report(error);
  Instance instance(created);

  std::vector<std::vector<char>> inputs;
  for (uint32_t i = 0; i < strait_num_inputs(module.get(), 0); ++i) {
    const strait_tensor_desc *desc = strait_input_desc(module.get(), 0, i);
    std::vector<int64_t> dims(desc->dims, desc->dims + desc->rank);
    size_t bytes = strait_dtype_bytes(desc->dtype);
    for (int64_t &dim : dims) {
      dim = dim < 0 ? 1 : dim;
      bytes *= size_t(dim);
    }
    inputs.emplace_back(bytes);
    strait_tensor tensor = {inputs.back().data(), desc->dtype, desc->rank,
                            dims.data()};
    if (strait_set_input(instance.get(), 0, i, &tensor, &error))
      return report(error);
  }

  strait_run_options run;
  strait_run_options_init(&run);
  run.timeout_ns =
      uint64_t(std::chrono::nanoseconds(std::chrono::minutes(1)).count());
  if (strait_run(instance.get(), 0, &run, &error))
    return report(error);

  for (uint32_t i = 0; i < strait_num_outputs(module.get(), 0); ++i) {
    strait_tensor output;
    if (strait_get_output(instance.get(), 0, i, &output, &error))
      return report(error);
    std::printf("%s %s", strait_output_desc(module.get(), 0, i)->name,
                strait_dtype_name(output.dtype));
    for (uint32_t axis = 0; axis < output.rank; ++axis)
      std::printf(" %lld", static_cast<long long>(output.dims[axis]));
    if (output.dtype == STRAIT_F32)
      std::printf(" first %g", static_cast<const float *>(output.data)[0]);
    std::printf("\n");
  }
  return 0;
}
