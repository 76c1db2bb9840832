#!/bin/sh
# on.sh HOST COMMAND...: runs a command on one of the hosts that tests/hosts/network.py made, as
# `ssh HOST COMMAND...` would; Open MPI starts its daemons with it.
#
# The host has a network, a name and a /dev/shm of its own: for MPI it is another machine.
host=$1
shift
exec ip netns exec "$DSAGE_TEST_HOSTS-$host" unshare --uts sh -c '
  hostname "$0" && mount -t tmpfs shm /dev/shm && exec sh -c "$*"' "$host" "$@"
