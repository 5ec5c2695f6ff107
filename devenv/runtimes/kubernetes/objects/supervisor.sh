# Runs a command as the first process of a container, so that it can be started anew within it:
# what was synced into the container stays. Words: seconds of grace, then the command.
# USR1 starts it anew. TERM, INT and QUIT are passed on, and end the container with it.
# Once it was started anew, its end is not the container's: it waits for the next USR1.
grace=$1
shift
command -v setsid >/dev/null && set -- setsid "$@"
exec 3<&0
child= limit= asked= leaving= disturbed= starting=

signal() { # all that the command has begun, where it has a group of its own
  [ -z "$child" ] || kill -s "$1" -- "-$child" || kill -s "$1" "$child"
} 2>/dev/null

anew() {
  asked=1 disturbed=1
  [ -n "$starting" ] || end
}
end() {
  signal TERM
  [ -z "$limit" ] || return 0
  { sleep "$grace" && signal KILL; } 2>/dev/null &
  limit=$!
}
leave() {
  leaving=1 disturbed=1
  signal "$1"
}
trap anew USR1
trap 'leave TERM' TERM
trap 'leave INT' INT
trap 'leave QUIT' QUIT

run() { # until it has ended, whatever signals come meanwhile
  starting=1 # until its number is known, which another background command would hide
  "$@" <&3 3<&- &
  child=$!
  starting=
  [ -z "$asked" ] || end
  [ -z "$leaving" ] || signal TERM
  code=127 # also what is said of a child that was waited for already
  while
    disturbed=
    wait "$child" 2>/dev/null
    said=$?
    [ "$said" = 127 ] || code=$said
    [ -n "$disturbed" ]
  do :; done
}

renewed=
while :; do
  run "$@"
  [ -z "$leaving" ] || exit "$code"
  if [ -z "$asked" ]; then
    [ -n "$renewed" ] || exit "$code"
    echo "it ended with $code, and is started again after the next save" >&2
    while [ -z "$asked$leaving" ]; do run sleep 3600; done
    [ -z "$leaving" ] || exit "$code"
  fi
  asked= renewed=1
  signal KILL
  kill "$limit" 2>/dev/null
  limit=
done
