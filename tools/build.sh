# shellcheck shell=bash
# What ./updraft and ./check share: installing Debian packages and building a preset of CMakePresets.json.
# Sourced with $root (the source tree) and $me (the name that messages start with) set. Everything is said on stderr.

# shellcheck disable=SC2154
say() { echo "$me: $*" >&2; }

# run_quietly LOG COMMAND...: the command's output goes to LOG. A terminal shows its last line as progress; everybody sees
# all of it when the command fails.
run_quietly() {
  local log=$1 status=0 line width
  shift
  if [[ -t 2 ]]; then
    width=$(stty size <&2 | cut -d ' ' -f 2)
    if ((width < 20)); then width=80; fi # a terminal that does not know
    "$@" </dev/null 2>&1 | tee "$log" | while IFS= read -r line; do
      printf '\r\033[K%s' "${line:0:width-1}" >&2
    done || status=${PIPESTATUS[0]}
    printf '\r\033[K' >&2
  else
    "$@" </dev/null >"$log" 2>&1 || status=$?
  fi
  if ((status != 0)); then
    cat "$log" >&2
    say "failed: $* (the log above is kept in $log)"
  fi
  return "$status"
}

# install_packages LIST...: installs those packages of packages/LIST.txt that are missing. One that another installed
# package provides is there (NodeSource's nodejs provides npm and would go for Debian's).
install_packages() {
  local -a lists=("${@/#/$root/packages/}") wanted missing=() as_root=()
  local installed package log
  mapfile -t wanted < <(sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "${lists[@]/%/.txt}")
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "this is not a Debian system; going on in the hope that the like of these packages is there: ${wanted[*]}"
    return
  fi
  # "installed g++", and "installed npm" for each of "Provides: npm (= 10), node-gyp"
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}, ${Provides}\n' 2>/dev/null |
    awk '$1 == "installed" { sub(/^installed /, ""); gsub(/ *\([^)]*\)/, ""); n = split($0, names, /, */)
      for (i = 1; i <= n; ++i) print "installed " names[i] }' || true)
  for package in "${wanted[@]}"; do
    grep -Fqx "installed $package" <<<"$installed" || missing+=("$package")
  done
  if ((${#missing[@]} == 0)); then return; fi

  say "Debian packages are missing: ${missing[*]}"
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      say "installing them needs root, and there is no sudo here. Please run this as root, then try again:"
      say "  apt-get update && apt-get install --no-install-recommends ${missing[*]}"
      return 1
    fi
    as_root=(sudo)
  fi
  say "installing them with ${as_root[*]+sudo }apt-get, which needs root because packages belong to the whole system"
  if ((EUID != 0)); then sudo --validate || return; fi
  log=$root/build/packages.log
  # Old or absent package indexes are common on a fresh machine; indexes of other origins that fail do not matter here.
  run_quietly "$log" "${as_root[@]}" apt-get update || say "going on with the package indexes that are there"
  run_quietly "$log" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "${missing[@]}"
}

# build_preset PRESET [TARGET...]: configures build/PRESET and builds the targets (all when none is named).
build_preset() {
  local preset=$1 folder=$root/build/$1 home
  shift
  # CMake refuses a build folder that was made for another place: this tree was moved or copied.
  home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$folder/CMakeCache.txt" 2>/dev/null || true)
  if [[ -n $home && $home != "$root" ]]; then rm -rf "$folder"; fi
  mkdir -p "$folder"
  run_quietly "$folder/configure.log" cmake -S "$root" --preset "$preset" || return
  run_quietly "$folder/build.log" cmake --build "$folder" ${1:+--target "$@"}
}
