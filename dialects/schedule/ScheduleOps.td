// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The schedule: the host program of a model as IR. See README.md of this folder.
#ifndef STRAIT_DIALECTS_SCHEDULE_SCHEDULEOPS_TD
#define STRAIT_DIALECTS_SCHEDULE_SCHEDULEOPS_TD

include "dialects/schedule/SizeOps.td"

//===----------------------------------------------------------------------===//
// Programs and what they share
//===----------------------------------------------------------------------===//

def Schedule_ProgramOp : Schedule_Op<"program", [
    IsolatedFromAbove, Symbol, SingleBlock]> {
  let summary = "the host program of one entry";
  let description = [{
    Its one block has two parts. Before `schedule.begin_run` stands what follows
    from the inputs' dims alone: checks of them, sizes, the outputs' dims; a
    query stops there. After it stand memory, launches and control flow, in
    order.

    Constraints:
    1. the block has no arguments and ends in `schedule.return`;
    2. `schedule.begin_run` occurs once, in the block itself;
    3. before it, only checks, `schedule.output_dims` and ops without effects.

    Example:
    ```mlir
    schedule.program @main inputs [#schedule.tensor<"x" : tensor<?x4xf32>>]
        outputs [#schedule.tensor<"y" : tensor<?x4xf32>>] {
      %n = schedule.dim 0[0]
      schedule.output_dims 0[%n]
      schedule.begin_run
      schedule.return
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
    Schedule_TensorArrayAttr:$inputs, Schedule_TensorArrayAttr:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name `inputs` $inputs `outputs` $outputs attr-dict-with-keyword $body
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::Block &getBlock() { return getBody().front(); }
    TensorAttr getInput(unsigned index) {
      return ::llvm::cast<TensorAttr>(getInputs()[index]);
    }
    TensorAttr getOutput(unsigned index) {
      return ::llvm::cast<TensorAttr>(getOutputs()[index]);
    }
    /// The op that ends the part which follows from dims alone.
    BeginRunOp getBeginRun();
  }];
}

def Schedule_BeginRunOp : Schedule_Op<"begin_run", [
    ParentOneOf<["ProgramOp"]>]> {
  let summary = "ends what a query evaluates";
  let assemblyFormat = "attr-dict";
}

def Schedule_ReturnOp : Schedule_Op<"return", [
    Terminator, ParentOneOf<["ProgramOp"]>]> {
  let summary = "ends a program";
  let assemblyFormat = "attr-dict";
}

def Schedule_BlobOp : Schedule_Op<"blob", [Symbol]> {
  let summary = "constant bytes at a place of the weights block";
  let description = [{
    Stands at module level: all entries share one block of weights. The block's
    file is written from these ops, in order of their offsets.

    Constraints:
    1. `offset` is a multiple of 64.

    Example:
    ```mlir
    schedule.blob @w0 at 128 = dense<1.0> : tensor<4xf32>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$offset,
    ElementsAttr:$value);
  let assemblyFormat = "$sym_name `at` $offset `=` $value attr-dict";
  let hasVerifier = 1;
}

def Schedule_StateOp : Schedule_Op<"state", [Symbol]> {
  let summary = "a tensor that lives from run to run";
  let description = [{
    Stands at module level: all entries share it. It lies row-major in memory
    with `capacity` for its dynamic extent, along which it holds a number of
    rows, none at first. A static type is a state that is always whole, zeros
    at first. What a run changes counts from the next run on; a run that fails
    leaves the state as it was, except that one which had changed rows of
    earlier runs already leaves none (zeros).

    Constraints:
    1. the type has one dynamic extent and a capacity of at least one row, or
       no dynamic extent and no capacity;
    2. its elements are whole bytes.

    Example:
    ```mlir
    schedule.state @keys : tensor<8x?x64xf32> capacity 2048
    schedule.state @hidden : tensor<1x256xf32>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttr:$type,
    OptionalAttr<I64Attr>:$capacity);
  let assemblyFormat = "$sym_name `:` $type (`capacity` $capacity^)? attr-dict";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::RankedTensorType getTensorType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getType());
    }
    /// The axis of the rows; nothing for a state that is always whole.
    std::optional<unsigned> getRowAxis();
  }];
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

def Schedule_InputOp : Schedule_Op<"input", [Pure]> {
  let summary = "the caller's buffer of an input";
  let description = [{
    Constraints:
    1. the program has an input of this number.
  }];
  let arguments = (ins I64Attr:$input);
  let results = (outs Schedule_BufferType:$result);
  let builders = [OpBuilder<(ins "int64_t":$input), [{
    build($_builder, $_state, $_builder.getType<BufferType>(), uint64_t(input));
  }]>];
  let assemblyFormat = "$input attr-dict";
  let hasVerifier = 1;
}

def Schedule_WeightOp : Schedule_Op<"weight", [Pure]> {
  let summary = "the bytes of a schedule.blob";
  let arguments = (ins FlatSymbolRefAttr:$blob);
  let results = (outs Schedule_BufferType:$result);
  let builders = [OpBuilder<(ins "::mlir::FlatSymbolRefAttr":$blob), [{
    build($_builder, $_state, $_builder.getType<BufferType>(), blob);
  }]>];
  let assemblyFormat = "$blob attr-dict";
}

def Schedule_OutputOp : Schedule_Op<"output"> {
  let summary = "the place where an output goes";
  let description = [{
    Stands after the output's dims were told.

    Constraints:
    1. the program has an output of this number.
  }];
  let arguments = (ins I64Attr:$output);
  let results = (outs Schedule_BufferType:$result);
  let builders = [OpBuilder<(ins "int64_t":$output), [{
    build($_builder, $_state, $_builder.getType<BufferType>(), uint64_t(output));
  }]>];
  let assemblyFormat = "$output attr-dict";
  let hasVerifier = 1;
}

def Schedule_AllocateOp : Schedule_Op<"allocate"> {
  let summary = "an intermediate buffer without a place yet";
  let description = [{
    `strait-plan-memory` turns it into a `schedule.buffer`.

    Example:
    ```mlir
    %b = schedule.allocate %bytes
    ```
  }];
  let arguments = (ins Index:$bytes);
  let results = (outs
    Res<Schedule_BufferType, "", [MemAlloc<DefaultResource>]>:$result);
  let builders = [OpBuilder<(ins "::mlir::Value":$bytes), [{
    build($_builder, $_state, $_builder.getType<BufferType>(), bytes);
  }]>];
  let assemblyFormat = "$bytes attr-dict";
}

def Schedule_SlabOp : Schedule_Op<"slab"> {
  let summary = "memory of a size known here, for buffers at known offsets";
  let description = [{
    Each slab and plan of a program has its own number; the memory is kept
    between runs.

    Example:
    ```mlir
    %base = schedule.slab 0 bytes %c4096
    ```
  }];
  let arguments = (ins I64Attr:$plan, Index:$bytes);
  let results = (outs Schedule_BufferType:$base);
  let builders = [OpBuilder<(ins "int64_t":$plan, "::mlir::Value":$bytes), [{
    build($_builder, $_state, $_builder.getType<BufferType>(), uint64_t(plan), bytes);
  }]>];
  let assemblyFormat = "$plan `bytes` $bytes attr-dict";
}

def Schedule_PlanOp : Schedule_Op<"plan"> {
  let summary = "places buffers of dynamic sizes in one piece of memory";
  let description = [{
    Gives one offset per size such that buffers whose lifetimes overlap are
    disjoint. `lifetimes` are pairs of first and last step, inclusive.

    Constraints:
    1. one offset per size and two lifetime numbers per size;
    2. no lifetime ends before it begins.

    Example:
    ```mlir
    %base, %o:2 = schedule.plan 0 sizes(%a, %b) lifetimes [0, 1, 1, 2]
    ```
  }];
  let arguments = (ins I64Attr:$plan, Variadic<Index>:$sizes,
    DenseI32ArrayAttr:$lifetimes);
  let results = (outs Schedule_BufferType:$base, Variadic<Index>:$offsets);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def Schedule_GrowOp : Schedule_Op<"grow"> {
  let summary = "memory for what changes its size from iteration to iteration";
  let description = [{
    Gives memory of `bytes` bytes, of which the first `kept` are those that it
    gave the last time. With none kept the last memory stays as it is until the
    next time, so that an iteration reads a carried value from it while it
    writes the next one; else it is gone. The memory grows by doubling and is
    freed when the run ends. Its number is among those of slabs and plans;
    `what` names it in errors.

    Example:
    ```mlir
    %next = schedule.grow 0 bytes %n kept %c0, "node 'loop', carried value 0"
    ```
  }];
  let arguments = (ins I64Attr:$plan, Index:$bytes, Index:$kept,
    StrAttr:$what);
  let results = (outs Schedule_BufferType:$result);
  let builders = [OpBuilder<(ins "int64_t":$plan, "::mlir::Value":$bytes,
      "::mlir::Value":$kept, "::llvm::StringRef":$what), [{
    build($_builder, $_state, $_builder.getType<BufferType>(), uint64_t(plan),
          bytes, kept, what);
  }]>];
  let assemblyFormat =
      "$plan `bytes` $bytes `kept` $kept `,` $what attr-dict";
}

def Schedule_BufferOp : Schedule_Op<"buffer", [Pure]> {
  let summary = "an intermediate buffer at its place in a slab or plan";
  let description = [{
    Example:
    ```mlir
    %b = schedule.buffer %base[%offset] bytes %size
    ```
  }];
  let arguments = (ins Schedule_BufferType:$base, Index:$offset,
    Index:$bytes);
  let results = (outs Schedule_BufferType:$result);
  let builders = [OpBuilder<(ins "::mlir::Value":$base, "::mlir::Value":$offset,
      "::mlir::Value":$bytes), [{
    build($_builder, $_state, $_builder.getType<BufferType>(), base, offset, bytes);
  }]>];
  let assemblyFormat = "$base `[` $offset `]` `bytes` $bytes attr-dict";
}

def Schedule_ViewOp : Schedule_Op<"view", [Pure]> {
  let summary = "a buffer from some byte on";
  let description = [{
    Example:
    ```mlir
    %v = schedule.view %b[%offset]
    ```
  }];
  let arguments = (ins Schedule_BufferType:$source, Index:$offset);
  let results = (outs Schedule_BufferType:$result);
  let builders = [OpBuilder<(ins "::mlir::Value":$source, "::mlir::Value":$offset), [{
    build($_builder, $_state, $_builder.getType<BufferType>(), source, offset);
  }]>];
  let assemblyFormat = "$source `[` $offset `]` attr-dict";
  let hasFolder = 1;
}

//===----------------------------------------------------------------------===//
// States
//===----------------------------------------------------------------------===//

def Schedule_HeldOp : Schedule_Op<"held", [
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a state's memory and the rows that it holds";
  let description = [{
    `length` is that at the beginning of the run, 1 for a state that is always
    whole. The buffer shows what append, overwrite and rotate do to it.

    Example:
    ```mlir
    %b, %n = schedule.held @keys
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$state);
  let results = (outs Schedule_BufferType:$buffer, Index:$length);
  let builders = [OpBuilder<(ins "::mlir::FlatSymbolRefAttr":$state), [{
    build($_builder, $_state, $_builder.getType<BufferType>(),
          $_builder.getIndexType(), state);
  }]>];
  let assemblyFormat = "$state attr-dict";
}

class Schedule_StateUpdate<string mnemonic> : Schedule_Op<mnemonic, [
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let results = (outs Index:$length);
}

def Schedule_AppendOp : Schedule_StateUpdate<"append"> {
  let summary = "writes rows behind those that a state holds";
  let description = [{
    Copies `count` rows, which lie together in `rows`, to the rows from `at` on,
    in place. The result, at + count, is what the next run finds unless a later
    update says otherwise; beyond the capacity the call ends with an error.

    Constraints:
    1. the state has rows.

    Example:
    ```mlir
    %m = schedule.append %new rows %one to @keys at %n
    ```
  }];
  let arguments = (ins Schedule_BufferType:$rows, Index:$count,
    FlatSymbolRefAttr:$state, Index:$at);
  let builders = [OpBuilder<(ins "::mlir::Value":$rows, "::mlir::Value":$count,
      "::mlir::FlatSymbolRefAttr":$state, "::mlir::Value":$at), [{
    build($_builder, $_state, $_builder.getIndexType(), rows, count, state, at);
  }]>];
  let assemblyFormat = "$rows `rows` $count `to` $state `at` $at attr-dict";
}

def Schedule_OverwriteOp : Schedule_StateUpdate<"overwrite"> {
  let summary = "makes rows all that a state holds";
  let description = [{
    Copies `count` rows over the first ones, in place. A state that is always
    whole is one row.

    Example:
    ```mlir
    %m = schedule.overwrite @hidden with %new rows %one
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$state, Schedule_BufferType:$rows,
    Index:$count);
  let builders = [OpBuilder<(ins "::mlir::FlatSymbolRefAttr":$state,
      "::mlir::Value":$rows, "::mlir::Value":$count), [{
    build($_builder, $_state, $_builder.getIndexType(), state, rows, count);
  }]>];
  let assemblyFormat = "$state `with` $rows `rows` $count attr-dict";
}

def Schedule_RotateOp : Schedule_StateUpdate<"rotate"> {
  let summary = "drops the oldest rows of a state";
  let description = [{
    Moves the rows from `by` up to `held` to the beginning, in place, and gives
    how many stay; all go when `by` is larger. Rows that a window or ring needs
    no more make room this way.

    Constraints:
    1. the state has rows.

    Example:
    ```mlir
    %m = schedule.rotate @window by %k held %n
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$state, Index:$by, Index:$held);
  let builders = [OpBuilder<(ins "::mlir::FlatSymbolRefAttr":$state,
      "::mlir::Value":$by, "::mlir::Value":$held), [{
    build($_builder, $_state, $_builder.getIndexType(), state, by, held);
  }]>];
  let assemblyFormat = "$state `by` $by `held` $held attr-dict";
}

//===----------------------------------------------------------------------===//
// Work
//===----------------------------------------------------------------------===//

def Schedule_LaunchOp : Schedule_Op<"launch", [AttrSizedOperandSegments]> {
  let summary = "runs a kernel over its tasks and waits for it";
  let description = [{
    The kernel gets the buffers it reads, then those it writes, then `sizes`,
    and `scratch` bytes per worker. The location names the ONNX nodes.

    Example:
    ```mlir
    schedule.launch @softmax tasks(%n) scratch(%c4096) sizes(%n)
        reads(%x) writes(%y)
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Index:$tasks, Index:$scratch,
    Variadic<Index>:$sizes, Variadic<Schedule_BufferType>:$reads,
    Variadic<Schedule_BufferType>:$writes,
    OptionalAttr<I64Attr>:$flops, OptionalAttr<I64Attr>:$bytes);
  let assemblyFormat = [{
    $kernel `tasks` `(` $tasks `)` `scratch` `(` $scratch `)`
    (`sizes` `(` $sizes^ `)`)? (`reads` `(` $reads^ `)`)?
    `writes` `(` $writes `)` attr-dict
  }];
}

def Schedule_CopyOp : Schedule_Op<"copy"> {
  let summary = "copies bytes between buffers that do not overlap";
  let description = [{
    Example:
    ```mlir
    schedule.copy %from to %onto bytes %n
    ```
  }];
  let arguments = (ins Schedule_BufferType:$source,
    Schedule_BufferType:$target, Index:$bytes);
  let assemblyFormat = "$source `to` $target `bytes` $bytes attr-dict";
}

def Schedule_ReadOp : Schedule_Op<"read"> {
  let summary = "an element of a buffer as a value of the host program";
  let description = [{
    Waits for the kernels that write the buffer. `index` counts elements of the
    result's type; booleans lie as bytes.

    Constraints:
    1. the element type is `index` free: an integer of 1, 8, 16, 32 or 64 bits,
       f32 or f64.

    Example:
    ```mlir
    %count = schedule.read %b[%c0] : i64
    ```
  }];
  let arguments = (ins Schedule_BufferType:$source, Index:$index);
  let results = (outs AnyTypeOf<[I1, I8, I16, I32, I64, F32, F64]>:$result);
  let assemblyFormat = "$source `[` $index `]` attr-dict `:` type($result)";
}

def Schedule_WriteOp : Schedule_Op<"write"> {
  let summary = "stores a value of the host program into a buffer";
  let description = [{
    Example:
    ```mlir
    schedule.write %count to %b[%c0] : i64
    ```
  }];
  let arguments = (ins AnyTypeOf<[I1, I8, I16, I32, I64, F32, F64]>:$value,
    Schedule_BufferType:$target, Index:$index);
  let assemblyFormat = [{
    $value `to` $target `[` $index `]` attr-dict `:` type($value)
  }];
}

//===----------------------------------------------------------------------===//
// Control flow
//===----------------------------------------------------------------------===//

def Schedule_YieldOp : Schedule_Op<"yield", [Pure, Terminator,
    ParentOneOf<["IfOp", "LoopOp"]>]> {
  let summary = "values of a region of `if` or `loop`";
  let arguments = (ins Variadic<Schedule_YieldedType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
  let builders = [OpBuilder<(ins), [{
    build($_builder, $_state, ::mlir::ValueRange());
  }]>];
}

def Schedule_IfOp : Schedule_Op<"if", [
    SingleBlock, NoRegionArguments, RecursiveMemoryEffects]> {
  let summary = "one of two parts of a program";
  let description = [{
    Constraints:
    1. both regions yield values of the results' types.

    Example:
    ```mlir
    %b = schedule.if %c -> !schedule.buffer {
      schedule.yield %x : !schedule.buffer
    } else {
      schedule.yield %y : !schedule.buffer
    }
    ```
  }];
  let arguments = (ins I1:$condition);
  let results = (outs Variadic<Schedule_YieldedType>:$results);
  let regions = (region SizedRegion<1>:$then_region,
                        SizedRegion<1>:$else_region);
  let assemblyFormat = [{
    $condition (`->` type($results)^)? attr-dict-with-keyword
    $then_region `else` $else_region
  }];
  let hasVerifier = 1;
}

def Schedule_LoopOp : Schedule_Op<"loop", [
    SingleBlock, RecursiveMemoryEffects,
    TypesMatchWith<"results are the last carried values", "carried", "results",
                   "$_self">]> {
  let summary = "repeats a part of a program";
  let description = [{
    Runs the region for 0, 1, ... while the number is below `trips` and the
    condition, first `condition`, then what the region yields first, holds.
    Region arguments: the number, then the carried values. Results: the last
    carried values.

    Constraints:
    1. the region's arguments are an index and the carried types;
    2. it yields an i1 and the carried types, which are the results' types.

    Example:
    ```mlir
    %last = schedule.loop %trips while %go carried(%c0) : index {
    ^bb0(%i: index, %count: index):
      schedule.yield %go, %i : i1, index
    }
    ```
  }];
  let arguments = (ins Index:$trips, I1:$condition,
    Variadic<Schedule_YieldedType>:$carried);
  let results = (outs Variadic<Schedule_YieldedType>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $trips `while` $condition
    (`carried` `(` $carried^ `)` `:` type($carried))?
    attr-dict-with-keyword $body
  }];
  let hasVerifier = 1;
}

#endif // STRAIT_DIALECTS_SCHEDULE_SCHEDULEOPS_TD
