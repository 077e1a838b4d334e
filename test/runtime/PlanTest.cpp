// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Placement of buffers: never overlapping, aligned, close to the lower bound.
#include "runtime/core/plan.h"

#include "strait/abi.h"
#include "gtest/gtest.h"

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace {

struct Problem {
  std::vector<int64_t> sizes;
  std::vector<int32_t> lifetimes;

  void add(int64_t size, int32_t first, int32_t last) {
    sizes.push_back(size);
    lifetimes.push_back(first);
    lifetimes.push_back(last);
  }
  int64_t count() const { return int64_t(sizes.size()); }
};

struct Placement {
  int64_t total;
  std::vector<int64_t> offsets;
};

Placement place(const Problem &problem) {
  Placement placement;
  placement.offsets.assign(problem.sizes.size(), -1);
  placement.total =
      strait_plan_offsets(problem.count(), problem.sizes.data(),
                          problem.lifetimes.data(), placement.offsets.data());
  return placement;
}

void expectValid(const Problem &problem, const Placement &placement) {
  for (int64_t a = 0; a < problem.count(); ++a) {
    EXPECT_EQ(placement.offsets[a] % STRAIT_ALIGNMENT, 0);
    EXPECT_GE(placement.offsets[a], 0);
    EXPECT_LE(placement.offsets[a] + problem.sizes[a], placement.total);
    for (int64_t b = 0; b < a; ++b) {
      bool together =
          problem.lifetimes[2 * a] <= problem.lifetimes[2 * b + 1] &&
          problem.lifetimes[2 * b] <= problem.lifetimes[2 * a + 1];
      bool overlap =
          placement.offsets[a] < placement.offsets[b] + problem.sizes[b] &&
          placement.offsets[b] < placement.offsets[a] + problem.sizes[a];
      EXPECT_FALSE(together && overlap) << a << " and " << b;
    }
  }
}

double ratio(const Problem &problem, const Placement &placement) {
  int64_t bound = strait_plan_lower_bound(problem.count(), problem.sizes.data(),
                                          problem.lifetimes.data());
  return bound ? double(placement.total) / double(bound) : 1;
}

TEST(PlanTest, NothingTakesNothing) {
  EXPECT_EQ(strait_plan_offsets(0, nullptr, nullptr, nullptr), 0);
}

TEST(PlanTest, ChainUsesTwoBuffers) {
  Problem chain;
  for (int32_t step = 0; step < 10; ++step)
    chain.add(1000, step, step + 1);
  Placement placement = place(chain);
  expectValid(chain, placement);
  EXPECT_EQ(placement.total, 2 * 1024);
}

TEST(PlanTest, EmptyBuffersFitAnywhere) {
  Problem problem;
  problem.add(0, 0, 5);
  problem.add(64, 0, 5);
  problem.add(0, 2, 2);
  Placement placement = place(problem);
  expectValid(problem, placement);
  EXPECT_EQ(placement.total, 64);
}

/// Sizes as of a convolutional network with residual connections: channels
/// times area, large at first and small later, sometimes widened.
Problem networkLike(std::mt19937 &random, int32_t steps) {
  Problem problem;
  auto pick = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  for (int32_t step = 0; step < steps; ++step) {
    int64_t size = (int64_t(1) << (20 - 10 * step / steps)) * pick(1, 6);
    int32_t life = pick(0, 4) == 0 ? pick(2, 12) : 1;
    problem.add(size, step, std::min(step + life, steps));
  }
  return problem;
}

TEST(PlanTest, NetworksStayNearTheLowerBound) {
  std::mt19937 random(1);
  double worst = 1;
  for (int i = 0; i < 200; ++i) {
    Problem problem = networkLike(random, 20 + i);
    Placement placement = place(problem);
    expectValid(problem, placement);
    worst = std::max(worst, ratio(problem, placement));
  }
  RecordProperty("worst_percent", int(100 * worst));
  EXPECT_LE(worst, 1.3);
}

TEST(PlanTest, AnyProblemIsPlacedValidly) {
  std::mt19937 random(2);
  auto pick = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  for (int i = 0; i < 300; ++i) {
    Problem problem;
    int count = pick(1, 60);
    for (int k = 0; k < count; ++k) {
      int32_t first = pick(0, 30);
      problem.add(pick(0, 3) ? pick(0, 100000) : 0, first, first + pick(0, 30));
    }
    expectValid(problem, place(problem));
  }
}

TEST(PlanTest, SameProblemSamePlacement) {
  std::mt19937 random(3);
  Problem problem = networkLike(random, 100);
  EXPECT_EQ(place(problem).offsets, place(problem).offsets);
}

TEST(PlanTest, ImpossibleSizesAreRefused) {
  Problem negative;
  negative.add(-1, 0, 0);
  EXPECT_EQ(place(negative).total, -1);
  Problem huge;
  huge.add(INT64_MAX, 0, 0);
  EXPECT_EQ(place(huge).total, -1);
  Problem sum;
  for (int i = 0; i < 4; ++i)
    sum.add(INT64_MAX / 3, i, i);
  EXPECT_EQ(place(sum).total, -1);
  EXPECT_EQ(strait_plan_offsets(-1, nullptr, nullptr, nullptr), -1);
}

} // namespace
