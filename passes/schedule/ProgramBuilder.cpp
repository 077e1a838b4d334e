// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "passes/schedule/ProgramBuilder.h"

#include "passes/schedule/SizeArithmetic.h"

using namespace mlir;
using namespace strait;

ProgramBuilder::ProgramBuilder(func::FuncOp function, SymbolTable &symbols,
                               WeightTable &weights)
    : function(function), symbols(symbols), weights(weights),
      sizes(function.getContext()), run(function.getContext()) {
  sizes.setInsertionPointToEnd(&early);
}

bool ProgramBuilder::isEarly(Value value) {
  Operation *op = value.getDefiningOp();
  return op && op->getBlock() == &early;
}

OpBuilder &ProgramBuilder::builderFor(ValueRange operands) {
  return llvm::all_of(operands, [&](Value v) { return isEarly(v); }) ? sizes
                                                                     : run;
}

Value ProgramBuilder::constant(Location loc, int64_t value) {
  return indexConstant(sizes, loc, value);
}

Value ProgramBuilder::byteSize(Location loc, Type element, ValueRange dims) {
  return emitProduct(builderFor(dims), loc, dims, *bytesPerElement(element));
}

FailureOr<PlacedTensor> ProgramBuilder::lookup(Value tensor, Operation *op) {
  auto found = tensors.find(tensor);
  if (found != tensors.end())
    return found->second;
  return op->emitOpError("expected operands that the schedule has placed, "
                         "found a value of type ")
             << tensor.getType(),
         failure();
}

FailureOr<SmallVector<Value>> ProgramBuilder::lookupScalars(ValueRange values,
                                                            Operation *op) {
  SmallVector<Value> result;
  for (Value value : values) {
    Value scalar = scalars.lookup(value);
    if (!scalar)
      return op->emitOpError("expected a size that the host program knows, "
                             "found a value of type ")
                 << value.getType(),
             failure();
    result.push_back(scalar);
  }
  return result;
}

//===----------------------------------------------------------------------===//
// The interface of the entry
//===----------------------------------------------------------------------===//

FailureOr<schedule::ProgramOp> ProgramBuilder::build() {
  if (!function.getBody().hasOneBlock())
    return function.emitError("expected a function of one block"), failure();
  if (failed(describe()))
    return failure();
  bindInputs();
  bool isComplete = succeeded(placeResults()) &&
                    succeeded(emitBlock(function.getBody().front())) &&
                    succeeded(finishResults());
  program.getBlock().getOperations().splice(beginRun->getIterator(),
                                            early.getOperations());
  if (!isComplete)
    return failure();
  return program;
}

LogicalResult ProgramBuilder::describe() {
  MLIRContext *context = function.getContext();
  auto describeTensor = [&](Type type, DictionaryAttr attributes,
                            const Twine &fallback,
                            SmallVector<Attribute> &to) -> LogicalResult {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !bytesPerElement(tensor.getElementType()))
      return function.emitError("expected inputs and outputs to be ranked "
                                "tensors of whole-byte elements, found ")
             << type;
    StringAttr name;
    ArrayAttr dimNames;
    if (attributes) {
      name = attributes.getAs<StringAttr>("strait.name");
      dimNames = attributes.getAs<ArrayAttr>("strait.dim_names");
    }
    if (!name)
      name = StringAttr::get(context, fallback);
    to.push_back(schedule::TensorAttr::get(context, name.getValue(), tensor,
                                           dimNames));
    return success();
  };
  SmallVector<Attribute> inputs, outputs;
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (failed(describeTensor(function.getArgumentTypes()[i],
                              function.getArgAttrDict(i), "input" + Twine(i),
                              inputs)))
      return failure();
  for (unsigned i = 0; i < function.getNumResults(); ++i)
    if (failed(describeTensor(function.getResultTypes()[i],
                              function.getResultAttrDict(i),
                              "output" + Twine(i), outputs)))
      return failure();

  OpBuilder builder(function);
  program = schedule::ProgramOp::create(
      builder, function.getLoc(), function.getName(),
      builder.getArrayAttr(inputs), builder.getArrayAttr(outputs));
  Block &block = program.getBody().emplaceBlock();
  builder.setInsertionPointToEnd(&block);
  beginRun = schedule::BeginRunOp::create(builder, function.getLoc());
  auto end = schedule::ReturnOp::create(builder, function.getLoc());
  run.setInsertionPoint(end);
  return success();
}

