#!/usr/bin/env bash
# Starts a throw-away Slurm on this machine: no systemd, no munge, no database, no root needed.
#
#   tests/slurm/start.sh DIR NODES CPUS PORT      then: export SLURM_CONF=DIR/slurm.conf
#   tests/slurm/stop.sh DIR
#
# All nodes are this machine. PORT and the NODES ports after it must be free. Whoever starts it owns
# it; only that user can submit.
set -euo pipefail
mkdir -p "$1"
dir=$(cd "$1" && pwd -P) nodes=$2 cpus=$3 port=$4
host=$(hostname -s)
user=$(id -un)
memory=$(awk '/^MemTotal/ { print int($2 / 1024 * 0.8) }' /proc/meminfo)

mkdir -p "$dir/state"
for n in $(seq "$nodes"); do
  mkdir -p "$dir/spool.n$n" "$dir/tmp.n$n" # each node a TmpFS of its own: PMIx keeps sockets there
done

cat >"$dir/slurm.conf" <<CONF
ClusterName=throwaway
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/none
CredType=cred/none
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool.%n
TmpFS=$dir/tmp.%n
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.%n.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=2,sched_interval=5,batch_sched_delay=1
ReturnToService=2
JobRequeue=1
KillWait=10
MinJobAge=600
MailProg=/bin/true
NodeName=n[1-$nodes] NodeHostname=$host NodeAddr=127.0.0.1 Port=[$((port + 1))-$((port + nodes))] CPUs=$cpus RealMemory=$((memory / nodes)) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE DefaultTime=10 State=UP
CONF

export SLURM_CONF=$dir/slurm.conf
slurmctld
for n in $(seq "$nodes"); do slurmd -N "n$n"; done
for _ in $(seq 150); do
  idle=$(sinfo -h -t idle -o %D 2>/dev/null | awk '{ n += $1 } END { print n + 0 }')
  if [ "$idle" = "$nodes" ]; then exit 0; fi
  sleep 0.2
done
echo "the nodes did not come up; see $dir/*.log:" >&2
tail -n 5 "$dir"/*.log >&2
exit 1
