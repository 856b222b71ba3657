#!/usr/bin/env bash
# Gradescope runs this once, as root, when it makes the image in which submissions are judged.
set -euo pipefail
root="${AUTOGRADER:-/autograder}"

needed=()
command -v bwrap >/dev/null || needed+=(bubblewrap)
command -v uv >/dev/null || needed+=(python3-venv)
if ((${#needed[@]})); then
    apt-get update
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${needed[@]}"
fi
if ! command -v uv >/dev/null; then
    python3 -m venv "$root/uv"
    "$root/uv/bin/pip" install --quiet uv
    PATH="$root/uv/bin:$PATH"
fi
uv venv --quiet --python "$(cat "$root/source/python_version")" "$root/python"
# Every submission is judged in a copy of the image as it is now: without byte code each would wait for it.
uv pip install --quiet --compile-bytecode --python "$root/python/bin/python" \
    --constraint "$root/source/engine/constraints.txt" "$root/source/engine"
# Says in the log of the build what the sandbox lacks, if anything.
"$root/python/bin/python" -c 'from courseware.judging.sandbox import available; print(available().reason or "The sandbox works.")'
