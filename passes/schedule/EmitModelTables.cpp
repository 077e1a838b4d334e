// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Programs and kernels -> the constants of runtime/include/strait/abi.h.
#include "passes/schedule/Passes.h"

#include "dialects/NodeNames.h"
#include "dialects/graph/GraphOps.h"
#include "dialects/kernel/KernelOps.h"
#include "passes/schedule/ModelSymbols.h"
#include "passes/schedule/ModelTables.h"
#include "passes/schedule/WeightBytes.h"
#include "runtime/include/strait/abi.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

namespace strait {
#define GEN_PASS_DEF_EMITMODELTABLESPASS
#include "passes/schedule/Passes.h.inc"
} // namespace strait

using namespace mlir;
using namespace strait;

static TableField i64(int64_t value) { return TableField::number(value, 64); }

static std::optional<uint32_t> dtypeOf(Type type) {
  if (type.isF32())
    return STRAIT_F32;
  if (type.isF64())
    return STRAIT_F64;
  if (type.isF16())
    return STRAIT_F16;
  if (type.isBF16())
    return STRAIT_BF16;
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer)
    return std::nullopt;
  bool isUnsigned = integer.isUnsigned();
  switch (integer.getWidth()) {
  case 1:
    return STRAIT_BOOL;
  case 8:
    return isUnsigned ? STRAIT_U8 : STRAIT_I8;
  case 16:
    return isUnsigned ? STRAIT_U16 : STRAIT_I16;
  case 32:
    return isUnsigned ? STRAIT_U32 : STRAIT_I32;
  case 64:
    return isUnsigned ? STRAIT_U64 : STRAIT_I64;
  default:
    return std::nullopt;
  }
}

// schedule.code_level compares the runtime's code levels with these.
static_assert(int(graph::Isa::Avx2) == STRAIT_ISA_AVX2);
static_assert(int(graph::Isa::Avx512) == STRAIT_ISA_AVX512);
static_assert(int(graph::Isa::Sm80) == STRAIT_ISA_SM80);
static_assert(int(graph::Isa::Sm90a) == STRAIT_ISA_SM90A);

/// Of runtime/cuda.
static constexpr StringLiteral backendSymbol = "strait_cuda_backend";

namespace {
struct EmitModelTablesPass
    : strait::impl::EmitModelTablesPassBase<EmitModelTablesPass> {
  using EmitModelTablesPassBase::EmitModelTablesPassBase;
  void runOnOperation() override;

private:
  FailureOr<std::string> emitTensors(TableWriter &writer, ArrayAttr tensors,
                                     StringRef name, Operation *program);
  FailureOr<std::string> emitEntries(TableWriter &writer);
  FailureOr<std::string> emitKernels(TableWriter &writer);
  FailureOr<std::string> emitImages(TableWriter &writer);
  std::string emitLaunches(TableWriter &writer);
  FailureOr<std::string> emitStates(TableWriter &writer);

  SmallVector<graph::TargetAttr, 2> targets;
  SmallVector<schedule::ProgramOp> programs;
  /// With their first launches, in order of these.
  llvm::MapVector<StringRef, schedule::LaunchOp> kernels;
  SmallVector<schedule::LaunchOp> launches;
};
} // namespace

FailureOr<std::string>
EmitModelTablesPass::emitTensors(TableWriter &writer, ArrayAttr tensors,
                                 StringRef name, Operation *program) {
  SmallVector<TableRow> rows;
  for (auto [index, attribute] : llvm::enumerate(tensors)) {
    auto tensor = cast<schedule::TensorAttr>(attribute);
    RankedTensorType type = tensor.getType();
    auto dtype = dtypeOf(type.getElementType());
    if (!dtype)
      return program->emitError("expected an element type of strait_dtype for '")
                 << tensor.getName() << "', found " << type.getElementType(),
             failure();
    SmallVector<TableRow> dims, names;
    for (auto [axis, extent] : llvm::enumerate(type.getShape())) {
      dims.push_back({i64(ShapedType::isDynamic(extent) ? -1 : extent)});
      StringRef dimName;
      if (ArrayAttr all = tensor.getDimNames())
        if (axis < all.size())
          if (auto text = dyn_cast<StringAttr>(all[axis]))
            dimName = text.getValue();
      names.push_back({TableField::address(writer.text(dimName))});
    }
    std::string base = (name + "." + Twine(index)).str();
    using Desc = strait_tensor_desc;
    rows.push_back(
        StructRow<Desc>()
            .address(&Desc::name, writer.text(tensor.getName()))
            .number(&Desc::dtype, *dtype)
            .number(&Desc::rank, type.getRank())
            .address(&Desc::dims, writer.table(base + ".dims", dims))
            .address(&Desc::dim_names,
                     writer.table(base + ".dim_names", names)));
  }
  return writer.table(name, rows);
}

