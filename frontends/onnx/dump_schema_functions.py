# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes the operators that the ONNX standard defines as functions of other
operators as the bytes of one ModelProto, for inclusion in a C array.

Every body is one entry of `functions`: its name and domain are the operator's,
its `overload` is "<since>.<opset of the body>", and its `attribute_proto` holds
the defaults of the operator's attributes. Context-dependent bodies are left
out: they are C++ callbacks of the onnx wheel.

Usage: dump_schema_functions.py OUT.inc
"""
import sys

import onnx
from onnx import defs


def functions():
    schemas = [s for s in defs.get_all_schemas_with_history() if s.has_function]
    for schema in sorted(schemas, key=lambda s: (s.domain, s.name, s.since_version)):
        for opset in sorted(schema.function_opset_versions):
            function = onnx.FunctionProto()
            body = schema.get_function_with_opset_version(opset)
            if isinstance(body, bytes):
                function.ParseFromString(body)
            else:
                function.CopyFrom(body)
            function.name = schema.name
            function.domain = schema.domain
            function.overload = f"{schema.since_version}.{opset}"
            function.doc_string = ""
            del function.attribute[:]
            del function.attribute_proto[:]
            for name in sorted(schema.attributes):
                default = schema.attributes[name].default_value
                if default.type != onnx.AttributeProto.UNDEFINED:
                    function.attribute_proto.add().CopyFrom(default)
                else:
                    function.attribute.append(name)
            yield function


def main():
    model = onnx.ModelProto()
    model.functions.extend(functions())
    data = model.SerializeToString(deterministic=True)
    with open(sys.argv[1], "w", encoding="ascii") as out:
        for start in range(0, len(data), 24):
            out.write(",".join(map(str, data[start:start + 24])) + ",\n")


if __name__ == "__main__":
    main()
