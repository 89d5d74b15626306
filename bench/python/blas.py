"""Which library multiplies PyTorch's matrices: Debian's default is the reference BLAS, some twenty times slower than others."""

import os

import torch

OPTIMIZED = ("openblas", "blis", "atlas", "mkl")


def loaded_blas():
    """`reference (...)`, or the library's folder and file; None where it is built into PyTorch or there is no /proc."""
    torch.mm(torch.ones(2, 2), torch.ones(2, 2))
    try:
        with open("/proc/self/maps") as file:
            paths = {line.split()[-1] for line in file if "blas" in line.lower()}
    except OSError:
        return None
    if not paths:
        return None
    optimized = sorted(path for path in paths if any(word in path.lower() for word in OPTIMIZED))
    if optimized:
        return "/".join(optimized[0].split("/")[-2:])
    return f"reference ({os.path.basename(sorted(paths)[0])})"
