# Steps of the set-up: one printed line each, everything else in a log; a stamp remembers each one.
#
# The file that sources this sets LOG (the log file) and STAMPS (a folder).

step_note_file() { printf '%s/note' "$STAMPS"; }

# note TEXT: a few words that the step's line shows after its name.
note() { printf '%s' "$*" >"$(step_note_file)"; }

# notice LINE...: something that the user should know although nothing failed.
notice() { printf '  ! %s\n' "$@"; printf '! %s\n' "$@" >>"$LOG"; }

# fail LINE...: says what is wrong and what to do, and ends the set-up.
fail() {
  printf '\nset-up stopped: %s\n' "$1" >&2
  shift
  [ $# -eq 0 ] || printf '  %s\n' "$@" >&2
  exit 1
}

# fresh NAME KEY: whether step NAME was last completed with exactly this key.
fresh() { [ -f "$STAMPS/$1" ] && [ "$(cat "$STAMPS/$1")" = "$2" ]; }

# stamp NAME KEY: records that step NAME is complete. Written beside and renamed, so never half.
stamp() {
  printf '%s' "$2" >"$STAMPS/$1.new"
  mv "$STAMPS/$1.new" "$STAMPS/$1"
}

# step TITLE COMMAND [ARG...]: runs COMMAND in a subshell, quietly, and says how long it took.
# Must not be called in a condition: bash would then ignore `set -e` inside COMMAND.
step() {
  local title=$1 start status
  shift
  start=$(now)
  : >"$(step_note_file)"
  printf '  %-34s' "$title"
  printf '\n=== %s (%s)\n' "$title" "$(date '+%F %T')" >>"$LOG"
  # Left behind by a failure, an interrupt or a crash: the next set-up then looks for packages that
  # are only half there.
  printf '%s' "$title" >"$STAMPS/unfinished"
  set +e
  (set -e; "$@") >>"$LOG" 2>&1 </dev/null
  status=$?
  set -e
  if [ "$status" -ne 0 ]; then
    printf 'failed after %s s\n' "$(elapsed "$start")"
    printf '\nlast lines of %s:\n' "$LOG" >&2
    tail -n 25 "$LOG" | sed 's/^/  | /' >&2
    fail "step '$title' failed (exit status $status)." \
      "The whole output is in $LOG." \
      "When the cause is mended, run the same command again: finished steps are not repeated."
  fi
  rm -f "$STAMPS/unfinished"
  printf '%6s s  %s\n' "$(elapsed "$start")" "$(cat "$(step_note_file)")"
}

# now: seconds since the epoch with tenths, as an integer of tenths.
now() {
  local micro=${EPOCHREALTIME/[.,]/}
  printf '%s' "$((micro / 100000))"
}

# elapsed START: seconds since START (from `now`), with one decimal.
elapsed() {
  local tenths=$(($(now) - $1))
  printf '%d.%d' "$((tenths / 10))" "$((tenths % 10))"
}
