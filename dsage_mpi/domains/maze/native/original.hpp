// The "dsage" protocol: the original evaluation with its quirks (maze.md sections 4 and 6).
#pragma once

#include "inputs.hpp"

namespace maze {

constexpr int kEnvironments = 10;

// Results of n levels with E counted episodes each, in order of ending; zeroed by the caller.
struct OriginalResults {
  std::int16_t *start, *goal, *distance, *reachable;       // [n]
  std::uint16_t *length, *left, *right, *distinct;         // [n][E]
  std::uint8_t *success, *direction;                       // [n][E]
  std::uint32_t *occupancy;                                // [n][256], unfinished episodes included
  std::uint32_t *turns;                                    // [n][2][256] or null
  std::uint32_t *repeated;                                 // [n], unfinished episodes included
  std::int16_t *trace = nullptr;   // [n][E][kMaxSteps] state before each step; -1 first, or null
};

// Recorded actions to play instead of sampling, and what to note meanwhile (any may be null).
struct OriginalTape {
  const std::uint8_t *actions;       // [steps][kEnvironments]
  std::size_t steps;
  std::uint8_t *directions;          // [steps][kEnvironments] before the step
  float *logits;                     // [noted][kEnvironments][kActions]
  std::size_t noted;
};

// Plays n levels; rows is the number of network rows in flight. Returns the rows computed.
std::uint64_t run_original(const Network &network, InputCache &inputs, std::size_t n,
                           const std::uint8_t *levels, const std::uint64_t *seeds, int episodes,
                           int rows, OriginalResults &results);

// Plays one level with recorded actions; returns the steps that the evaluation took. Throws
// std::invalid_argument when the tape ends before the evaluation does.
std::size_t replay_original(const Network &network, InputCache &inputs, const std::uint8_t *level,
                            int episodes, const OriginalTape &tape, OriginalResults &results);

}  // namespace maze
