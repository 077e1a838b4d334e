// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A report as text and as JSON.
#include "compiler/Report.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

using namespace llvm;
using namespace strait;

static std::string millions(std::optional<int64_t> value) {
  return value ? formatv("{0:F2}", double(*value) / 1e6).str() : "on data";
}

static void printEntry(const ReportedEntry &entry, raw_ostream &out) {
  out << "entry " << entry.name << ": " << entry.launches.size()
      << " launches; " << join(entry.inputs, ", ");
  if (entry.isExample)
    out << " (example: the model leaves sizes open)";
  out << "\n\n"
      << formatv("{0,4}  {1,-22} {2,-12} {3,10} {4,10}  {5}\n", "#", "kernel",
                 "kind", "MFLOP", "MB", "ONNX nodes");
  int64_t flops = 0, bytes = 0;
  for (auto [number, row] : enumerate(entry.launches)) {
    out << formatv("{0,4}  {1,-22} {2,-12} {3,10} {4,10}  {5}\n", number,
                   row.kernel, row.kind, millions(row.flops),
                   millions(row.bytes), join(row.nodes, ", "));
    flops += row.flops.value_or(0);
    bytes += row.bytes.value_or(0);
  }
  out << formatv("{0,4}  {1,-22} {2,-12} {3,10} {4,10}\n\n", "", "all", "",
                 millions(flops), millions(bytes));
  out << formatv("arena: {0} bytes; at most {1} are in use at one time",
                 entry.arenaBytes, entry.liveBytes);
  if (entry.openBuffers)
    out << "; " << entry.openBuffers << " buffers get their size from data";
  out << "\n";
  if (!entry.buffers.empty())
    out << formatv("{0,12} {1,12}  {2}\n", "offset", "bytes", "launches");
  for (const ReportedBuffer &buffer : entry.buffers)
    out << formatv("{0,12} {1,12}  {2} to {3}\n", buffer.offset, buffer.bytes,
                   buffer.first, buffer.last);
  out << "\n";
}

void strait::printReport(const Report &report, raw_ostream &out) {
  out << "code for " << join(report.targets, ", ") << "\n\n";
  for (const ReportedEntry &entry : report.entries)
    printEntry(entry, out);
  std::vector<std::string> none;
  for (const ReportedNode &node : report.nodes)
    if (node.launches.empty())
      none.push_back(node.name + " (" + node.op + ")");
  out << formatv("{0} of {1} nodes need no kernel (folded, views or sizes)",
                 none.size(), report.nodes.size());
  out << (none.empty() ? "" : ": ") << join(none, ", ") << "\n";
  if (!report.missed.empty())
    out << "\nseen, but not rewritten:\n";
  for (const MissedRewrite &missed : report.missed)
    out << "  " << missed.pass << ": " << join(missed.nodes, ", ") << ": "
        << missed.reason << "\n";
}

static void writeNames(json::OStream &json, StringRef key,
                       const std::vector<std::string> &names) {
  json.attributeArray(key, [&] {
    for (const std::string &name : names)
      json.value(json::fixUTF8(name));
  });
}

static void writeEntry(json::OStream &json, const ReportedEntry &entry) {
  json.attribute("name", entry.name);
  writeNames(json, "inputs", entry.inputs);
  json.attribute("example", entry.isExample);
  json.attributeArray("launches", [&] {
    for (const ReportedLaunch &row : entry.launches)
      json.object([&] {
        json.attribute("kernel", row.kernel);
        json.attribute("kind", row.kind);
        writeNames(json, "nodes", row.nodes);
        if (row.flops)
          json.attribute("flops", *row.flops);
        if (row.bytes)
          json.attribute("bytes", *row.bytes);
      });
  });
  json.attributeObject("arena", [&] {
    json.attribute("bytes", entry.arenaBytes);
    json.attribute("live_bytes", entry.liveBytes);
    json.attribute("open_buffers", int64_t(entry.openBuffers));
    json.attributeArray("buffers", [&] {
      for (const ReportedBuffer &buffer : entry.buffers)
        json.object([&] {
          json.attribute("offset", buffer.offset);
          json.attribute("bytes", buffer.bytes);
          json.attribute("first_launch", int64_t(buffer.first));
          json.attribute("last_launch", int64_t(buffer.last));
        });
    });
  });
}

void strait::printReportJson(const Report &report, raw_ostream &out) {
  json::OStream json(out, 2);
  json.object([&] {
    json.attribute("model", json::fixUTF8(report.model));
    writeNames(json, "targets", report.targets);
    json.attributeArray("entries", [&] {
      for (const ReportedEntry &entry : report.entries)
        json.object([&] { writeEntry(json, entry); });
    });
    json.attributeArray("nodes", [&] {
      for (const ReportedNode &node : report.nodes)
        json.object([&] {
          json.attribute("name", json::fixUTF8(node.name));
          json.attribute("op", node.op);
          json.attributeArray("launches", [&] {
            for (auto [entry, launch] : node.launches)
              json.object([&] {
                json.attribute("entry", report.entries[entry].name);
                json.attribute("launch", int64_t(launch));
              });
          });
        });
    });
    json.attributeArray("missed", [&] {
      for (const MissedRewrite &missed : report.missed)
        json.object([&] {
          json.attribute("pass", missed.pass);
          writeNames(json, "nodes", missed.nodes);
          json.attribute("reason", missed.reason);
        });
    });
  });
  out << "\n";
}
