#!/usr/bin/env bash
# Makes the Python environment of the peers beside this file, once: `.venv`,
# which git ignores. PyTorch's Linux wheel brings its CUDA packages along (some
# 3 GB on disk) and cannot be imported without them, also on a CPU.
#
#   bash tests/bench/peers/make_environment.sh [python3]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
python="${1:-python3}"

if [[ -x .venv/bin/python ]] && .venv/bin/python -c 'import pylate, torch' 2>/dev/null; then
  echo "The peers' environment is ready: $PWD/.venv"
  exit 0
fi
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
  { echo "Cannot make the peers' environment: expected Python 3.10 or newer, got $("$python" --version)" >&2; exit 2; }
rm -rf .venv
"$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
.venv/bin/python -c 'import pylate, torch; print("PyTorch", torch.__version__, "PyLate", pylate.__version__)'
