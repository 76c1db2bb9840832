#include "placement.hpp"

#include <algorithm>
#include <cmath>

namespace search {
namespace {

// The same operations in the same order as in pyribs' GridArchive.index_of, after clipping.
std::int32_t position(const Axis &axis, double epsilon, double measure) {
  const double bounded = std::min(std::max(measure, axis.low), axis.high);
  const double place = (axis.cells * (bounded - axis.low) + epsilon) / (axis.high - axis.low);
  return std::clamp(static_cast<std::int32_t>(place), std::int32_t{0}, axis.cells - 1);
}

bool find_cell(const Grid &grid, const double *measures, std::int32_t *cell) {
  std::int32_t flat = 0;
  for (std::size_t k = 0; k < grid.axes.size(); ++k) {
    if (!std::isfinite(measures[k])) return false;
    flat = flat * grid.axes[k].cells + position(grid.axes[k], grid.epsilon, measures[k]);
  }
  *cell = flat;
  return true;
}

}  // namespace

std::ptrdiff_t place(const Grid &grid, const Batch &batch, const Placement &placement) {
  // Cell in the upper half, number in the batch in the lower: sorted by cell, then by number.
  std::vector<std::uint64_t> improving;
  improving.reserve(batch.size);
  for (std::size_t i = 0; i < batch.size; ++i) {
    const double objective = batch.objective[i];
    std::int32_t cell;
    if (!std::isfinite(objective)) return -1;
    if (!find_cell(grid, batch.measures + i * grid.axes.size(), &cell)) return -1;
    const bool occupied = grid.occupied[cell];
    const bool better = !occupied || objective > grid.objective[cell];
    placement.cell[i] = cell;
    placement.status[i] = !better ? 0 : occupied ? 1 : 2;
    placement.value[i] = objective - (occupied ? grid.objective[cell] : 0.0);
    if (better) improving.push_back(static_cast<std::uint64_t>(cell) << 32 | i);
  }
  std::sort(improving.begin(), improving.end());
  std::ptrdiff_t count = 0;
  std::uint64_t last = ~std::uint64_t{0};
  for (const std::uint64_t entry : improving) {
    const auto number = static_cast<std::int64_t>(entry & 0xffffffffU);
    if (count == 0 || entry >> 32 != last) {
      placement.winners[count++] = number;
      last = entry >> 32;
    } else if (batch.objective[number] > batch.objective[placement.winners[count - 1]]) {
      placement.winners[count - 1] = number;
    }
  }
  return count;
}

}  // namespace search
