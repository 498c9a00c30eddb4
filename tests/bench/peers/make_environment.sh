#!/usr/bin/env bash
# Makes the Python environments of the peers beside this file, once: `.venv` with
# PyLate, and `.venv_others` over it, which takes PyTorch from the first and has
# sentence-transformers 6 and the MaxSim kernels of its own. Git ignores both.
# PyTorch's Linux wheel brings its CUDA packages along (some 3 GB on disk) and
# cannot be imported without them, also on a CPU.
#
#   bash tests/bench/peers/make_environment.sh [python3]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
python="${1:-python3}"

has() { [[ -x $1/bin/python ]] && "$1/bin/python" -c "import $2" 2>/dev/null; }
install() { "$1/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$2"; }
site() { "$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'; }

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
  { echo "Cannot make the peers' environment: expected Python 3.10 or newer, got $("$python" --version)" >&2; exit 2; }

if ! has .venv 'pylate, torch'; then
  rm -rf .venv .venv_others
  "$python" -m venv .venv
  install .venv pylate.txt
fi
.venv/bin/python -c 'import pylate, torch; print("PyTorch", torch.__version__, "PyLate", pylate.__version__)'

if ! has .venv_others 'sentence_transformers.multi_vector_encoder, torch'; then
  rm -rf .venv_others
  .venv/bin/python -m venv .venv_others
  site .venv > "$(site .venv_others)/pylate_environment.pth"
  # pip complains that PyLate pins another sentence-transformers: it is not imported there
  install .venv_others others.txt 2> .venv_others/pip.log ||
    { cat .venv_others/pip.log >&2; exit 1; }
fi
.venv_others/bin/python -c 'import sentence_transformers as s; print("sentence-transformers", s.__version__)'

if .venv_others/bin/python -c 'import sys, torch; sys.exit(not torch.cuda.is_available())'; then
  has .venv_others 'flash_maxsim, late_interaction_kernels' || install .venv_others cuda.txt
else
  echo "No GPU that this PyTorch can use: flash-maxsim and late-interaction-kernels are left out."
fi
