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

TEST_F(EmbedTest, ObjectWithItsHeaderAndWeights) {
  ASSERT_SUCCESS(strait::writeObject(job("model.o")));
  writeFile("use.c", "#include \"model.h\"\n"
                     "#include <stdio.h>\n"
                     "int main(int argc, char **argv) {\n"
                     "  strait_module_options options;\n"
                     "  strait_module_options_init(&options);\n"
                     "  options.weights_path = argv[argc - 1];\n"
                     "  strait_module *module;\n"
                     "  strait_error error;\n"
                     "  if (strait_module_open(&strait_model, &options,\n"
                     "                         &module, &error)) {\n"
                     "    puts(error.text);\n"
                     "    return 1;\n"
                     "  }\n"
                     "  puts(strait_module_name(module));\n"
                     "  strait_module_close(module);\n"
                     "  return 0;\n"
                     "}\n");
  compile(C_COMPILER, "-std=c11", in("use.c"),
          {in("model.o"), RUNTIME_FOLDER "/libstrait_runtime.a", "-pthread",
           "-ldl"});
  Outcome outcome = run(in("embed"), {in("model.weights")});
  EXPECT_EQ(outcome.status, 0) << outcome.out;
  EXPECT_EQ(outcome.out, "small\n");
  outcome = run(in("embed"), {in("use.c")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.out.find("carries no weights"), std::string::npos)
      << outcome.out;
}

} // namespace
