// The positions of the smallest numbers of each row.
#pragma once

#include <cstddef>
#include <cstdint>

namespace search {

struct Keys {
  std::size_t rows, columns;
  const float *value;         // [rows][columns], no NaN; fastest if uniform in [0, 1)
};

// Writes the positions of the `count` smallest keys of every row, ascending ([rows][count]).
// Rows of which that does not tell what to take (equal keys, not room for all of them) are noted in
// `tied` [rows], and nothing is promised of their positions.
void smallest(const Keys &keys, std::size_t count, std::int64_t *positions, bool *tied);

}  // namespace search