/// Reads the inputs' dims and checks them: static extents, and equality of
/// those with one name.
void ProgramBuilder::bindInputs() {
  llvm::StringMap<Value> named;
  for (BlockArgument argument : function.getArguments()) {
    unsigned index = argument.getArgNumber();
    schedule::TensorAttr tensor = program.getInput(index);
    Location loc = argument.getLoc();
    PlacedTensor placed;
    for (auto [axis, extent] : llvm::enumerate(tensor.getType().getShape())) {
      Value dim = schedule::DimOp::create(sizes, loc, index, axis);
      std::string what =
          ("input '" + tensor.getName() + "', axis " + Twine(axis)).str();
      if (!ShapedType::isDynamic(extent)) {
        Value expected = constant(loc, extent);
        schedule::CheckOp::create(sizes, loc, dim,
                                  schedule::CheckRelation::equals, expected,
                                  what);
        dim = expected;
      } else if (tensor.getDimNames() && axis < tensor.getDimNames().size()) {
        StringRef name =
            cast<StringAttr>(tensor.getDimNames()[axis]).getValue();
        if (!name.empty()) {
          auto [entry, isNew] = named.try_emplace(name, dim);
          if (!isNew)
            schedule::CheckOp::create(sizes, loc, dim,
                                      schedule::CheckRelation::equals,
                                      entry->second,
                                      what + " ('" + name.str() + "')");
          dim = entry->second;
        }
      }
      placed.dims.push_back(dim);
    }
    placed.buffer = schedule::InputOp::create(run, loc, index);
    tensors[argument] = placed;
  }
}

/// The value whose elements `tensor` shows under another shape.
static Value rootOf(Value tensor) {
  while (auto reshape = tensor.getDefiningOp<kernel::ReshapeOp>())
    tensor = reshape.getSource();
  return tensor;
}

static Type elementOf(Value tensor) {
  return cast<RankedTensorType>(tensor.getType()).getElementType();
}

/// Chooses the results that are written straight into outputs.
LogicalResult ProgramBuilder::placeResults() {
  auto terminator = cast<func::ReturnOp>(
      function.getBody().front().getTerminator());
  outputBuffers.resize(terminator.getNumOperands());
  for (auto [index, value] : llvm::enumerate(terminator.getOperands())) {
    Value root = rootOf(value);
    Operation *op = root.getDefiningOp();
    if (isa_and_nonnull<kernel::LaunchOp, kernel::JoinOp>(op) &&
        op->getBlock() == terminator->getBlock())
      inPlace.try_emplace(root, index);
  }
  return success();
}

/// Tells the dims of all outputs, and copies those not written in place.
LogicalResult ProgramBuilder::finishResults() {
  auto terminator = function.getBody().front().getTerminator();
  for (auto [index, value] : llvm::enumerate(terminator->getOperands())) {
    FailureOr<PlacedTensor> placed = lookup(value, terminator);
    if (failed(placed))
      return failure();
    Location loc = value.getLoc();
    SmallVector<Value> known;
    bool all = true;
    for (Value dim : placed->dims) {
      all &= isEarly(dim);
      known.push_back(isEarly(dim) ? dim : constant(loc, -1));
    }
    schedule::OutputDimsOp::create(sizes, loc, index, known);
    if (auto output = outputBuffers[index].getDefiningOp<schedule::OutputOp>()) {
      // What is returned as it was launched told its dims there.
      if (all || value.getDefiningOp<kernel::LaunchOp>())
        continue;
      // A reshape whose dims only the run shows: the output's place cannot be
      // asked for before the launch.
      OpBuilder before(output);
      Value root = rootOf(value);
      auto aside = schedule::AllocateOp::create(
          before, loc, byteSize(loc, elementOf(root), tensors[root].dims));
      replaceBuffers({{output.getResult(), aside}});
      placed->buffer = aside;
      output.erase();
    }
    if (!all)
      schedule::OutputDimsOp::create(run, loc, index, placed->dims);
    Value target = schedule::OutputOp::create(run, loc, index);
    schedule::CopyOp::create(run, loc, placed->buffer, target,
                             byteSize(loc, elementOf(value), placed->dims));
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Ops of the function
//===----------------------------------------------------------------------===//

LogicalResult ProgramBuilder::emitBlock(Block &block) {
  for (Operation &op : block.without_terminator())
    if (failed(emitOp(&op)))
      return failure();
  return success();
}

LogicalResult ProgramBuilder::emitOp(Operation *op) {
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](kernel::LaunchOp op) { return emitLaunch(op); })
      .Case([&](kernel::ReshapeOp op) { return emitReshape(op); })
      .Case([&](kernel::SliceOp op) { return emitSlice(op); })
      .Case([&](kernel::JoinOp op) { return emitJoin(op); })
      .Case([&](graph::WeightOp op) { return emitWeight(op); })
      .Case([&](graph::IfOp op) { return emitIf(op); })
      .Case([&](graph::LoopOp op) { return emitLoop(op); })
      .Case([&](tensor::DimOp op) { return emitDim(op); })
      .Case([&](tensor::ExtractOp op) { return emitExtract(op); })
      .Case([&](tensor::FromElementsOp op) { return emitFromElements(op); })
      .Case([&](schedule::CheckOp op) { return emitCheck(op); })
      .Default([&](Operation *op) { return emitScalar(op); });
}

