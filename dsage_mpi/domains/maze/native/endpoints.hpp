// Start and goal of a level: the first diametral pair of its graph (maze.md section 1.2).
#pragma once

#include "bitboard.hpp"

namespace maze {

struct Endpoints {
  int start = -1;          // cell ids, -1 for a degenerate level
  int goal = -1;
  int distance = -1;       // optimal path length in moves, -1 for a degenerate level
  Board reachable;         // the start's component, empty for a degenerate level
};

Endpoints find_endpoints(const Board &free);

}  // namespace maze
