// The Python module dsage_mpi.domains.maze._native.
#include "bindings.hpp"

NB_MODULE(_native, m) {
  maze::bind_levels(m);
  maze::bind_world(m);
  maze::bind_agent(m);
}
