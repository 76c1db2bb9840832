// Where a batch of solutions belongs in a grid archive, and which of them get in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace search {

// One measure's part of the grid.
struct Axis {
  std::int32_t cells;
  double low, high;
};

// A grid archive of objectives; its memory is the caller's.
struct Grid {
  std::vector<Axis> axes;
  double epsilon;             // added to positions before they are rounded down, as in pyribs
  const bool *occupied;       // [cells]
  const double *objective;    // [cells], of those that are occupied
};

// n solutions; measures are [n][axes].
struct Batch {
  std::size_t size;
  const double *objective, *measures;
};

// What becomes of them, [n] each.
struct Placement {
  std::int32_t *cell;
  std::int32_t *status;       // 2: new cell, 1: better than its elite, 0: neither
  double *value;              // objective in a new cell, else the difference to its elite
  std::int64_t *winners;      // solutions that are to be inserted, in the order of their cells
};

// Returns the number of winners, one per cell that gains: the best, of equal ones the first.
// Returns -1, with nothing promised of `placement`, if a number is not finite.
std::ptrdiff_t place(const Grid &grid, const Batch &batch, const Placement &placement);

}  // namespace search
