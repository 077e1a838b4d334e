// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Links a model written by hand into every kind of artefact and runs them as
// programs.
#include "test/compiler/ArtefactFixture.h"

#include "runtime/core/trailer.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ELFObjectFile.h"

using namespace llvm;

namespace {

using LinkTest = ArtefactTest;

TEST_F(LinkTest, ExecutableRunsAndCarriesItsWeights) {
  ASSERT_SUCCESS(strait::linkExecutable(job("model")));
  Outcome info = run(in("model"), {"--info"});
  EXPECT_EQ(info.status, 0) << info.err;
  EXPECT_NE(info.out.find("weights  16 bytes"), std::string::npos) << info.out;
  Outcome outcome =
      run(in("model"), {"--random", "1", "--shape", "x=3x4", "--threads", "2",
                        "--outputs", in("y.npz"), "--profile", in("t.json")});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(contentsOf(in("t.json")).find("/scale/Mul"), std::string::npos);
  // The same inputs on another number of threads give the same bits.
  outcome =
      run(in("model"), {"--random", "1", "--shape", "x=3x4", "--threads", "1",
                        "--check", in("y.npz"), "--rtol", "0", "--atol", "0"});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  outcome = run(in("model"),
                {"--random", "2", "--shape", "x=3x4", "--check", in("y.npz")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.out.find("DIFFERS"), std::string::npos);
}

TEST_F(LinkTest, ExecutableExplainsBadCommandLines) {
  ASSERT_SUCCESS(strait::linkExecutable(job("model")));
  EXPECT_EQ(run(in("model"), {"--no-such-flag"}).status, 2);
  EXPECT_EQ(run(in("model"), {"--threads", "many"}).status, 2);
  EXPECT_EQ(run(in("model"), {"--help"}).status, 0);
  Outcome missing = run(in("model"), {});
  EXPECT_EQ(missing.status, 1);
  EXPECT_NE(missing.err.find("input 'x' (f32, ?x4) is not given"),
            std::string::npos)
      << missing.err;
  Outcome dynamic = run(in("model"), {"--random", "1"});
  EXPECT_EQ(dynamic.status, 1);
  EXPECT_NE(dynamic.err.find("--shape x="), std::string::npos) << dynamic.err;
  Outcome shape = run(in("model"), {"--random", "1", "--shape", "x=3x5"});
  EXPECT_EQ(shape.status, 1);
  EXPECT_NE(shape.err.find("expected dimensions ?x4, got 3x5"),
            std::string::npos)
      << shape.err;
  EXPECT_EQ(run(in("model"), {"--entry", "none", "--random", "1"}).status, 1);
}

TEST_F(LinkTest, BenchPrintsOneJsonObject) {
  ASSERT_SUCCESS(strait::linkExecutable(job("model")));
  Outcome outcome = run(in("model"), {"--bench", "--json", "--iterations", "20",
                                      "--shape", "x=8x4", "--threads", "1"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out.front(), '{');
  for (const char *key : {"\"median_ms\"", "\"p90_ms\"", "\"min_ms\"",
                          "\"threads\": 1", "\"arena_bytes\""})
    EXPECT_NE(outcome.out.find(key), std::string::npos) << outcome.out;
}

TEST_F(LinkTest, SameObjectsGiveSameBytes) {
  ASSERT_SUCCESS(strait::linkExecutable(job("one")));
  ASSERT_SUCCESS(strait::linkExecutable(job("two")));
  EXPECT_EQ(contentsOf(in("one")), contentsOf(in("two")));
  EXPECT_EQ(countFiles(".partial"), 0);
}

TEST_F(LinkTest, OverheadIsSmall) {
  ASSERT_SUCCESS(strait::linkExecutable(job("model")));
  uint64_t size;
  ASSERT_FALSE(sys::fs::file_size(in("model"), size));
  EXPECT_LT(size, 128u << 10);
  RecordProperty("executable_bytes", std::to_string(size));
}

TEST_F(LinkTest, LeastGlibcIsStated) {
  std::string symbols = contentsOf(SYMBOLS_FOLDER "/libc.symbols") +
                        contentsOf(SYMBOLS_FOLDER "/libm.symbols");
  int newest = 0;
  SmallVector<StringRef> lines;
  StringRef(symbols).split(lines, '\n');
  for (StringRef line : lines) {
    int minor;
    if (line.consume_front("GLIBC_2.") && !line.consumeInteger(10, minor))
      newest = std::max(newest, minor);
  }
  ASSERT_GT(newest, 0);
  ASSERT_SUCCESS(strait::linkExecutable(job("model")));
  Outcome outcome = run(in("model"), {"--info"});
  EXPECT_NE(outcome.out.find("glibc 2." + std::to_string(newest) + " or"),
            std::string::npos)
      << outcome.out;
}

/// Bytes of code in an archive of the runtime.
static uint64_t textBytes(StringRef archive) {
  uint64_t text = 0;
  Expected<object::OwningBinary<object::Binary>> binary =
      object::createBinary((RUNTIME_FOLDER "/" + archive).str());
  EXPECT_TRUE(bool(binary)) << toString(binary.takeError());
  if (!binary)
    return text;
  Error failure = Error::success();
  for (const object::Archive::Child &child :
       cast<object::Archive>(binary->getBinary())->children(failure)) {
    std::unique_ptr<object::Binary> member = cantFail(child.getAsBinary());
    for (const object::SectionRef &section :
         cast<object::ObjectFile>(member.get())->sections())
      if (section.isText())
        text += section.getSize();
  }
  EXPECT_FALSE(bool(failure)) << toString(std::move(failure));
  return text;
}

TEST_F(LinkTest, RuntimeIsSmall) {
  for (StringRef archive : {"libstrait_runtime.a", "libstrait_cuda.a"}) {
    uint64_t text = textBytes(archive);
    RecordProperty(archive.str(), std::to_string(text));
    EXPECT_GT(text, 0u) << archive.str();
    EXPECT_LE(text, 64u << 10) << archive.str();
  }
}

TEST_F(LinkTest, ProgramsForCpusCarryNoDriver) {
  ASSERT_SUCCESS(strait::linkExecutable(job("model")));
  EXPECT_EQ(contentsOf(in("model")).find("libcuda"), std::string::npos);
}

TEST_F(LinkTest, SharedLibraryExportsOnlyTheInterface) {
  ASSERT_SUCCESS(strait::linkSharedLibrary(job("model.so")));
  Expected<object::OwningBinary<object::ObjectFile>> binary =
      object::ObjectFile::createObjectFile(in("model.so"));
  ASSERT_TRUE(bool(binary)) << toString(binary.takeError());
  auto *elf = cast<object::ELFObjectFileBase>(binary->getBinary());
  bool hasModel = false, hasRun = false;
  for (const object::ELFSymbolRef &symbol : elf->getDynamicSymbolIterators()) {
    if (cantFail(symbol.getFlags()) & object::SymbolRef::SF_Undefined)
      continue;
    StringRef name = cantFail(symbol.getName());
    EXPECT_TRUE(name.starts_with("strait_")) << name.str();
    EXPECT_NE(name, "strait_fail");
    EXPECT_NE(name, "strait_pool_run");
    hasModel |= name == "strait_model";
    hasRun |= name == "strait_run";
  }
  EXPECT_TRUE(hasModel && hasRun);
  std::string header = contentsOf(in("model.h"));
  EXPECT_NE(header.find("extern const strait_model_desc strait_model;"),
            std::string::npos);
}

TEST_F(LinkTest, StraitRunServesALibrary) {
  ASSERT_SUCCESS(strait::linkSharedLibrary(job("model.so")));
  Outcome outcome = run(STRAIT_RUN, {in("model.so"), "--random", "1", "--shape",
                                     "x=2x4", "--outputs", in("y.npz")});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  outcome = run(STRAIT_RUN, {in("model.so"), "--random", "1", "--shape",
                             "x=2x4", "--check", in("y.npz")});
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_EQ(run(STRAIT_RUN, {in("raw"), "--info"}).status, 1);
  EXPECT_EQ(run(STRAIT_RUN, {}).status, 2);
}

TEST_F(LinkTest, ObjectComesWithHeaderAndWeights) {
  ASSERT_SUCCESS(strait::writeObject(job("model.o")));
  std::string weights = contentsOf(in("model.weights"));
  ASSERT_EQ(weights.size(), 16 + sizeof(strait_trailer));
  EXPECT_EQ(contentsOf(in("model.o")).substr(1, 3), "ELF");
  EXPECT_NE(contentsOf(in("model.h")).find("Model small."), std::string::npos);
}

TEST_F(LinkTest, DamagedWeightsAreRefused) {
  ASSERT_SUCCESS(strait::linkExecutable(job("model")));
  std::string bytes = contentsOf(in("model"));
  size_t trailer = bytes.size() - sizeof(strait_trailer);
  // A byte each of magic, version, offset, size and hash.
  for (size_t at : {0, 8, 16, 17, 24, 30, 32, 47}) {
    std::string damaged = bytes;
    damaged[trailer + at] ^= 0x41;
    writeFile("damaged", damaged);
    ASSERT_FALSE(
        sys::fs::setPermissions(in("damaged"), sys::fs::perms::all_all));
    Outcome outcome = run(in("damaged"), {"--info"});
    EXPECT_EQ(outcome.status, 1) << "byte " << at;
    EXPECT_NE(outcome.err.find("weights"), std::string::npos) << outcome.err;
  }
}

TEST_F(LinkTest, FailureLeavesNothingBehind) {
  strait::LinkJob broken = job("model");
  object = "this is no object";
  objectBytes = object;
  broken.objects = objectBytes;
  Error error = strait::linkExecutable(broken);
  ASSERT_TRUE(bool(error));
  EXPECT_NE(toString(std::move(error)).find("linking failed"),
            std::string::npos);
  for (auto link : {strait::linkSharedLibrary, strait::writeObject}) {
    error = link(broken);
    EXPECT_TRUE(bool(error));
    consumeError(std::move(error));
  }
  EXPECT_EQ(countFiles("model"), 0);
  // Weights that are not what was announced.
  object = contentsOf(SMALL_MODEL_OBJECT);
  broken = job("model");
  ++broken.weights.bytes;
  error = strait::linkExecutable(broken);
  ASSERT_TRUE(bool(error));
  EXPECT_NE(toString(std::move(error)).find("cannot write the weights to"),
            std::string::npos);
  EXPECT_EQ(countFiles("model"), 0);
  broken = job("no-such-folder/model");
  error = strait::linkExecutable(broken);
  ASSERT_TRUE(bool(error));
  consumeError(std::move(error));
}

} // namespace
