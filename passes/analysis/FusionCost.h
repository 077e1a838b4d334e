// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What computing a map where it is read saves and costs.
//
// A map of its own stores each element once and is read r times, once for every
// iteration of the loops that its reader has beyond it. Computed in place it is
// stored never, but its arithmetic and its own reads happen r times:
//
//   saves  launch + elements * (store + r * load)
//   costs  elements * ((r - 1) * arithmetic + r * reads) - elements * reads
//
// Read once (r = 1) it always pays. A bias of 64 elements that is first scaled
// and then added to 3136 rows does not: 3136 * 64 multiplications instead of 64
// and a launch. Times are in cycles of a core on long vectors that lie in L2;
// what is decided is far from the break-even, so one set serves all machines.
#ifndef STRAIT_PASSES_ANALYSIS_FUSIONCOST_H
#define STRAIT_PASSES_ANALYSIS_FUSIONCOST_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace strait {

/// Whether `consumer`, which reads the all-parallel `producer` by `read`, had
/// better compute it in place.
bool paysInPlace(mlir::linalg::GenericOp producer,
                 mlir::linalg::GenericOp consumer, mlir::AffineMap read);

} // namespace strait

#endif // STRAIT_PASSES_ANALYSIS_FUSIONCOST_H
