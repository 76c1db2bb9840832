#include "rollouts.hpp"

#include <memory>
#include <vector>

#include "endpoints.hpp"
#include "random.hpp"

namespace maze {
namespace {

constexpr int kNone = -1;

struct Episode {
  Philox random;
  int next = kNone;   // linked list of the episodes that share a row
};

// A list of episodes of one level.
struct Members {
  int head = kNone;
  int count = 0;

  void add(std::vector<Episode> &episodes, int e) {
    episodes[e].next = head;
    head = e;
    ++count;
  }
};

// A level that is being played.
struct Job {
  std::size_t number;             // position in the call
  World world;
  LevelInputs inputs;
  std::vector<Episode> episodes;
  int unfinished;
};

// One row of the network: the episodes of a level that have seen exactly the same so far. The
// network's state is a function of what was seen, so it is theirs in common; their actions are
// drawn from their own streams, and when these lead to different states the row is split.
struct Node {
  Job *job;
  Board visited;
  std::int16_t state;
  std::uint16_t steps = 0, left = 0, right = 0, distinct = 0;
  Members members;
};

class Rollouts {
 public:
  Rollouts(const Network &network, InputCache &inputs, std::size_t n, const std::uint8_t *levels,
           const std::uint64_t *seeds, const RolloutOptions &options, RolloutResults &results)
      : network_(network), inputs_(inputs), n_(n), levels_(levels), seeds_(seeds),
        options_(options), results_(results) {}

  std::uint64_t run() {
    for (;;) {
      while (queued_ < n_ && static_cast<int>(nodes_.size()) < options_.rows &&
             playing_ < options_.levels)
        admit(queued_++);
      if (nodes_.empty()) {
        if (queued_ == n_) return computed_;
        continue;
      }
      forward();
      const int rows = static_cast<int>(nodes_.size());
      for (int r = 0; r < rows; ++r) advance(r);
      close_gaps();
      state_.swap();
    }
  }

 private:
  void admit(std::size_t number) {
    Board free;
    free_cells(levels_ + number * kCells, free);
    const Endpoints ends = find_endpoints(free);
    results_.start[number] = static_cast<std::int16_t>(ends.start);
    results_.goal[number] = static_cast<std::int16_t>(ends.goal);
    results_.distance[number] = static_cast<std::int16_t>(ends.distance);
    results_.reachable[number] = static_cast<std::int16_t>(ends.reachable.count());
    if (ends.start < 0) return;
    Job *job = new_job();
    job->number = number;
    job->world.build(free, ends.goal);
    job->inputs.generation = 0;
    job->unfinished = options_.episodes;
    job->episodes.clear();
    Members group[4];
    for (int e = 0; e < options_.episodes; ++e) {
      job->episodes.push_back({Philox(seeds_[number], static_cast<std::uint64_t>(e))});
      const int direction = static_cast<int>(job->episodes[e].random.next() >> 62);
      results_.direction[number * options_.episodes + e] = static_cast<std::uint8_t>(direction);
      Members alone;
      Members &members = options_.share ? group[direction] : alone;
      members.add(job->episodes, e);
      if (!options_.share) add_node(job, 4 * ends.start + direction, members);
    }
    for (int d = 0; d < 4; ++d)
      if (group[d].count) add_node(job, 4 * ends.start + d, group[d]);
    ++playing_;
  }

  Job *new_job() {
    if (idle_.empty()) {
      jobs_.push_back(std::make_unique<Job>());
      idle_.push_back(jobs_.back().get());
    }
    Job *job = idle_.back();
    idle_.pop_back();
    return job;
  }

  void add_node(Job *job, int state, const Members &members) {
    Node node;
    node.job = job;
    node.state = static_cast<std::int16_t>(state);
    node.members = members;
    nodes_.push_back(node);
    state_.grow(nodes_.size(), network_.bf16());
    state_.clear(nodes_.size() - 1, network_.bf16());
  }

  void forward() {
    const std::size_t rows = nodes_.size();
    slot_.resize(rows);
    input_.resize(rows);
    outputs_.grow(rows * kOutputs);
    inputs_.begin(static_cast<int>(rows));
    for (std::size_t r = 0; r < rows; ++r)
      slot_[r] = inputs_.want(nodes_[r].job->world, nodes_[r].job->inputs, nodes_[r].state);
    inputs_.finish();
    for (std::size_t r = 0; r < rows; ++r) input_[r] = inputs_.at(slot_[r]);
    const int count = static_cast<int>(rows);
    network_.step(count, input_.data(), state_);
    network_.logits(count, state_.next.data(), outputs_.data());
    network_.cumulate(count, outputs_.data(), outputs_.data());
    computed_ += rows;
  }

  int sample(int row, Philox &random) const {
    const float *cumulative = outputs_.data() + static_cast<std::size_t>(row) * kOutputs;
    const double threshold = random.uniform() * cumulative[kActions - 1];
    int action = 0;
    while (action < kActions - 1 && !(threshold < cumulative[action])) ++action;
    return action;
  }

