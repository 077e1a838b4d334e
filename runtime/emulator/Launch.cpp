// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/emulator/Launch.h"

#include <algorithm>

using namespace strait::emulator;

void Launch::fail(const std::string &text) {
  std::lock_guard<std::mutex> guard(lock);
  if (!failed.exchange(true))
    report = text;
}

std::string Launch::placeOf(unsigned line) const {
  std::string text = "line " + std::to_string(line);
  if (!places)
    return text;
  auto after = std::upper_bound(
      places->begin(), places->end(), line,
      [](unsigned value, const auto &place) { return value < place.first; });
  if (after != places->begin() && !std::prev(after)->second.empty())
    text += " (" + std::prev(after)->second + ")";
  return text;
}
