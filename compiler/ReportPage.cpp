// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A report as one page: per entry what the kernels cost and how the arena is
// used over time, then every ONNX node with its kernels, then what was missed.
#include "compiler/Report.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;
using namespace strait;

static const char *const theHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Strait report</title><style>
:root{color-scheme:light dark;--line:#8884;--bar:#3b82c4;--soft:#8882}
body{font:14px/1.45 system-ui,sans-serif;margin:2em auto;max-width:72em;padding:0 1em}
h1{font-size:1.5em}h2{font-size:1.2em;margin-top:2em}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.2em .6em;border-bottom:1px solid var(--line);vertical-align:top}
th{position:sticky;top:0;background:Canvas}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.b{width:12em;background:linear-gradient(var(--bar),var(--bar)) no-repeat 0 50%/calc(var(--w)*1%) .7em}
.nodes{overflow-wrap:anywhere;font-size:.9em}
.cards{display:flex;gap:1em;flex-wrap:wrap}
.cards div{background:var(--soft);padding:.6em 1em;border-radius:.4em}
.cards b{display:block;font-size:1.3em}
svg{width:100%;height:22em;background:var(--soft)}
rect{fill:var(--bar);fill-opacity:.55;stroke:Canvas;stroke-width:1;vector-effect:non-scaling-stroke}
rect:hover{fill-opacity:1}
input{font:inherit;padding:.3em .6em;width:20em;max-width:100%}
</style></head><body>
)";

static const char *const theTail = R"(<script>
for(const box of document.querySelectorAll('input[data-for]'))
  box.addEventListener('input',()=>{
    const text=box.value.toLowerCase();
    for(const row of document.getElementById(box.dataset.for).tBodies[0].rows)
      row.hidden=!row.textContent.toLowerCase().includes(text);
  });
</script></body></html>
)";

static std::string escaped(StringRef text) {
  std::string result;
  raw_string_ostream stream(result);
  printHTMLEscaped(text, stream);
  return result;
}

static std::string escapedList(const std::vector<std::string> &texts) {
  return escaped(join(texts, ", "));
}

/// 1234567 as "1.23 M".
static std::string scaled(double value) {
  const char *units[] = {"", " k", " M", " G", " T"};
  size_t unit = 0;
  while (value >= 1000 && unit + 1 < std::size(units)) {
    value /= 1000;
    ++unit;
  }
  return formatv(unit ? "{0:F2}{1}" : "{0:F0}{1}", value, units[unit]);
}

static std::string scaled(std::optional<int64_t> value) {
  return value ? scaled(double(*value)) : "on data";
}

static void printCard(raw_ostream &out, StringRef what, StringRef value) {
  out << "<div>" << what << "<b>" << value << "</b></div>";
}

static void printFilter(raw_ostream &out, StringRef table) {
  out << "<p>Show rows with <input data-for=\"" << table
      << "\"></p>\n";
}

static void printLaunches(const ReportedEntry &entry, StringRef id,
                          raw_ostream &out) {
  int64_t most = 1;
  for (const ReportedLaunch &row : entry.launches)
    most = std::max(most, row.flops.value_or(0));
  printFilter(out, id);
  out << "<table id=\"" << id
      << "\"><thead><tr><th class=n>#<th>kernel<th>kind<th class=n>FLOP<th>"
         "<th class=n>bytes<th class=n>FLOP/byte<th>ONNX "
         "nodes</thead><tbody>\n";
  for (auto [number, row] : enumerate(entry.launches)) {
    out << "<tr><td class=n>" << number << "<td>" << escaped(row.kernel)
        << "<td>" << escaped(row.kind) << "<td class=n>" << scaled(row.flops)
        << formatv("<td class=b style=\"--w:{0:F1}\">",
                   100.0 * double(row.flops.value_or(0)) / double(most))
        << "<td class=n>" << scaled(row.bytes) << "<td class=n>";
    if (row.flops && row.bytes.value_or(0))
      out << formatv("{0:F1}", double(*row.flops) / double(*row.bytes));
    out << "<td class=nodes>" << escapedList(row.nodes) << "\n";
  }
  out << "</tbody></table>\n";
}

