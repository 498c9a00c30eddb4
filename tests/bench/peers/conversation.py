"""How a peer's process talks with the benchmark that started it.

    PYTHON some_peer.py SETTINGS.json [--turns N]

It prints {"ready": true, ...facts}, takes one turn for every line on standard
input, answers {"seconds", ...} for each, and ends with {"peakMemoryBytes", ...facts}
when its input ends: so that another program's turns can stand between its own.
With --turns it takes N turns by itself and prints the same lines.

SETTINGS.json always has "threads", "precision" ("fp32" or "bf16") and "device"
("cpu" or "cuda"); each peer says what else it reads.
"""

import argparse
import json
import os
import resource
import sys
import time


def with_library_path() -> None:
    """Starts this program again with the linker's folders, which Deno hands on to nobody:
    in containers with a GPU they lead to its driver."""
    path = os.environ.pop("LAB_LIBRARY_PATH", None)
    if path and "LD_LIBRARY_PATH" not in os.environ:
        os.environ["LD_LIBRARY_PATH"] = path
        os.execv(sys.executable, [sys.executable, *sys.argv])


def converse(prepare) -> None:
    """Calls prepare(settings) -> (turn, facts), and turn() for every turn.

    A turn returns what its answer holds beside the seconds; a function under
    "after" is called when the clock has stopped, and its dictionary joins the answer.
    """
    with_library_path()
    parser = argparse.ArgumentParser()
    parser.add_argument("settings")
    parser.add_argument("--turns", type=int)
    arguments = parser.parse_args()
    with open(arguments.settings, encoding="utf-8") as file:
        settings = json.load(file)
    output = sys.stdout
    sys.stdout = sys.stderr  # whatever a library prints is not an answer

    def answer(value: dict) -> None:
        print(json.dumps(value), file=output, flush=True)

    limit_threads(settings["threads"])
    turn, facts = prepare(settings)
    wait = waiter(settings["device"])

    def timed() -> dict:
        wait()
        start = time.perf_counter()
        said = turn()
        wait()
        seconds = time.perf_counter() - start
        after = said.pop("after", dict)
        return {"seconds": seconds, **said, **after()}

    answer({"ready": True, **facts})
    if arguments.turns is not None:
        for _ in range(arguments.turns):
            answer(timed())
    else:
        for line in sys.stdin:
            if not line.strip():
                break
            answer(timed())
    answer({**memory(settings["device"]), **facts})


def limit_threads(threads: int) -> None:
    """Before anything that starts threads is imported."""
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"):
        os.environ[name] = str(threads)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    os.environ["HF_HUB_OFFLINE"] = "1"


def waiter(device: str):
    """Waits until the device has done what it was told."""
    if device != "cuda":
        return lambda: None
    import torch

    if not torch.cuda.is_available():
        sys.exit("expected CUDA, got none that this PyTorch can use")
    return torch.cuda.synchronize


def memory(device: str) -> dict:
    peak = peak_bytes()
    if device != "cuda":
        return {"peakMemoryBytes": peak}
    import torch

    return {"peakMemoryBytes": peak, "peakDeviceBytes": torch.cuda.max_memory_allocated()}


def peak_bytes() -> int:
    """The most memory this program has held. Linux's ru_maxrss also remembers what the
    process was before it became this program: the one that started it."""
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            line = next(line for line in file if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
