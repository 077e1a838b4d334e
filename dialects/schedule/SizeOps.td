// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sizes of inputs and outputs, and what they have to be to each other.
#ifndef STRAIT_DIALECTS_SCHEDULE_SIZEOPS_TD
#define STRAIT_DIALECTS_SCHEDULE_SIZEOPS_TD

include "dialects/schedule/ScheduleBase.td"

def Schedule_DimOp : Schedule_Op<"dim", [Pure]> {
  let summary = "extent of an input as the caller bound it";
  let description = [{
    Constraints:
    1. the program has an input of this number with this axis.

    Example:
    ```mlir
    %n = schedule.dim 0[1]
    ```
  }];
  let arguments = (ins I64Attr:$input, I64Attr:$axis);
  let results = (outs Index:$result);
  let builders = [OpBuilder<(ins "int64_t":$input, "int64_t":$axis), [{
    build($_builder, $_state, $_builder.getIndexType(), uint64_t(input), uint64_t(axis));
  }]>];
  let assemblyFormat = "$input `[` $axis `]` attr-dict";
  let hasVerifier = 1;
}

def Schedule_CheckRelation : I32EnumAttr<"CheckRelation",
    "what a size has to be to another", [
      I32EnumAttrCase<"equals", 0>, I32EnumAttrCase<"at_least", 1>,
      I32EnumAttrCase<"one_or", 2> // equal to one or to the other
    ]> {
  let cppNamespace = "::strait::schedule";
  let genSpecializedAttr = 0;
}
def Schedule_CheckRelationAttr
    : EnumAttr<Schedule_Dialect, Schedule_CheckRelation, "relation">;

def Schedule_CodeLevelOp : Schedule_Op<"code_level", [Pure]> {
  let summary = "instruction set of the kernels that this run launches";
  let description = [{
    A number of strait::graph::Isa. A model that holds code for several targets
    runs that of the highest that the machine at hand has; how kernels are cut
    into tasks, and what scratch they need, may depend on it.

    Example:
    ```mlir
    %level = schedule.code_level
    ```
  }];
  let results = (outs Index:$result);
  let builders = [OpBuilder<(ins), [{
    build($_builder, $_state, $_builder.getIndexType());
  }]>];
  let assemblyFormat = "attr-dict";
}

def Schedule_CheckOp : Schedule_Op<"check"> {
  let summary = "ends the call with an error unless two sizes fit";
  let description = [{
    `strait-form-regions` makes one of every relation that a shape rule took for
    granted; `strait-build-schedule` moves those that follow from the inputs'
    dims before `schedule.begin_run`. The others stand before the first launch
    that uses the sizes.

    Example:
    ```mlir
    schedule.check %n equals %c4, "input 'x', axis 1"
    schedule.check %m at_least %c0, "node 'crop', a size of the result"
    ```
  }];
  let arguments = (ins Index:$got, Schedule_CheckRelationAttr:$relation,
    Index:$expected, StrAttr:$what);
  let assemblyFormat = "$got `` $relation $expected `,` $what attr-dict";
}

def Schedule_OutputDimsOp : Schedule_Op<"output_dims"> {
  let summary = "tells the caller the dims of an output";
  let description = [{
    Before `schedule.begin_run`, -1 stands for an extent that only the run
    shows; the run then tells all dims before it asks for the output's buffer.

    Constraints:
    1. the program has an output of this number and rank.

    Example:
    ```mlir
    schedule.output_dims 0[%n, %c]
    ```
  }];
  let arguments = (ins I64Attr:$output, Variadic<Index>:$dims);
  let assemblyFormat = "$output `[` $dims `]` attr-dict";
  let hasVerifier = 1;
}

#endif // STRAIT_DIALECTS_SCHEDULE_SIZEOPS_TD
