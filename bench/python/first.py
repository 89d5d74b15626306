"""first.py NET WEIGHTS INPUT SIZE THREADS OUTPUT: PyTorch from nothing to the first output of one image."""

import json
import sys
import time

import numpy as np
import torch

import blas
import nets
from engine import peak_mb

net_name, weights, source, size, threads, output = sys.argv[1:]
torch.set_num_threads(int(threads))
net = nets.load(net_name, weights).eval()
x = torch.from_numpy(np.fromfile(source, np.float32).reshape(1, 3, int(size), int(size)))
with torch.inference_mode():
    y = net(x).numpy()
used = {"cpuMs": time.process_time() * 1e3, "peakMB": peak_mb(), "versions": {"torch": torch.__version__, "blas": blas.loaded_blas() or "built in"}}
print(json.dumps(used), flush=True)
y.tofile(output)
