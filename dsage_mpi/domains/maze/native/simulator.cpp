#include "simulator.hpp"

namespace maze {
namespace {

// Unit vectors (dx, dy) of the directions, y downwards.
constexpr int kDx[4] = {1, 0, -1, 0};
constexpr int kDy[4] = {0, 1, 0, -1};

}  // namespace

void World::build(const Board &free, int goal) {
  std::memset(grid_, kWallTile, sizeof grid_);
  for (int cell = 0; cell < kCells; ++cell)
    if (free.has(cell)) grid_[at(cell)] = kEmptyTile;
  grid_[at(goal)] = kGoalTile;
  for (int cell = 0; cell < kCells; ++cell)
    for (int direction = 0; direction < 4; ++direction) {
      const int state = 4 * cell + direction;
      const int ahead = cell + kSide * kDy[direction] + kDx[direction];
      switch (grid_[at(cell) + kStride * kDy[direction] + kDx[direction]]) {
        case kWallTile: forward_[state] = static_cast<std::int16_t>(state); break;
        case kGoalTile: forward_[state] = kGoal; break;
        default: forward_[state] = static_cast<std::int16_t>(4 * ahead + direction);
      }
    }
}

void World::view(int state, std::uint8_t tile[kWindowCells]) const {
  const int direction = state & 3;
  const int ahead = kStride * kDy[direction] + kDx[direction];
  // The agent's right hand is (-dy, dx).
  const int right = kStride * kDx[direction] - kDy[direction];
  const std::uint8_t *own = grid_ + at(state >> 2);
  for (int i = 0; i < kWindow; ++i)
    for (int j = 0; j < kWindow; ++j)
      tile[kWindow * i + j] = own[(kWindow - 1 - j) * ahead + (i - 2) * right];
  tile[kWindow * 2 + kWindow - 1] = kEmptyTile;  // the agent's own cell
}

}  // namespace maze
