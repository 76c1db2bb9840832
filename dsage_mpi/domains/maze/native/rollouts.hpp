// The "independent" protocol (maze.md section 9): every episode is a complete run of its own.
#pragma once

#include "inputs.hpp"

namespace maze {

// Results of n levels with E episodes each, all row-major and zeroed by the caller.
struct RolloutResults {
  std::int16_t *start, *goal, *distance, *reachable;              // [n]
  std::uint16_t *length, *left, *right, *distinct;                // [n][E]
  std::uint8_t *success, *direction;                              // [n][E]
  std::uint32_t *occupancy;                                       // [n][256] visits
  std::uint32_t *turns;                                           // [n][2][256] or null
  std::int16_t *trace = nullptr;   // [n][E][kMaxSteps] state before each step; -1 first, or null
};

struct RolloutOptions {
  int episodes;
  int rows;       // network rows in flight that a new level is started below
  int levels;     // levels in flight at most
  bool share;     // let episodes with the same history share a row (same results, fewer rows)
};

// Returns how many network rows were computed. Results do not depend on `rows`, `levels`, `share`.
std::uint64_t run_rollouts(const Network &network, InputCache &inputs, std::size_t n,
                           const std::uint8_t *levels, const std::uint64_t *seeds,
                           const RolloutOptions &options, RolloutResults &results);

}  // namespace maze
