"""Builds a pretended CUDA device beside an installed PyTorch, and runs a program on it.

    python make.py FOLDER TORCH [COMMAND...]     (TORCH: a folder `torch` with headers)

The device is the processor: every operator is refused what CUDA would refuse it, then
computed by the processor's kernel on memory that nobody else may touch. So the engine's
calls, kinds, shapes, copies and waits are tried where there is no GPU; speed and CUDA's
own rounding are not.

FOLDER gets `driver/libcuda.so.1` and `torch/lib`, with links to the libraries of that
PyTorch and a `libtorch_cuda.so` that is the pretended device:

    device.h        what the parts know of each other
    memory.cpp      addresses nobody may touch, an allocator that runs out, counts
    fallback.cpp    every operator; copies between the two sides
    rules.cpp       what CUDA's kernels demand, and their kinds of numbers
    attention.cpp   variable-length flash attention; wide products; exported functions
    driver.c        the driver

PRETENDED_CUDA_BYTES is its memory (8 GiB), PRETENDED_CUDA_CAPABILITY its generation (90).
"""

import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
WAITS = ["_local_scalar_dense", "nonzero", "masked_select", "_unique2", "unique_dim"]


def operators(torch):
    """Name, text and dispatch keys of each operator that has kernels of its own."""
    path = torch.parent / "torchgen/packaged/ATen/native/native_functions.yaml"
    blocks = re.split(r"^- func: ", path.read_text(), flags=re.M)[1:]
    texts = {"aten::" + block.split("(")[0]: block for block in blocks}
    for name, text in texts.items():
        delegate = re.search(r"^  structured_delegate: (\S+)", text, re.M)
        source = texts["aten::" + delegate[1]] if delegate else text
        lines = re.search(r"^  dispatch:\n((?:    .*\n?)+)", source, re.M)
        keys = re.findall(r"^    ([\w, ]+):", lines[1], re.M) if lines else []
        yield name, text, {key.strip() for line in keys for key in line.split(",")}


def tables(torch):
    """The lists that `fallback.cpp` includes."""
    lax, absent, twofold = [], [], []
    for name, text, keys in operators(torch):
        if re.search(r"^  device_check: NoCheck", text, re.M):
            lax.append(name)
        if "CPU" in keys and not keys & {"CUDA", "CompositeExplicitAutograd"}:
            absent.append(name)
        if {"CUDA", "CompositeExplicitAutograd"} <= keys:
            twofold.append(name)
    names = lambda some: ", ".join(f'"{one}"' for one in some)
    kind = "const std::unordered_set<std::string>"
    return (
        f"{kind} NO_DEVICE_CHECK{{{names(lax)}}};\n"
        f"{kind} NOT_ON_CUDA{{{names(absent)}}};\n"
        f"{kind} WAITS{{{names('aten::' + one for one in WAITS)}}};\n"
        f"const std::vector<const char*> NOT_COMPOSED{{{names(twofold)}}};\n"
    )


def link_libraries(torch, target):
    target.mkdir(parents=True, exist_ok=True)
    for library in (torch / "lib").glob("lib*.so*"):
        if "cuda" in library.name:
            continue
        place = target / library.name
        place.unlink(missing_ok=True)
        place.symlink_to(library)
    nvidia, place = torch.parent / "nvidia", target.parent.parent / "nvidia"
    if nvidia.exists() and not place.exists():
        place.symlink_to(nvidia)


def build(folder, torch):
    target, driver = folder / "torch/lib", folder / "driver"
    link_libraries(torch, target)
    driver.mkdir(exist_ok=True)
    (folder / "operators.inc").write_text(tables(torch))
    cc = ["g++", "-shared", "-fPIC", "-O1"]
    subprocess.run(
        ["gcc", "-shared", "-fPIC", HERE / "driver.c", "-o", driver / "libcuda.so.1"],
        check=True,
    )
    sources = sorted(HERE.glob("*.cpp"))
    includes = [torch / "include", torch / "include/torch/csrc/api/include", folder]
    flags = [flag for place in includes for flag in ("-I", place)]
    objects = []
    for source in sources:
        made = folder / f"{source.stem}.o"
        if not made.exists() or made.stat().st_mtime < max(
            one.stat().st_mtime for one in [source, *HERE.glob("*.h")]
        ):
            subprocess.run([*cc, "-std=c++20", *flags, "-c", source, "-o", made], check=True)
        objects.append(made)
    libraries = [target / "libtorch_cpu.so", target / "libc10.so"]
    ends = [f"-Wl,-rpath,{target}", "-Wl,--allow-shlib-undefined", "-Wl,--no-as-needed"]
    made = target / "libtorch_cuda.so"
    subprocess.run([*cc, *objects, *ends, *libraries, "-o", made], check=True)


def main():
    folder, torch, *command = sys.argv[1:]
    folder, torch = Path(folder).resolve(), Path(torch).resolve()
    build(folder, torch)
    if command:
        there = {"LD_LIBRARY_PATH": str(folder / "driver"), "LIBTORCH": str(folder / "torch")}
        os.execvpe(command[0], command, {**os.environ, **there})


if __name__ == "__main__":
    main()
