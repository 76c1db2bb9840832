// The marked optimal path and the depth-first order of a level (maze.md sections 1.3 and 1.4).
#pragma once

#include <vector>

#include "bitboard.hpp"

namespace maze {

// Cells strictly between start and goal on the path that the Floyd-Warshall predecessors give.
Board marked_path(const Board &free, int start, int goal);

// Cell ids in recursive preorder from the start, neighbours in ascending id.
std::vector<int> depth_first_order(const Board &free, int start);

// Steps from `start` to every cell, -1 where there is no way; 256 numbers.
void steps_from(const Board &free, int start, std::int16_t *out);

}  // namespace maze
