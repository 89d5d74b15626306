"""PyTorch as an engine of the benchmark: `engine.py THREADS` answers the requests of suite/protocol.ts."""

import importlib
import json
import multiprocessing
import os
import resource
import sys
import time

import numpy as np
import torch

import blas


def peak_mb():
    """VmHWM where there is a /proc: ru_maxrss starts from the process that called exec."""
    try:
        with open("/proc/self/status") as file:
            line = next(line for line in file if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    except OSError:
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return used / 2**20 if sys.platform == "darwin" else used / 1024


def worker_seconds(pid):
    """User and system time of a loader's worker; 0 where there is no /proc."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0


def cpu_seconds():
    """All threads, and the processes of a loader's workers."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    workers = sum(worker_seconds(child.pid) for child in multiprocessing.active_children())
    return own.ru_utime + own.ru_stime + workers


def main():
    torch.set_num_threads(int(sys.argv[1]))
    replies = os.fdopen(3, "w")

    def reply(message):
        replies.write(json.dumps(message) + "\n")
        replies.flush()

    versions = {"torch": torch.__version__, "python": sys.version.split()[0]}
    found = blas.loaded_blas()
    if found:
        versions["blas"] = found
    try:
        import torchvision

        versions["torchvision"] = torchvision.__version__
    except ImportError:
        pass  # LeNet needs none; the other nets say so when they are built
    reply({"ready": True, "versions": versions, "threads": torch.get_num_threads()})
    iterate = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "prepare":
                begin = time.perf_counter()
                iterate, check = importlib.import_module(request["job"]["group"]).prepare(request["job"])
                loaded = time.perf_counter()
                outputs = check()
                first = next(outputs)
                end = time.perf_counter()
                np.concatenate([first, *outputs]).tofile(request["outputFile"])
                reply({"prepared": True, "loadMs": (loaded - begin) * 1e3, "firstMs": (end - loaded) * 1e3})
            else:
                n = request["iterations"]
                cpu, begin = cpu_seconds(), time.perf_counter()
                for _ in range(n):
                    iterate()
                wall, cpu = time.perf_counter() - begin, cpu_seconds() - cpu
                reply({"sample": {"wallMs": wall * 1e3 / n, "cpuMs": cpu * 1e3 / n, "peakMB": peak_mb()}})
        except Exception as error:
            reply({"error": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    main()
