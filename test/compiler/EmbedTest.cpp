// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The embedding examples, built as their comments say and run.
#include "test/compiler/ArtefactFixture.h"

using namespace llvm;

namespace {

class EmbedTest : public ArtefactTest {
protected:
  /// Compiles an example, warnings being errors.
  void compile(StringRef compiler, StringRef standard, StringRef example,
               std::vector<std::string> inputs) {
    std::vector<std::string> arguments = {standard.str(),
                                          "-Wall",
                                          "-Wextra",
                                          "-Wpedantic",
                                          "-Werror",
                                          "-I" INCLUDE_FOLDER,
                                          "-I" + in(""),
                                          example.str(),
                                          "-o",
                                          in("embed"),
                                          "-Wl,-rpath," + in("")};
    arguments.insert(arguments.end(), inputs.begin(), inputs.end());
    Outcome outcome = run(compiler.str(), arguments);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
  }

  /// The model computes x * w + 1.
  void expectOutput(const Outcome &outcome) {
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.out, "y f32 1 4 first 1\n");
  }
};

TEST_F(EmbedTest, CWithALibrary) {
  ASSERT_SUCCESS(strait::linkSharedLibrary(job("model.so")));
  compile(C_COMPILER, "-std=c11", EXAMPLES "/embed.c", {in("model.so")});
  expectOutput(run(in("embed"), {}));
}

TEST_F(EmbedTest, CxxLoadsALibrary) {
  ASSERT_SUCCESS(strait::linkSharedLibrary(job("model.so")));
  compile(CXX_COMPILER, "-std=c++17", EXAMPLES "/embed.cpp",
          {RUNTIME_FOLDER "/libstrait_runtime.a", "-pthread", "-ldl"});
  expectOutput(run(in("embed"), {in("model.so")}));
  EXPECT_EQ(run(in("embed"), {in("raw")}).status, 1);
  EXPECT_EQ(run(in("embed"), {}).status, 2);
}

TEST_F(EmbedTest, TwoObjectsInOneProgram) {
  ASSERT_SUCCESS(strait::writeObject(job("first.o")));
  ASSERT_SUCCESS(strait::writeObject(job("my-second.o")));
  writeFile("use.c", R"(
#include "first.h"
#include "my-second.h"
#include <stdio.h>

static int show(const strait_model_desc *model, const char *weights) {
  strait_module_options options;
  strait_module_options_init(&options);
  options.weights_path = weights;
  strait_module *module;
  strait_error error;
  if (strait_module_open(model, &options, &module, &error)) {
    puts(error.text);
    return 1;
  }
  puts(strait_module_name(module));
  strait_module_close(module);
  return 0;
}

int main(int argc, char **argv) {
  (void)argc;
  return &strait_model_first == &strait_model_my_second ||
         show(&strait_model_first, argv[1]) ||
         show(&strait_model_my_second, argv[2]);
}
)");
  compile(C_COMPILER, "-std=c11", in("use.c"),
          {in("first.o"), in("my-second.o"),
           RUNTIME_FOLDER "/libstrait_runtime.a", "-pthread", "-ldl"});
  Outcome outcome =
      run(in("embed"), {in("first.weights"), in("my-second.weights")});
  EXPECT_EQ(outcome.status, 0) << outcome.out;
  EXPECT_EQ(outcome.out, "small\nsmall\n");
  outcome = run(in("embed"), {in("first.weights"), in("use.c")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.out.find("carries no weights"), std::string::npos)
      << outcome.out;
}

} // namespace
