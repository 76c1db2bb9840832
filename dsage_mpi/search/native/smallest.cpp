#include "smallest.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace search {
namespace {

// Up to so many candidates are compared each with each: no branch depends on a random number.
constexpr std::size_t kFew = 64;

// Numbers of a row that may be among the smallest, and where they stand.
struct Candidates {
  std::vector<float> value;
  std::vector<std::int64_t> position;
  std::size_t size;

  explicit Candidates(std::size_t columns) : value(columns), position(columns), size(0) {}

  // All that are at most `bound`, in the order of the row.
  void collect(const float *row, float bound) {
    size = 0;
    for (std::size_t i = 0; i < position.size(); ++i) {
      value[size] = row[i];
      position[size] = static_cast<std::int64_t>(i);
      size += row[i] <= bound;
    }
  }

  // All up to the count-th smallest.
  void collect_smallest(const float *row, std::size_t count) {
    std::copy_n(row, value.size(), value.begin());
    std::nth_element(value.begin(), value.begin() + (count - 1), value.end());
    collect(row, value[count - 1]);
  }

  // Writes the positions of those that less than `count` are smaller than; returns how many.
  std::size_t write(std::size_t count, std::int64_t *out) const {
    std::size_t filled = 0;
    for (std::size_t i = 0; i < size; ++i) {
      std::uint32_t smaller = 0;
      for (std::size_t j = 0; j < size; ++j) smaller += value[j] < value[i];
      if (smaller >= count) continue;
      if (filled < count) out[filled] = position[i];
      ++filled;
    }
    return filled;
  }
};

}  // namespace

void smallest(const Keys &keys, std::size_t count, std::int64_t *positions, bool *tied) {
  // Of uniform numbers a few more than `count` are below, seldom less.
  const auto expected = static_cast<float>(count);
  const float likely = (expected + 3 * std::sqrt(expected) + 3) / static_cast<float>(keys.columns);
  Candidates candidates(keys.columns);
  for (std::size_t r = 0; r < keys.rows; ++r, positions += count) {
    const float *row = keys.value + r * keys.columns;
    candidates.collect(row, likely);
    if (candidates.size < count || candidates.size > kFew) candidates.collect_smallest(row, count);
    tied[r] = candidates.write(count, positions) != count;
  }
}

}  // namespace search