/// What the kernel says of `name` for the code level of the run: a number that
/// follows from the sizes, `first` for the lowest target.
FailureOr<Value> ProgramBuilder::emitVersions(kernel::FuncOp kernel,
                                              StringRef name,
                                              std::optional<AffineMap> first,
                                              ValueRange extents) {
  Location loc = kernel.getLoc();
  SmallVector<AffineMap> maps = {
      first ? *first
            : AffineMap::get(0, extents.size(),
                             getAffineConstantExpr(0, kernel.getContext()))};
  if (ArrayAttr versions = kernel.getVersionsAttr())
    for (auto version : versions.getAsRange<DictionaryAttr>()) {
      auto map = version.getAs<AffineMapAttr>(name);
      if (!map)
        return kernel.emitOpError("expected '") << name << "' in each version";
      maps.push_back(map.getValue());
    }
  SmallVector<graph::TargetAttr, 2> targets;
  if (maps.size() > 1) {
    auto list = graph::TargetAttr::listOf(kernel);
    if (failed(list))
      return failure();
    targets = *list;
    if (targets.size() != maps.size())
      return kernel.emitOpError("expected ")
             << targets.size() << " versions, one for each target, found "
             << maps.size();
  }
  OpBuilder &builder = builderFor(extents);
  Value result;
  for (auto [index, map] : llvm::enumerate(maps)) {
    if (map.getNumDims() != 0 || map.getNumResults() != 1 ||
        map.getNumSymbols() != extents.size())
      return kernel.emitOpError("expected '")
             << name << "' to be a map of the sizes to one number";
    if (index > 0 && map == maps[index - 1])
      continue;
    Value next = emitExpr(builder, loc, map.getResult(0), {}, extents);
    if (result) {
      if (!codeLevel)
        codeLevel = schedule::CodeLevelOp::create(sizes, loc);
      Value isReached = arith::CmpIOp::create(
          builder, loc, arith::CmpIPredicate::uge, codeLevel,
          constant(loc, int64_t(targets[index].getIsa())));
      next = arith::SelectOp::create(builder, loc, isReached, next, result);
    }
    result = next;
  }
  return result;
}