/// Launches from left to right, the arena from bottom to top.
static void printArena(const ReportedEntry &entry, raw_ostream &out) {
  size_t launches = std::max<size_t>(1, entry.launches.size());
  int64_t height = std::max<int64_t>(1, entry.arenaBytes);
  out << "<h3>Arena</h3><p>Each box is a buffer: from left to right the "
         "launches during which it is held, from bottom to top its place.";
  if (entry.openBuffers)
    out << " " << entry.openBuffers
        << " more get their size from data and are placed during the run.";
  out << formatv("</p>\n<svg viewBox=\"0 0 {0} {1}\" "
                 "preserveAspectRatio=\"none\">\n",
                 launches, height);
  for (const ReportedBuffer &buffer : entry.buffers)
    out << formatv("<rect x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{3}\">"
                   "<title>{4} bytes at {5}, launches {0} to {6}</title>"
                   "</rect>\n",
                   buffer.first, height - buffer.offset - buffer.bytes,
                   buffer.last - buffer.first + 1, buffer.bytes, buffer.bytes,
                   buffer.offset, buffer.last);
  out << "</svg>\n";
}

static void printEntry(const ReportedEntry &entry, size_t number,
                       raw_ostream &out) {
  int64_t flops = 0, bytes = 0;
  for (const ReportedLaunch &row : entry.launches) {
    flops += row.flops.value_or(0);
    bytes += row.bytes.value_or(0);
  }
  out << "<h2>Entry " << escaped(entry.name)
      << "</h2>\n<p>Inputs: " << escapedList(entry.inputs);
  if (entry.isExample)
    out << ". The model leaves sizes open; all numbers are for these.";
  out << "</p>\n<div class=cards>";
  printCard(out, "launches", std::to_string(entry.launches.size()));
  printCard(out, "arithmetic", scaled(double(flops)) + "FLOP");
  printCard(out, "traffic", scaled(double(bytes)) + "B");
  printCard(out, "arena", scaled(double(entry.arenaBytes)) + "B");
  printCard(out, "in use at one time", scaled(double(entry.liveBytes)) + "B");
  out << "</div>\n";
  printLaunches(entry, "launches" + std::to_string(number), out);
  printArena(entry, out);
}

static void printNodes(const Report &report, raw_ostream &out) {
  out << "<h2>ONNX nodes</h2>\n<p>Without a launch: folded at compile time, a "
         "view, or arithmetic on sizes.</p>\n";
  printFilter(out, "nodes");
  out << "<table id=nodes><thead><tr><th>node<th>op<th>launches"
         "</thead><tbody>\n";
  for (const ReportedNode &node : report.nodes) {
    out << "<tr><td class=nodes>" << escaped(node.name) << "<td>"
        << escaped(node.op) << "<td>";
    interleaveComma(node.launches, out, [&](auto place) {
      const ReportedEntry &entry = report.entries[place.first];
      out << escaped(entry.launches[place.second].kernel) << " (#"
          << place.second;
      if (report.entries.size() > 1)
        out << " of " << escaped(entry.name);
      out << ")";
    });
    out << "\n";
  }
  out << "</tbody></table>\n";
}

void strait::printReportPage(const Report &report, raw_ostream &out) {
  out << theHead << "<h1>" << escaped(report.model) << "</h1>\n<p>code for "
      << escapedList(report.targets) << "</p>\n";
  for (auto [number, entry] : enumerate(report.entries))
    printEntry(entry, number, out);
  printNodes(report, out);
  if (!report.missed.empty()) {
    out << "<h2>Seen, but not rewritten</h2>\n";
    printFilter(out, "missed");
    out << "<table id=missed><thead><tr><th>pass<th>reason<th>nodes"
           "</thead><tbody>\n";
    for (const MissedRewrite &missed : report.missed)
      out << "<tr><td>" << escaped(missed.pass) << "<td>"
          << escaped(missed.reason) << "<td class=nodes>"
          << escapedList(missed.nodes) << "\n";
    out << "</tbody></table>\n";
  }
  out << theTail;
}
