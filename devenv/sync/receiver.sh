# Receives files within a container: frames on stdin, one answer for each on stdout.
# POSIX sh, with the tools that `tools` names. Words with a backslash are for printf %b.
#
#   root DIR                      work below DIR; answers "ok UID"
#   part N LENGTH HASH            LENGTH bytes follow: an archive for batch N
#   chunk N LENGTH HASH PATH      LENGTH bytes follow: more of a file of batch N
#   hole N LENGTH HASH PATH       LENGTH bytes follow: up to where that file has nothing but zeros
#   batch N LENGTH HASH           the last archive of batch N, and what to do with it (its `list`)
#   look N LENGTH HASH            names, each ended by NUL: answers with the mode and hash of each
#   drop N                        forget what came for batch N
#
# An answer is one line: "ok …", "failed …", or "ended …" where it can go on no more. What is
# written is first complete in a folder of the same file system, which is there only meanwhile, then
# moved to its place. An archive is unpacked while its hash is made, and a part while the next one
# comes in: what goes wrong with it is the next answer.
set -f
SMALL=65536 # where there is no room for that there is none; and a save spares a program
S=
P=
# An earlier receiver may still get what was sent to it: each stages under a name of its own.
read -r I 2>/dev/null </proc/sys/kernel/random/uuid || I=$$
umask 022
LC_ALL=C
export LC_ALL

word() { # a word as it is meant, in W
  case $1 in
  *\\*) W=$(printf '%b.' "$1") && W=${W%.} ;;
  *) W=$1 ;;
  esac
}

tell() { # verdict why: in one line
  printf '%s %s\n' "$1" "$(printf '%s' "$2" | tr '\n' ' ')"
}

tools() { # what an image may lack
  for tool in head tar mv rm mkdir dd id tr stat xargs sha256sum; do
    command -v "$tool" >/dev/null || { echo "the image has no $tool" && return 1; }
  done
}

receive() { # length
  if [ ! -d "$B" ]; then
    said=$(mkdir -- "$S" "$B" 2>&1) || end "$said"
  fi
  if [ "$1" -le "$SMALL" ]; then
    said=$(head -c "$1" 2>&1 >"$F") || end "$said $(room)"
  else
    said=$(head -c "$1" | { cat 2>&1 >"$F" || { cat >/dev/null && false; }; })
  fi
}

room() { # not every head says why a disk refuses, or that it does
  head -c "$SMALL" /dev/zero | cat 2>&1 >>"$F"
}

verify() { # hash
  said=$(sha256sum <"$F" 2>&1)
  [ "$said" = "$1  -" ] || end "what came is not what was sent $(room)"
}

end() { # what is left of a frame must never be read as a command
  leave
  tell ended "$1"
  exec cat >/dev/null
}

root() {
  word "$1"
  { mkdir -p -- "$W" && cd -P -- "$W"; } 2>&1 || return 1
  [ -z "$S" ] || rm -rf -- "$S"
  R=${PWD%/}
  S=$R/.devenv-sync
  B=$S/$I
  F=$B.frame
  A=$B.archive
  { rm -rf -- "$S" && mkdir -- "$S" && rmdir -- "$S"; } 2>&1
}

enter() { # a folder below the root, never one beyond a link; its path in T
  word "$1"
  cd -P -- "$R/$W" || return 1
  T=${PWD%/}
  [ "$W" = . ] || [ "$T" = "$R/$W" ] || { echo "a link leads from $R/$W to $T" && return 1; }
}

list() { # the last words of a batch: what is to be done with what it brought
  while read -r op dir names; do
    enter "$dir" || return 1
    case $names in
    *\\*) encoded $op $names ;;
    *) "$op" $names ;;
    esac || return 1
  done <"$B/list"
}

encoded() { # op word…
  op=$1
  shift
  for name; do
    shift
    word "$name"
    set -- "$@" "$W"
  done
  "$op" "$@"
}

changed() {
  echo "$1 is not as it was sent"
  return 1
}

had() { # format stamps name…: nobody else has written to these
  format=$1 stamps=$2
  shift 2
  [ "$(stat -c "$format" -- "$@" 2>&1)" = "$stamps" ] || changed "$1"
}

free() { # name…: nothing is there
  for name; do
    if [ -e "$name" ] || [ -L "$name" ]; then
      changed "$name"
      return 1
    fi
  done
}

remove() { rm -f -- "$@"; }
tidy() { rmdir -- "$@" 2>/dev/null || :; } # a folder with something else in it stays
clear() { rmdir -- "$@"; }
mode() { chmod "$1" . ; }
place() { # folder of the batch, name…
  cd "$B/$1" || return 1
  shift
  mv -f -- "$@" "$T/"
}

unpack() { exec tar xpf "$1" -C "$B"; } # within a shell of its own

begin() { # with what came, while it is verified; the next frame comes into the other file
  unpack "$F" 2>/dev/null &
  P=$!
  verify "$1"
  W=$F F=$A A=$W
}

settled() { # what was begun; where that failed, once more for the reason
  [ -n "$P" ] || return 0
  wait "$P" && said= || said=$(unpack "$A" 2>&1)
  set -- "$?"
  P=
  return "$1"
}

forget() { rm -rf -- "$S"; }

leave() {
  settled
  forget
}

append() {
  word "$1"
  cat "$F" >>"$B/$W"
}

stretch() {
  word "$1"
  dd if=/dev/null of="$B/$W" bs=1 count=0 seek="$(cat "$F")"
}

look() ( # a pipe or a device may have no end: only what is a file itself is read
  cd -P -- "$R" || exit 1
  xargs -0 stat -c '%f %s %Y %n' -- <"$F" 2>/dev/null
  xargs -0 sh -c 'for name; do
    [ -f "$name" ] && [ ! -L "$name" ] && printf "%s\0" "$name"
  done' sh <"$F" | xargs -0 sha256sum -- 2>/dev/null
  echo
)

while read -r op n length hash rest; do
  case $op in root | drop) ;; *) receive "$length" || { tell failed "$said" && continue; } ;; esac
  settled || [ "$op" = drop ] || { tell failed "$said" && continue; }
  case $op in
  root) said=$(tools && root "$n") && root "$n" >/dev/null && echo "ok $(id -u)" || tell failed "$said" ;;
  part) begin "$hash" && echo "ok $n" ;;
  chunk) verify "$hash" && said=$(append "$rest" 2>&1) && echo "ok $n" || tell failed "$said" ;;
  hole) verify "$hash" && said=$(stretch "$rest" 2>&1) && echo "ok $n" || tell failed "$said" ;;
  batch)
    begin "$hash" && settled && said=$(list 2>&1) && echo "ok $n $hash" || tell failed "$said"
    forget
    ;;
  look) verify "$hash" && look && echo "end $n" && forget ;;
  drop) forget && echo "ok $n" ;;
  esac
done
leave