/// %y = kernel.launch -> buffers for the results and schedule.launch
LogicalResult ProgramBuilder::emitLaunch(kernel::LaunchOp launch) {
  Location loc = launch.getLoc();
  auto kernel = symbols.lookup<kernel::FuncOp>(launch.getKernel());
  if (!kernel)
    return launch.emitOpError("expected a kernel.func @") << launch.getKernel();
  if (!kernel.getTasks())
    return kernel.emitOpError(
        "expected 'tasks', which strait-select-tiles sets");
  FailureOr<SmallVector<Value>> extents =
      lookupScalars(launch.getSizes(), launch);
  if (failed(extents))
    return failure();
  FailureOr<Value> tasks =
      emitVersions(kernel, "tasks", kernel.getTasks(), *extents);
  FailureOr<Value> scratch =
      emitVersions(kernel, "scratch", kernel.getScratch(), *extents);
  if (failed(tasks) || failed(scratch))
    return failure();
  SmallVector<Value> reads, writes;
  for (Value input : launch.getInputs()) {
    FailureOr<PlacedTensor> placed = lookup(input, launch);
    if (failed(placed))
      return failure();
    reads.push_back(placed->buffer);
  }
  for (auto [result, map] : llvm::zip_equal(
           launch.getResults(),
           launch.getResultShapes().getAsValueRange<AffineMapAttr>())) {
    PlacedTensor placed;
    for (AffineExpr expr : map.getResults())
      placed.dims.push_back(
          emitExpr(builderFor(*extents), loc, expr, {}, *extents));
    Type element = cast<RankedTensorType>(result.getType()).getElementType();
    if (!bytesPerElement(element))
      return launch.emitOpError("expected results of whole-byte elements, "
                                "found ")
             << result.getType();
    auto output = inPlace.find(result);
    bool early = llvm::all_of(placed.dims, [&](Value v) { return isEarly(v); });
    // An output can be asked for once its dims are told: those of a result
    // that is returned as it is are known now, those of a reshape only if the
    // element count (hence, all of its dims) follows from the inputs' dims.
    Operation *terminator = function.getBody().front().getTerminator();
    bool returned = output != inPlace.end() &&
                    terminator->getOperand(output->second) == result;
    if (output != inPlace.end() && (early || returned)) {
      if (!early)
        schedule::OutputDimsOp::create(run, loc, output->second, placed.dims);
      placed.buffer = schedule::OutputOp::create(run, loc, output->second);
      outputBuffers[output->second] = placed.buffer;
    } else {
      placed.buffer = schedule::AllocateOp::create(
          run, loc, byteSize(loc, element, placed.dims));
    }
    writes.push_back(placed.buffer);
    tensors[result] = placed;
  }
  auto count = [&](StringRef name) {
    auto attribute = launch->getAttrOfType<IntegerAttr>(name);
    return attribute ? attribute : kernel->getAttrOfType<IntegerAttr>(name);
  };
  schedule::LaunchOp::create(run, loc, launch.getKernelAttr(),
                             *tasks, *scratch, *extents, reads, writes,
                             count("flops"), count("bytes"));
  return success();
}

LogicalResult ProgramBuilder::emitWeight(graph::WeightOp weight) {
  // Weights that only fed what was folded take no room.
  if (weight->use_empty())
    return success();
  FailureOr<schedule::BlobOp> blob =
      weights.get(weight.getValue(), weight.getLoc());
  if (failed(blob))
    return failure();
  PlacedTensor placed;
  placed.buffer = schedule::WeightOp::create(
      run, weight.getLoc(), FlatSymbolRefAttr::get(blob->getSymNameAttr()));
  for (int64_t extent : cast<ShapedType>(weight.getType()).getShape())
    placed.dims.push_back(constant(weight.getLoc(), extent));
  tensors[weight] = placed;
  return success();
}

LogicalResult ProgramBuilder::emitDim(tensor::DimOp dim) {
  FailureOr<PlacedTensor> source = lookup(dim.getSource(), dim);
  if (failed(source))
    return failure();
  std::optional<int64_t> axis = dim.getConstantIndex();
  if (!axis || *axis < 0 || *axis >= int64_t(source->dims.size()))
    return dim.emitOpError("expected a constant axis of a tensor of rank ")
           << source->dims.size();
  scalars[dim] = source->dims[*axis];
  return success();
}

/// %s = tensor.extract %x[...] -> schedule.read at the row-major position
LogicalResult ProgramBuilder::emitExtract(tensor::ExtractOp extract) {
  FailureOr<PlacedTensor> source = lookup(extract.getTensor(), extract);
  FailureOr<SmallVector<Value>> at =
      lookupScalars(extract.getIndices(), extract);
  if (failed(source) || failed(at))
    return failure();
  Location loc = extract.getLoc();
  Value position = constant(loc, 0);
  for (auto [index, dim] : llvm::zip_equal(*at, source->dims)) {
    OpBuilder &builder = builderFor({position, index, dim});
    position = builder.createOrFold<arith::MulIOp>(loc, position, dim);
    position = builder.createOrFold<arith::AddIOp>(loc, position, index);
  }
  Type type = extract.getType();
  Type read = type.isIndex() ? run.getI64Type() : type;
  if (auto integer = dyn_cast<IntegerType>(type))
    read = run.getIntegerType(integer.getWidth());
  if (!read.isF32() && !read.isF64() && !isa<IntegerType>(read))
    return extract.emitOpError("expected an element that the host program can "
                               "hold, found ")
           << type;
  Value value =
      schedule::ReadOp::create(run, loc, read, source->buffer, position);
  if (type.isIndex())
    value = arith::IndexCastOp::create(run, loc, type, value);
  scalars[extract] = value;
  return success();
}

