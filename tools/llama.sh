# shellcheck shell=bash
# What bench/peer/build and tools/llama-server share: llama.cpp at one version, from the source distribution of the Python
# package llama-cpp-python (the ordinary way to get a pinned llama.cpp from a package registry; nothing of Python is kept).
# Sourced with $me (the name that messages start with) set. Needs: cmake, ninja-build, g++, python3-venv.

llama_version=0.3.36
llama_sha256=832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e

# has_llama PREFIX: that version was installed there.
has_llama() { [[ -f $1/version && $(<"$1/version") == "$llama_version" ]]; }

# build_llama WORK TARGET OPTION...: fetches and builds TARGET in the folder WORK, which leaves WORK/build. Settings are
# llama.cpp's own defaults for one CPU machine (Release, this processor's instructions, OpenMP, repacked weights) but for AMX,
# where this version ends with an illegal instruction, and OPTIONs of its CMake. An archive that was fetched before may be handed in (UPDRAFT_PEER_SDIST), for machines that are offline.
build_llama() {
  local work=$1 target=$2 name=llama_cpp_python-$llama_version archive
  shift 2
  archive=${UPDRAFT_PEER_SDIST:-$work/$name.tar.gz}
  if [[ ! -f $archive ]]; then
    # shellcheck disable=SC2154
    echo "$me: downloading llama-cpp-python $llama_version (77 MB)" >&2
    python3 -m venv "$work/venv"
    # Only this package from source: its build tools, which pip wants for reading the metadata, may come as wheels.
    "$work/venv/bin/pip" --quiet --disable-pip-version-check download --no-deps --no-binary llama-cpp-python \
      --dest "$work" "llama-cpp-python==$llama_version"
  fi
  echo "$llama_sha256  $archive" | sha256sum --check --quiet ||
    { echo "$me: $archive is not the archive we know" >&2; return 1; }

  echo "$me: building llama.cpp, which takes some minutes" >&2
  tar -C "$work" -xzf "$archive" "$name/vendor/llama.cpp"
  if [[ $(uname -m) == x86_64 ]]; then
    set -- -DCMAKE_C_FLAGS='-mno-amx-tile -mno-amx-int8 -mno-amx-bf16' \
      -DCMAKE_CXX_FLAGS='-mno-amx-tile -mno-amx-int8 -mno-amx-bf16' "$@"
  fi
  {
    cmake -G Ninja -S "$work/$name/vendor/llama.cpp" -B "$work/build" -DCMAKE_BUILD_TYPE=Release \
      -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF "$@" &&
      cmake --build "$work/build" --parallel "${JOBS:-$(nproc)}" --target "$target"
  } >"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; return 1; }
}
