"""Builds the emulated NVRTC and driver.

    python make.py FOLDER < KERNEL      (g++ on the path; KERNEL: the text of the kernel)

FOLDER gets `libnvrtc.so.13` and, a link to it, `libcuda.so.1`.
"""

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
folder = Path(sys.argv[1])
compiler = shutil.which("g++")
if compiler is None:
    sys.exit("no g++")
(folder / "kernel.h").write_text(sys.stdin.read())
options = ["-std=c++20", "-O1", "-pthread", "-shared", "-fPIC", "-w"]
made = folder / "libnvrtc.so.13"
command = [compiler, *options, f"-I{folder}", f"-I{HERE}", str(HERE / "libraries.cpp"), "-o", str(made)]
built = subprocess.run(command, capture_output=True, text=True)
if built.returncode:
    sys.exit("g++ refuses: " + built.stderr[:300])
(folder / "libcuda.so.1").symlink_to(made)