/// tensor.from_elements -> a buffer that the host program fills
LogicalResult
ProgramBuilder::emitFromElements(tensor::FromElementsOp op) {
  Location loc = op.getLoc();
  FailureOr<SmallVector<Value>> elements = lookupScalars(op.getElements(), op);
  if (failed(elements))
    return failure();
  auto type = cast<RankedTensorType>(op.getType());
  if (!bytesPerElement(type.getElementType()))
    return op.emitOpError("expected whole-byte elements, found ") << type;
  PlacedTensor placed;
  for (int64_t extent : type.getShape())
    placed.dims.push_back(constant(loc, extent));
  placed.buffer = schedule::AllocateOp::create(
      run, loc, byteSize(loc, type.getElementType(), placed.dims));
  for (auto [index, element] : llvm::enumerate(*elements)) {
    if (element.getType().isIndex())
      element = arith::IndexCastOp::create(run, loc, run.getI64Type(), element);
    schedule::WriteOp::create(run, loc, element, placed.buffer,
                              constant(loc, index));
  }
  tensors[op] = placed;
  return success();
}

/// Checks of what follows from dims stand before the run; those in a region of
/// control flow hold only there.
LogicalResult ProgramBuilder::emitCheck(schedule::CheckOp check) {
  FailureOr<SmallVector<Value>> operands =
      lookupScalars(check.getOperands(), check);
  if (failed(operands))
    return failure();
  Value got = (*operands)[0], expected = (*operands)[1];
  bool isInner = isa<graph::IfOp, graph::LoopOp>(check->getParentOp());
  OpBuilder &builder = isInner ? run : builderFor(*operands);
  schedule::CheckOp::create(builder, check.getLoc(), got, check.getRelation(),
                            expected, check.getWhat());
  return success();
}

/// Arithmetic on sizes: cloned to where its operands are known; affine maps
/// become arith ops.
LogicalResult ProgramBuilder::emitScalar(Operation *op) {
  Location loc = op->getLoc();
  bool isScalar =
      op->getNumResults() == 1 && op->getNumRegions() == 0 &&
      op->getResult(0).getType().isIntOrIndexOrFloat() &&
      isa_and_nonnull<arith::ArithDialect, affine::AffineDialect>(
          op->getDialect()) &&
      isMemoryEffectFree(op);
  if (!isScalar)
    return op->emitOpError("expected only kernel launches, reshapes, weights, "
                           "control flow and arithmetic on sizes at the end "
                           "of the kernel level");
  FailureOr<SmallVector<Value>> operands =
      lookupScalars(op->getOperands(), op);
  if (failed(operands))
    return failure();
  OpBuilder &builder = builderFor(*operands);
  auto evaluate = [&](AffineMap map, auto combine) {
    ValueRange all(*operands);
    ValueRange dims = all.take_front(map.getNumDims());
    ValueRange inputs = all.drop_front(map.getNumDims());
    Value result;
    for (AffineExpr expr : map.getResults()) {
      Value next = emitExpr(builder, loc, expr, dims, inputs);
      result = result ? combine(result, next) : next;
    }
    return result;
  };
  Value result;
  if (auto apply = dyn_cast<affine::AffineApplyOp>(op)) {
    result = evaluate(apply.getAffineMap(), [](Value a, Value) { return a; });
  } else if (auto min = dyn_cast<affine::AffineMinOp>(op)) {
    result = evaluate(min.getAffineMap(), [&](Value a, Value b) {
      return builder.createOrFold<arith::MinSIOp>(loc, a, b);
    });
  } else if (auto max = dyn_cast<affine::AffineMaxOp>(op)) {
    result = evaluate(max.getAffineMap(), [&](Value a, Value b) {
      return builder.createOrFold<arith::MaxSIOp>(loc, a, b);
    });
  } else if (isa<arith::ArithDialect>(op->getDialect())) {
    IRMapping mapping;
    mapping.map(op->getOperands(), *operands);
    Operation *clone = builder.clone(*op, mapping);
    SmallVector<Value> folded;
    if (succeeded(builder.tryFold(clone, folded)) && !folded.empty()) {
      clone->erase();
      result = folded[0];
    } else {
      result = clone->getResult(0);
    }
  } else {
    return op->emitOpError("expected arithmetic on sizes");
  }
  scalars[op->getResult(0)] = result;
  return success();
}