FailureOr<std::string> EmitModelTablesPass::emitEntries(TableWriter &writer) {
  SmallVector<TableRow> rows;
  for (schedule::ProgramOp program : programs) {
    std::string base = ("strait." + program.getSymName()).str();
    auto inputs =
        emitTensors(writer, program.getInputs(), base + ".inputs", program);
    auto outputs =
        emitTensors(writer, program.getOutputs(), base + ".outputs", program);
    if (failed(inputs) || failed(outputs))
      return failure();
    LLVM::LLVMFuncOp function = entryFunction(getOperation(), program);
    using Desc = strait_entry_desc;
    rows.push_back(StructRow<Desc>()
                       .address(&Desc::name, writer.text(program.getSymName()))
                       .address(&Desc::run, function.getName())
                       .number(&Desc::num_inputs, program.getInputs().size())
                       .number(&Desc::num_outputs, program.getOutputs().size())
                       .address(&Desc::inputs, *inputs)
                       .address(&Desc::outputs, *outputs)
                       .number(&Desc::num_plans, countPlans(program)));
  }
  return writer.table("strait.entries", rows);
}

/// One row per kernel that is launched, with a declaration of its code.
FailureOr<std::string> EmitModelTablesPass::emitKernels(TableWriter &writer) {
  ModuleOp module = getOperation();
  SymbolTable symbols(module);
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  // strait_kernel_fn(buffers, sizes, scratch, begin, end)
  auto pointer = LLVM::LLVMPointerType::get(&getContext());
  auto i64 = builder.getI64Type();
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(&getContext()),
      {pointer, pointer, pointer, i64, i64});
  SmallVector<TableRow> rows;
  for (auto &[name, launch] : kernels) {
    SmallVector<std::string> code(STRAIT_ISA_COUNT); // symbol per code level
    for (auto [number, target] : llvm::enumerate(targets))
      if (!target.isGpu())
        code[unsigned(target.getIsa())] = versionSymbol(name, targets, number);
    using Desc = strait_kernel_desc;
    StructRow<Desc> row;
    row.address(&Desc::name, writer.text(name))
        .number(&Desc::num_buffers,
                launch.getReads().size() + launch.getWrites().size())
        .number(&Desc::num_sizes, launch.getSizes().size());
    for (auto [level, version] : llvm::enumerate(code)) {
      row.address(&Desc::code, level, version);
      Operation *symbol =
          version.empty() ? nullptr : symbols.lookup(version);
      if (symbol && !isa<LLVM::LLVMFuncOp>(symbol))
        return symbol->emitOpError("expected kernels in nested modules, where "
                                   "strait-split-kernels puts them"),
               failure();
      if (version.empty() || symbol)
        continue;
      auto function =
          LLVM::LLVMFuncOp::create(builder, module.getLoc(), version, type);
      function.setVisibility_(LLVM::Visibility::Hidden);
    }
    rows.push_back(row);
  }
  return writer.table("strait.kernels", rows);
}

/// A constant of the artefact that is defined in another object.
static void declareConstant(ModuleOp module, StringRef symbol) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto constant = LLVM::GlobalOp::create(
      builder, module.getLoc(), builder.getI8Type(), /*isConstant=*/true,
      LLVM::Linkage::External, symbol, Attribute());
  constant.setVisibility_(LLVM::Visibility::Hidden);
}

/// Threads of a block of a GPU's kernel, as its generator chose them.
static std::optional<int64_t> threadsOf(ModuleOp module, StringRef kernel) {
  for (ModuleOp nested : module.getOps<ModuleOp>())
    if (Operation *function = nested.lookupSymbol((kernel + "__body").str()))
      if (auto threads = function->getAttrOfType<DenseI32ArrayAttr>(
              NVVM::NVVMDialect::getReqntidAttrName()))
        return threads[0];
  return std::nullopt;
}

/// One row per GPU, with a declaration of its code.
FailureOr<std::string> EmitModelTablesPass::emitImages(TableWriter &writer) {
  SmallVector<TableRow> rows;
  for (auto [number, target] : llvm::enumerate(targets)) {
    SmallVector<TableRow> threads;
    for (auto &[name, launch] : kernels) {
      std::string version = versionSymbol(name, targets, number);
      std::optional<int64_t> count = threadsOf(getOperation(), version);
      if (!count)
        return launch.emitOpError("expected @")
                   << version
                   << "__body in a nested module with 'nvvm.reqntid', which "
                      "strait-lower-kernels-to-cuda makes",
               failure();
      threads.push_back({TableField::number(*count, 32)});
    }
    std::string symbol = imageSymbol(target);
    declareConstant(getOperation(), symbol);
    using Desc = strait_image_desc;
    rows.push_back(StructRow<Desc>()
                       .number(&Desc::isa, unsigned(target.getIsa()))
                       .address(&Desc::ptx, symbol)
                       .address(&Desc::threads,
                                writer.table(symbol + ".threads", threads)));
  }
  return writer.table("strait.images", rows);
}