  // Takes every episode of a row one step further.
  void advance(int row) {
    Node node = nodes_[row];   // a copy: nodes_ may grow
    Job &job = *node.job;
    const int cell = node.state >> 2;
    results_.occupancy[job.number * kCells + cell] +=
        static_cast<std::uint32_t>(node.members.count);
    if (!node.visited.has(cell)) {
      node.visited = node.visited | Board::single(cell);
      ++node.distinct;
    }
    if (results_.trace)
      for (int e = node.members.head; e != kNone; e = job.episodes[e].next)
        results_.trace[(job.number * options_.episodes + e) * kMaxSteps + node.steps] = node.state;
    ++node.steps;

    enum Outcome { kLeft, kRight, kAhead, kStay, kOutcomes };
    const int ahead = job.world.step(node.state, kForward);
    const int target[kOutcomes] = {turned_left(node.state), turned_right(node.state), ahead,
                                   node.state};
    Members outcome[kOutcomes];
    for (int e = node.members.head, next; e != kNone; e = next) {
      next = job.episodes[e].next;
      const int action = sample(row, job.episodes[e].random);
      const bool bump = action == kForward && ahead == node.state;
      outcome[action > kForward || bump ? kStay : action].add(job.episodes, e);
    }
    if (results_.turns) {
      std::uint32_t *turns = results_.turns + job.number * 2 * kCells;
      turns[cell] += static_cast<std::uint32_t>(outcome[kLeft].count);
      turns[kCells + cell] += static_cast<std::uint32_t>(outcome[kRight].count);
    }

    bool row_used = false;
    for (int o = 0; o < kOutcomes; ++o) {
      if (outcome[o].count == 0) continue;
      Node child = node;
      child.members = outcome[o];
      child.left = static_cast<std::uint16_t>(node.left + (o == kLeft));
      child.right = static_cast<std::uint16_t>(node.right + (o == kRight));
      if (target[o] == World::kGoal || node.steps == kMaxSteps) {
        end(child, target[o] == World::kGoal);
        continue;
      }
      child.state = static_cast<std::int16_t>(target[o]);
      if (!row_used)
        nodes_[row] = child;
      else
        branch(child, row);
      row_used = true;
    }
    if (!row_used) gaps_.push_back(row);
  }

  // Gives a child a row of its own, with the hidden state of its parent's.
  void branch(const Node &child, int parent) {
    std::size_t row = nodes_.size();
    if (!gaps_.empty()) {
      row = static_cast<std::size_t>(gaps_.back());
      gaps_.pop_back();
      nodes_[row] = child;
    } else {
      nodes_.push_back(child);
      state_.grow(nodes_.size(), network_.bf16());
    }
    state_.copy_stepped(static_cast<std::size_t>(parent), row, network_.bf16());
  }

  void end(const Node &node, bool success) {
    Job &job = *node.job;
    for (int e = node.members.head; e != kNone; e = job.episodes[e].next) {
      const std::size_t at = job.number * options_.episodes + e;
      results_.length[at] = node.steps;
      results_.left[at] = node.left;
      results_.right[at] = node.right;
      results_.distinct[at] = node.distinct;
      results_.success[at] = success;
    }
    job.unfinished -= node.members.count;
    if (job.unfinished == 0) {
      idle_.push_back(&job);
      --playing_;
    }
  }

  // Moves the last rows into the places of rows that ended.
  void close_gaps() {
    for (const int gap : gaps_) nodes_[gap].job = nullptr;
    for (const int gap : gaps_) {
      while (!nodes_.empty() && nodes_.back().job == nullptr) nodes_.pop_back();
      const std::size_t last = nodes_.size() - 1;
      if (nodes_.empty() || static_cast<std::size_t>(gap) >= last) continue;
      nodes_[gap] = nodes_[last];
      state_.copy_stepped(last, static_cast<std::size_t>(gap), network_.bf16());
      nodes_.pop_back();
    }
    gaps_.clear();
  }

  const Network &network_;
  InputCache &inputs_;
  std::size_t n_;
  const std::uint8_t *levels_;
  const std::uint64_t *seeds_;
  RolloutOptions options_;
  RolloutResults &results_;

  std::size_t queued_ = 0;
  int playing_ = 0;
  std::uint64_t computed_ = 0;
  std::vector<std::unique_ptr<Job>> jobs_;
  std::vector<Job *> idle_;
  std::vector<Node> nodes_;      // node r is row r of the network
  std::vector<int> gaps_;
  Rows state_;
  std::vector<int> slot_;
  std::vector<const float *> input_;
  Aligned<float> outputs_;       // logits, then their cumulative weights
};

}  // namespace

std::uint64_t run_rollouts(const Network &network, InputCache &inputs, std::size_t n,
                           const std::uint8_t *levels, const std::uint64_t *seeds,
                           const RolloutOptions &options, RolloutResults &results) {
  return Rollouts(network, inputs, n, levels, seeds, options, results).run();
}

}  // namespace maze
