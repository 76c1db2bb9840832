// Bindings: the simulated world and the random streams, for tests and tools.
#include "bindings.hpp"
#include "endpoints.hpp"
#include "random.hpp"
#include "simulator.hpp"

namespace maze {
namespace {

// Plays recorded actions from a state; (states, rewards, done), states one more than actions.
nb::tuple replay(Level level, int direction, Bytes actions) {
  if (direction < 0 || direction > 3) throw std::invalid_argument("directions are 0 to 3");
  check_actions(actions.data(), actions.size());
  Board free;
  check_levels(level.data(), 1);
  free_cells(level.data(), free);
  const Endpoints ends = find_endpoints(free);
  if (ends.start < 0) throw std::invalid_argument("a degenerate level cannot be played");
  World world;
  world.build(free, ends.goal);
  const std::size_t n = actions.shape(0);
  std::int16_t *states;
  double *rewards;
  std::uint8_t *done;
  auto state_array = make_array<std::int16_t>({n + 1}, &states);
  auto reward_array = make_array<double>({n}, &rewards);
  auto done_array = make_array<std::uint8_t>({n}, &done);
  states[0] = static_cast<std::int16_t>(4 * ends.start + direction);
  for (std::size_t t = 0; t < n; ++t) {
    if (t > 0 && done[t - 1]) throw std::invalid_argument("the episode ends before its actions do");
    const int steps = static_cast<int>(t) + 1;
    const int target = world.step(states[t], actions(t));
    states[t + 1] = static_cast<std::int16_t>(target);
    rewards[t] = target == World::kGoal ? goal_reward(steps) : 0.0;
    done[t] = target == World::kGoal || steps == kMaxSteps;
  }
  return nb::make_tuple(state_array, reward_array, done_array);
}

// Tile kinds seen from states of a level, (n, 25) uint8: 0 empty, 1 wall, 2 goal.
auto views(Level level, Cells states) {
  Board free;
  check_levels(level.data(), 1);
  free_cells(level.data(), free);
  const Endpoints ends = find_endpoints(free);
  if (ends.start < 0) throw std::invalid_argument("a degenerate level cannot be played");
  World world;
  world.build(free, ends.goal);
  check_aligned(states, "states");
  const std::size_t n = states.shape(0);
  std::uint8_t *out;
  auto array = make_array<std::uint8_t>({n, kWindowCells}, &out);
  for (std::size_t i = 0; i < n; ++i) {
    if (states(i) < 0 || states(i) >= kStates) throw std::invalid_argument("states are 0 to 1023");
    world.view(states(i), out + i * kWindowCells);
  }
  return array;
}

auto philox(std::uint64_t seed, std::uint64_t stream, std::size_t n) {
  std::uint64_t *out;
  auto array = make_array<std::uint64_t>({n}, &out);
  Philox random(seed, stream);
  for (std::size_t i = 0; i < n; ++i) out[i] = random.next();
  return array;
}

auto direction_stream(std::size_t n) {
  std::uint32_t *out;
  auto array = make_array<std::uint32_t>({n}, &out);
  DirectionStream stream;
  for (std::size_t i = 0; i < n; ++i) out[i] = stream.raw(i);
  return array;
}

}  // namespace

void bind_world(nb::module_ &m) {
  m.def("replay", &replay, exact("level"), nb::arg("direction"), exact("actions"));
  m.def("views", &views, exact("level"), exact("states"));
  m.def("philox", &philox, nb::arg("seed"), nb::arg("stream"), nb::arg("n"));
  m.def("direction_stream", &direction_stream, nb::arg("n"));
}

}  // namespace maze
