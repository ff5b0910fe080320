# shellcheck shell=bash
# Shared by the scripts here: where we are, and how to say what happens.
# Sourced, never run. Callers have set -euo pipefail.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit

# Cargo may put its output elsewhere (a cache on a build machine).
# shellcheck disable=SC2034 # used by the scripts that source this
target=${CARGO_TARGET_DIR:-$root/target}

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }

die() {
  printf 'gridpass: %s\n' "$*" >&2
  exit 1
}

# step NAME COMMAND…: runs it and says how long it took; a failure ends the script and names it.
steps=()
current=''
step() {
  local begun=$SECONDS
  current=$1
  shift
  say "$current"
  # Not "$@" || …: inside a condition, bash would carry on after a failing line of a function.
  "$@"
  steps+=("$(printf '%6d s  %s' $((SECONDS - begun)) "$current")")
  current=''
}

name_failure() {
  local code=$?
  if [ "$code" -ne 0 ] && [ -n "$current" ]; then
    printf '\ngridpass: failed at: %s\n' "$current" >&2
  fi
}
trap name_failure EXIT

# The times of all steps so far.
report_steps() {
  say "where the time went"
  printf '%s\n' "${steps[@]}"
}

# web_ready FOLDER: npm ci, unless what is installed is what the lock file says.
web_ready() {
  local folder=$1
  local mark=$folder/node_modules/.installed-from
  if ! cmp -s "$folder/package-lock.json" "$mark"; then
    npm ci --prefix "$folder" --no-audit --no-fund
    cp "$folder/package-lock.json" "$mark"
  fi
}
