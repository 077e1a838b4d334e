// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "frontends/onnx/NodeOrder.h"

#include "frontends/onnx/onnx-ml.pb.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include <queue>

using namespace mlir;

namespace strait::importer {

std::string nodeName(const onnx::NodeProto &node, size_t index) {
  if (!node.name().empty())
    return node.name();
  return node.op_type() + "_" + std::to_string(index);
}

/// Adds the names that a node reads, its subgraphs' free names included.
static void collectUses(const onnx::NodeProto &node, llvm::StringSet<> &uses);

static void collectFreeNames(const onnx::GraphProto &graph,
                             llvm::StringSet<> &uses) {
  llvm::StringSet<> inside, bound;
  for (const auto &input : graph.input())
    bound.insert(input.name());
  for (const auto &tensor : graph.initializer())
    bound.insert(tensor.name());
  for (const auto &node : graph.node()) {
    collectUses(node, inside);
    for (const std::string &output : node.output())
      bound.insert(output);
  }
  for (const auto &output : graph.output())
    inside.insert(output.name());
  for (StringRef name : inside.keys())
    if (!bound.contains(name))
      uses.insert(name);
}

static void collectUses(const onnx::NodeProto &node, llvm::StringSet<> &uses) {
  for (const std::string &input : node.input())
    if (!input.empty())
      uses.insert(input);
  for (const auto &attribute : node.attribute()) {
    if (attribute.has_g())
      collectFreeNames(attribute.g(), uses);
    for (const auto &graph : attribute.graphs())
      collectFreeNames(graph, uses);
  }
}

/// Reports one cycle among the nodes that could not be ordered.
static void reportCycle(ArrayRef<SmallVector<size_t, 2>> needs,
                        ArrayRef<size_t> missing, ArrayRef<std::string> names,
                        Location loc) {
  size_t at = llvm::find_if(missing, [](size_t n) { return n > 0; }) -
              missing.begin();
  // Every unordered node waits for another one; following them must repeat.
  std::vector<size_t> path;
  llvm::SmallDenseMap<size_t, size_t> seenAt;
  while (seenAt.try_emplace(at, path.size()).second) {
    path.push_back(at);
    at = *llvm::find_if(needs[at], [&](size_t n) { return missing[n] > 0; });
  }
  std::vector<size_t> cycle(path.begin() + seenAt[at], path.end());
  InFlightDiagnostic error = emitError(loc) << "graph has a cycle: ";
  constexpr size_t kShown = 8;
  for (size_t node : ArrayRef<size_t>(cycle).take_front(kShown))
    error << "'" << names[node] << "' needs ";
  if (cycle.size() > kShown)
    error << "... (" << cycle.size() - kShown << " more) needs ";
  error << "'" << names[cycle.front()] << "'";
}

FailureOr<SmallVector<OrderedNode, 0>> orderNodes(
    const google::protobuf::RepeatedPtrField<onnx::NodeProto> &nodes,
    Location loc) {
  size_t count = nodes.size();
  std::vector<std::string> names;
  llvm::StringMap<size_t> producer;
  for (const auto &[index, node] : llvm::enumerate(nodes)) {
    names.push_back(nodeName(node, index));
    for (const std::string &output : node.output()) {
      if (output.empty())
        continue;
      auto [known, isNew] = producer.try_emplace(output, index);
      if (!isNew)
        return emitError(loc)
               << "value '" << output << "' is the result of two nodes: '"
               << names[known->second] << "' and '" << names[index] << "'";
    }
  }

  std::vector<SmallVector<size_t, 2>> needs(count), users(count);
  std::vector<size_t> missing(count, 0);
  for (const auto &[index, node] : llvm::enumerate(nodes)) {
    llvm::StringSet<> uses;
    collectUses(node, uses);
    for (StringRef use : uses.keys()) {
      auto known = producer.find(use);
      if (known == producer.end())
        continue;
      needs[index].push_back(known->second);
      users[known->second].push_back(index);
      ++missing[index];
    }
  }

  std::priority_queue<size_t, std::vector<size_t>, std::greater<>> ready;
  for (size_t index = 0; index < count; ++index)
    if (missing[index] == 0)
      ready.push(index);
  SmallVector<OrderedNode, 0> order;
  order.reserve(count);
  while (!ready.empty()) {
    size_t index = ready.top();
    ready.pop();
    order.push_back({&nodes[int(index)], names[index]});
    for (size_t user : users[index])
      if (--missing[user] == 0)
        ready.push(user);
  }
  if (order.size() == count)
    return order;
  reportCycle(needs, missing, names, loc);
  return failure();
}

} // namespace strait::importer
