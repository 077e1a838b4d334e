// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Operations of a warp: shfl, vote, redux (PTX ISA, "Parallel Synchronization
// and Communication Instructions").
#include "runtime/emulator/Block.h"
#include "runtime/emulator/Matrices.h"

#include "llvm/ADT/bit.h"
#include "llvm/Support/ErrorHandling.h"

#include <algorithm>

using namespace strait::emulator;

/// The lane that `lane` reads in a shuffle, and whether it is in range.
static uint32_t sourceLane(const WarpRequest &request, uint32_t lane,
                           bool &isInRange) {
  uint32_t offset = request.lane & 31, clamp = request.clamp & 31;
  uint32_t segment = request.clamp >> 8 & 31;
  uint32_t last = (lane & segment) | (clamp & ~segment);
  uint32_t first = lane & segment;
  uint32_t source = lane;
  switch (request.kind) {
  case WarpRequest::ShuffleUp:
    source = lane - offset;
    isInRange = int32_t(source) >= int32_t(last);
    break;
  case WarpRequest::ShuffleDown:
    source = lane + offset;
    isInRange = source <= last;
    break;
  case WarpRequest::ShuffleXor:
    source = lane ^ offset;
    isInRange = source <= last;
    break;
  default:
    source = first | (offset & ~segment);
    isInRange = source <= last;
    break;
  }
  return isInRange ? source : lane;
}

static uint32_t reduce(WarpRequest::Kind kind, uint32_t a, uint32_t b) {
  switch (kind) {
  case WarpRequest::ReduceAdd:
    return a + b;
  case WarpRequest::ReduceMin:
    return std::min(a, b);
  case WarpRequest::ReduceMax:
    return std::max(a, b);
  case WarpRequest::ReduceSignedMin:
    return uint32_t(std::min(int32_t(a), int32_t(b)));
  case WarpRequest::ReduceSignedMax:
    return uint32_t(std::max(int32_t(a), int32_t(b)));
  case WarpRequest::ReduceAnd:
    return a & b;
  case WarpRequest::ReduceOr:
    return a | b;
  case WarpRequest::ReduceXor:
    return a ^ b;
  default:
    llvm_unreachable("not a reduction");
  }
}

static void answerShuffles(Thread *lanes, uint32_t mask) {
  for (uint32_t left = mask; left; left &= left - 1) {
    uint32_t lane = uint32_t(llvm::countr_zero(left));
    Thread &thread = lanes[lane];
    bool isInRange = false;
    uint32_t source = sourceLane(thread.request, lane, isInRange) % 32;
    thread.predicate = isInRange;
    // A lane that is not in the mask has no value.
    thread.result =
        mask >> source & 1 ? lanes[source].request.value : 0xffffffffu;
  }
}

/// match.any: the lanes with the same value; match.all: all, if they agree.
static void answerMatches(Thread *lanes, uint32_t mask, bool isAll) {
  for (uint32_t left = mask; left; left &= left - 1) {
    Thread &thread = lanes[llvm::countr_zero(left)];
    uint32_t equal = 0;
    for (uint32_t rest = mask; rest; rest &= rest - 1) {
      uint32_t other = uint32_t(llvm::countr_zero(rest));
      if (lanes[other].request.value == thread.request.value)
        equal |= 1u << other;
    }
    thread.predicate = equal == mask;
    thread.result = isAll && equal != mask ? 0 : equal;
  }
}

std::string strait::emulator::answerLanes(Thread *lanes, uint32_t mask) {
  WarpRequest::Kind kind = lanes[llvm::countr_zero(mask)].request.kind;
  if (kind >= WarpRequest::LoadMatrix)
    return answerMatrices(lanes, mask);
  if (kind <= WarpRequest::ShuffleIndex) {
    answerShuffles(lanes, mask);
    return "";
  }
  if (kind == WarpRequest::MatchAny || kind == WarpRequest::MatchAll) {
    answerMatches(lanes, mask, kind == WarpRequest::MatchAll);
    return "";
  }
  uint32_t ballot = 0, seen = 0, total = 0;
  for (uint32_t left = mask; left; left &= left - 1) {
    uint32_t lane = uint32_t(llvm::countr_zero(left));
    const WarpRequest &request = lanes[lane].request;
    if (kind >= WarpRequest::ReduceAdd)
      total = seen ? reduce(kind, total, request.value) : request.value;
    seen |= 1u << lane;
    ballot |= uint32_t(request.value != 0) << lane;
  }
  for (uint32_t left = mask; left; left &= left - 1) {
    Thread &thread = lanes[llvm::countr_zero(left)];
    thread.predicate = kind == WarpRequest::VoteAll   ? ballot == mask
                       : kind == WarpRequest::VoteAny ? ballot != 0
                                                      : ballot == 0 ||
                                                            ballot == mask;
    thread.result = kind == WarpRequest::Ballot ? ballot : total;
  }
  return "";
}
