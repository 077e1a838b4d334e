// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/passes/cpu/ContractionText.h"

#include <algorithm>
#include <cmath>

using namespace strait::test;

int64_t KernelText::count(const Shape &shape) {
  int64_t product = 1;
  for (const Extent &extent : shape)
    product *= extent.value;
  return product;
}

std::string KernelText::input(const Shape &shape) {
  inputs.push_back(shape);
  map(shape);
  return "%" + std::to_string(inputs.size() - 1);
}

std::string KernelText::type(const Shape &shape) const {
  std::string text = "tensor<";
  for (const Extent &extent : shape)
    text += (extent.dynamic ? "?" : std::to_string(extent.value)) + "x";
  return text + "f32>";
}

std::string KernelText::map(const Shape &shape) {
  std::string text;
  for (const Extent &extent : shape) {
    if (!text.empty())
      text += ", ";
    if (!extent.dynamic) {
      text += std::to_string(extent.value);
      continue;
    }
    auto found =
        std::find(sizeValues.begin(), sizeValues.end(), extent.value);
    text += "s" + std::to_string(found - sizeValues.begin());
    if (found == sizeValues.end())
      sizeValues.push_back(extent.value);
  }
  return "affine_map<()[" + allSizes() + "] -> (" + text + ")>";
}

std::string KernelText::allSizes() const {
  std::string text;
  for (size_t i = 0; i < sizeValues.size(); ++i)
    text += (i ? ", s" : "s") + std::to_string(i);
  return text;
}

std::string KernelText::finish(const std::string &root, const Shape &result,
                               const std::string &epilogue) {
  size_t operands = inputs.size();
  if (epilogue == "bias")
    input({result.back()});
  if (epilogue == "residual")
    input(result);
  map(result);
  std::string shapes, arguments, rootTypes;
  for (size_t i = 0; i < inputs.size(); ++i) {
    shapes += (i ? ", " : "") + map(inputs[i]);
    arguments += (i ? ", %" : "%") + std::to_string(i) + ": " + type(inputs[i]);
    if (i < operands)
      rootTypes += (i ? ", " : "") + type(inputs[i]);
  }
  std::string extents;
  for (const Extent &extent : result)
    if (extent.dynamic) {
      auto found =
          std::find(sizeValues.begin(), sizeValues.end(), extent.value);
      extents += (extents.empty() ? "%s" : ", %s") +
                 std::to_string(found - sizeValues.begin());
    }
  for (size_t i = 0; i < sizeValues.size(); ++i)
    arguments += ", %s" + std::to_string(i) + ": index";

  std::string out = type(result);
  std::string text = "kernel.func @k inputs " + std::to_string(inputs.size()) +
                     " shapes([" + shapes + "] -> [" + map(result) +
                     "]) {\n^bb0(" + arguments + "):\n  %r = " + root + " : " +
                     rootTypes + " -> " + out + "\n";
  if (epilogue.empty())
    return text + "  kernel.yield %r : " + out + "\n}\n";

  std::string loops, iterators;
  for (size_t i = 0; i < result.size(); ++i) {
    loops += (i ? ", d" : "d") + std::to_string(i);
    iterators += i ? ", \"parallel\"" : "\"parallel\"";
  }
  std::string identity = "affine_map<(" + loops + ") -> (" + loops + ")>";
  std::string last = "affine_map<(" + loops + ") -> (d" +
                     std::to_string(result.size() - 1) + ")>";
  std::string extra = std::to_string(operands);
  bool second = epilogue != "gelu";
  text += "  %e = tensor.empty(" + extents + ") : " + out + "\n";
  text += "  %f = linalg.generic {indexing_maps = [" + identity + ", " +
          (second ? (epilogue == "bias" ? last : identity) + ", " : "") +
          identity + "], iterator_types = [" + iterators + "]} ins(%r" +
          (second ? ", %" + extra : "") + " : " + out +
          (second ? ", " + type(inputs[operands]) : "") + ") outs(%e : " + out +
          ") {\n  ^bb0(%a: f32, " + (second ? "%b: f32, " : "") + "%o: f32):\n";
  if (epilogue == "bias")
    text += "    %z = arith.constant 0.0 : f32\n"
            "    %u = arith.addf %a, %b : f32\n"
            "    %v = arith.maximumf %u, %z : f32\n";
  else if (epilogue == "residual")
    text += "    %v = arith.addf %a, %b : f32\n";
  else
    text += "    %c0 = arith.constant 0.044715 : f32\n"
            "    %c1 = arith.constant 0.797884583 : f32\n"
            "    %h = arith.constant 0.5 : f32\n"
            "    %i = arith.constant 1.0 : f32\n"
            "    %t0 = arith.mulf %a, %a : f32\n"
            "    %t1 = arith.mulf %t0, %a : f32\n"
            "    %t2 = arith.mulf %t1, %c0 : f32\n"
            "    %t3 = arith.addf %t2, %a : f32\n"
            "    %t4 = arith.mulf %t3, %c1 : f32\n"
            "    %t5 = math.tanh %t4 : f32\n"
            "    %t6 = arith.addf %t5, %i : f32\n"
            "    %t7 = arith.mulf %a, %h : f32\n"
            "    %v = arith.mulf %t6, %t7 : f32\n";
  return text + "    linalg.yield %v : f32\n  } -> " + out +
         "\n  kernel.yield %f : " + out + "\n}\n";
}

double strait::test::applyEpilogue(const std::string &epilogue, double x,
                                   double operand) {
  if (epilogue == "bias")
    return std::max(0.0, x + operand);
  if (epilogue == "residual")
    return x + operand;
  if (epilogue == "gelu")
    return 0.5 * x *
           (1 + std::tanh(0.797884583 * (x + 0.044715 * x * x * x)));
  return x;
}