std::string EmitModelTablesPass::emitLaunches(TableWriter &writer) {
  SmallVector<TableRow> rows;
  using Desc = strait_launch_desc;
  for (schedule::LaunchOp launch : launches)
    rows.push_back(
        StructRow<Desc>()
            .number(&Desc::kernel,
                    kernels.find(launch.getKernel()) - kernels.begin())
            .address(&Desc::origin, writer.text(llvm::join(
                                        nodeNames(launch.getLoc()), ";")))
            .number(&Desc::flops, launch.getFlops().value_or(0))
            .number(&Desc::bytes, launch.getBytes().value_or(0)));
  return writer.table("strait.launches", rows);
}

FailureOr<std::string> EmitModelTablesPass::emitStates(TableWriter &writer) {
  SmallVector<TableRow> rows;
  for (auto state : getOperation().getOps<schedule::StateOp>()) {
    RankedTensorType type = state.getTensorType();
    auto dtype = dtypeOf(type.getElementType());
    if (!dtype)
      return state.emitOpError("expected an element type of strait_dtype, "
                               "found ")
                 << type,
             failure();
    SmallVector<TableRow> dims;
    for (int64_t extent : type.getShape())
      dims.push_back({i64(ShapedType::isDynamic(extent) ? *state.getCapacity()
                                                        : extent)});
    std::string name = ("strait.states." + state.getSymName() + ".dims").str();
    std::optional<uint64_t> axis = state.getRowAxis();
    using Desc = strait_state_desc;
    rows.push_back(StructRow<Desc>()
                       .address(&Desc::name, writer.text(state.getSymName()))
                       .number(&Desc::dtype, *dtype)
                       .number(&Desc::rank, type.getRank())
                       .address(&Desc::dims, writer.table(name, dims))
                       .number(&Desc::row_axis, axis ? *axis : -1));
  }
  return writer.table("strait.states", rows);
}

void EmitModelTablesPass::runOnOperation() {
  ModuleOp module = getOperation();
  auto list = graph::TargetAttr::listOf(module);
  if (failed(list))
    return signalPassFailure();
  targets = std::move(*list);
  programs.assign(module.getOps<schedule::ProgramOp>().begin(),
                  module.getOps<schedule::ProgramOp>().end());
  launches = numberedLaunches(module);
  kernels.clear();
  for (schedule::LaunchOp launch : launches)
    kernels.try_emplace(launch.getKernel(), launch);

  FailureOr<WeightsBlock> weights = weightsBlock(module);
  if (failed(weights))
    return signalPassFailure();
  TableWriter writer(module, "strait.text.");
  FailureOr<std::string> entryTable = emitEntries(writer);
  FailureOr<std::string> kernelTable = emitKernels(writer);
  FailureOr<std::string> stateTable = emitStates(writer);
  // A program that launches nothing needs no device.
  bool onDevice = targets.front().isGpu() && !kernels.empty();
  FailureOr<std::string> imageTable =
      onDevice ? emitImages(writer) : std::string();
  if (failed(entryTable) || failed(kernelTable) || failed(stateTable) ||
      failed(imageTable))
    return signalPassFailure();
  std::string launchTable = emitLaunches(writer);

  auto states = module.getOps<schedule::StateOp>();
  uint32_t countStates = std::distance(states.begin(), states.end());
  using Desc = strait_model_desc;
  auto model = StructRow<Desc>()
                   .number(&Desc::abi_version, STRAIT_ABI_VERSION)
                   .address(&Desc::name, writer.text(modelName))
                   .address(&Desc::producer, writer.text(producer))
                   .number(&Desc::weights_bytes, weights->bytes)
                   .number(&Desc::num_entries, programs.size())
                   .number(&Desc::num_kernels, kernels.size())
                   .number(&Desc::num_launches, launches.size())
                   .number(&Desc::num_states, countStates)
                   .address(&Desc::entries, *entryTable)
                   .address(&Desc::kernels, *kernelTable)
                   .address(&Desc::launches, launchTable)
                   .address(&Desc::states, *stateTable)
                   .number(&Desc::num_images, onDevice ? targets.size() : 0)
                   .address(&Desc::images, *imageTable);
  if (onDevice) {
    declareConstant(module, backendSymbol);
    model.address(&Desc::backend, backendSymbol);
  }
  for (auto [index, byte] : llvm::enumerate(weights->hash))
    model.number(&Desc::weights_hash, index, byte);
  writer.exported("strait_model", model);
}
