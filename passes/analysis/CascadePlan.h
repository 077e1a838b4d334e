// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How a cascade is computed: which steps share a loop nest, what goes through
// memory, along which loop the vectors lie.
//
// Steps are grouped into stages. Softmax over the last axis, per row:
//
//   stage 0, over c:  max
//   stage 1, over c:  exp -> scratch, sum
//   stage 2, row:     1 / sum
//   stage 3, over c:  exp (from scratch) * (1 / sum) -> result
//
// A reduction is complete only after its stage. A cheap map (x - mean) is
// computed again in a later stage rather than kept.
//
// Vectors lie along one loop. If that is an inner loop (c above), the rows'
// values are scalars. If it is a shared one ("columns": softmax over a middle
// axis), every value of a row is a vector of neighbouring rows.
#ifndef STRAIT_PASSES_ANALYSIS_CASCADEPLAN_H
#define STRAIT_PASSES_ANALYSIS_CASCADEPLAN_H

#include "passes/analysis/CascadeLoops.h"

namespace strait {

struct CascadeStage {
  llvm::SmallVector<unsigned> steps; // in order
  llvm::SmallVector<unsigned> parallel, reduced; // inner loops, outermost first
  bool isRow() const { return parallel.empty() && reduced.empty(); }
};

/// Where a step's result lies beyond the point where it is computed.
struct CascadeStorage {
  bool inRegister = false; // one value per row
  bool inScratch = false;
  mlir::AffineExpr scratchOffset;    // in bytes
  llvm::SmallVector<unsigned> inner; // inner loops that index it, once each
};

/// What a plan must know of the machine.
struct CascadeStyle {
  int64_t lanes = 1; // f32 elements of a vector register
  /// Many threads side by side: a map is cheaper to compute again than to keep,
  /// for there is little memory per thread.
  int64_t threads = 0; // 0: none, one task is one thread's
  bool isSimt() const { return threads != 0; }
};

struct CascadePlan {
  static mlir::FailureOr<CascadePlan> compute(mlir::Operation *regionOrFunc,
                                              CascadeStyle style);

  CascadeLoops loops;
  llvm::SmallVector<CascadeStage> stages;
  llvm::MapVector<mlir::Value, CascadeStorage> storage;

  std::optional<unsigned> vectorLoop; // none if there are no loops
  bool columns = false;               // the vector loop is shared
  llvm::SmallVector<unsigned> rows;   // shared loops but a vector loop
  llvm::SmallVector<int64_t> rungs;   // vector lengths, falling, last is 1

  /// Another shared loop along which some operands of a map are contiguous:
  /// the map is computed in tiles of tileHeight (that loop) x tileWidth.
  std::optional<unsigned> tileLoop;
  static constexpr int64_t tileWidth = 128;
  int64_t tileHeight() const { return interleaved ? 1024 : 16; }
  /// Tiles with very few columns (the channels of an image): vectors lie along
  /// the tile loop, and those of all columns are stored as one.
  bool interleaved = false;
  /// Is the operand contiguous along the tile loop?
  bool isTurned(const CascadeStep &step, unsigned operand) const;

  mlir::AffineExpr points;  // number of shared positions; of tiles
  mlir::AffineExpr block;   // points per task
  mlir::AffineExpr scratch; // bytes

  /// Elements from one position of a value in scratch to the next along
  /// `loop`; 1 along the columns.
  mlir::AffineExpr scratchStride(const CascadeStorage &storage,
                                 unsigned loop) const;
  /// Columns that a value in scratch holds side by side.
  int64_t scratchColumns() const {
    return !columns ? 1 : style.isSimt() ? style.threads : rungs.front();
  }

private:
  CascadePlan(CascadeLoops loops, CascadeStyle style)
      : loops(std::move(loops)), style(style) {}
  void formStages();
  void placeValues();
  void dropUnused();
  void chooseVectors();
  void chooseTiles();
  bool canInterleave(unsigned row) const;
  void sizeTasks();
  void placeScratch();
  mlir::AffineExpr chooseBlock() const;

  CascadeStyle style;
};

} // namespace strait

#endif // STRAIT_PASSES_ANALYSIS_CASCADEPLAN_H
