# Sourced by bin/hunt, bin/test and bench/run with `root` set. Sets `node` to a Node that can run dist/, having
# set the checkout up if need be, or exits with 3. With `set_up_for=development` the packages of the tests are there
# too. Programs are not looked at: hunt gets those that a command starts.
#
# The fast path is what every start after the first one takes, so it starts a single `find` and no
# Node: the stamp names the Node to use and the files that must be there, and no input may have
# changed since. Change times, not modification times, are compared, so that a checkout of an older
# commit, `cp -p` and `tar x` are all seen; a deleted file is seen by its folder.

is_set_up() {
  stamp=$root/.cache/set-up/stamp${set_up_for:+-$set_up_for}
  [ -f "$stamp" ] || return 1
  node=
  while read -r line; do
    if [ -z "$node" ]; then
      node=$line
      [ -x "$node" ] || return 1
    else
      [ -s "$root/$line" ] || return 1
    fi
  done <"$stamp"
  [ -n "$node" ] || return 1
  # An error message counts as a change: a find without -newercm means a set-up check each time.
  newer=$(cd "$root" && find src bin scripts package.json package-lock.json tsconfig.json \
    -newercm "$stamp" -print -quit 2>&1)
  [ -z "$newer" ]
}

major_of() {
  version=$("$1" --version 2>/dev/null) || version=
  version=${version#v}
  echo "${version%%.*}"
}

require_node() { # least major version, what needs it
  major=$(major_of node)
  [ "${major:-0}" -ge "$1" ] 2>/dev/null && return
  if [ -n "$major" ]; then found="the node on PATH is version $major"; else found="there is no node on PATH"; fi
  echo "hunt: $2 needs Node $1 or newer; $found." >&2
  echo "  Install Node 24 or newer from https://nodejs.org/en/download, then run the same command again." >&2
  exit 3
}

if [ -d "$root/src" ]; then
  if ! is_set_up; then
    require_node 18 "setting up a checkout"
    node "$root/scripts/set-up.mjs" ${set_up_for:+"$set_up_for"} </dev/null || exit $?
    read -r node <"$root/.cache/set-up/stamp" || exit 3
  fi
  # V8's compiled code of dist/ and node_modules; emptied by every set-up that changes them.
  : "${NODE_COMPILE_CACHE:=$root/.cache/compiled}"
  export NODE_COMPILE_CACHE
else
  require_node 24 "hunt"
  node=$(command -v node)
fi
