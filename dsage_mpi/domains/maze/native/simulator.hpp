// The simulated world (maze.md sections 2 and 3): states, actions, views.
//
// A state is 4 * cell + direction; directions are 0 right, 1 down, 2 left, 3 up.
#pragma once

#include "bitboard.hpp"

namespace maze {

constexpr int kStates = 4 * kCells;
constexpr int kMaxSteps = 2 * (kSide + 2) * (kSide + 2);
constexpr int kWindow = 5;
constexpr int kWindowCells = kWindow * kWindow;

enum Action { kTurnLeft = 0, kTurnRight = 1, kForward = 2 };
enum Tile : std::uint8_t { kEmptyTile = 0, kWallTile = 1, kGoalTile = 2 };

inline int turned_left(int state) { return (state & ~3) | ((state + 3) & 3); }
inline int turned_right(int state) { return (state & ~3) | ((state + 1) & 3); }

class World {
 public:
  // Cells outside `free` are walls; `goal` is a cell id.
  void build(const Board &free, int goal);

  // The state after an action, or kGoal when the action ends the episode with success.
  static constexpr int kGoal = -1;
  int step(int state, int action) const {
    switch (action) {
      case kTurnLeft: return turned_left(state);
      case kTurnRight: return turned_right(state);
      case kForward: return forward_[state];
      default: return state;
    }
  }

  // What the agent sees: tile[5 * i + j], i from left to right, j from far to near.
  void view(int state, std::uint8_t tile[kWindowCells]) const;

 private:
  // The grid with a margin of wall wide enough for every view.
  static constexpr int kMargin = 5;
  static constexpr int kStride = kSide + 2 * kMargin;
  static int at(int cell) {
    return (cell / kSide + kMargin) * kStride + cell % kSide + kMargin;
  }

  std::uint8_t grid_[kStride * kStride];
  std::int16_t forward_[kStates];
};

// Reward of the step that reaches the goal as the episode's step number `steps`.
inline double goal_reward(int steps) {
  return 1.0 - 0.9 * (static_cast<double>(steps) / kMaxSteps);
}

}  // namespace maze
