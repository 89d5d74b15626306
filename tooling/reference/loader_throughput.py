"""torch's DataLoader with torchvision's transforms over a folder of JPEGs: one epoch for every line of input.

Usage: loader_throughput.py FOLDER COUNT WORKERS BATCH_SIZE. Prints seconds, processor time and the first batch's mean.
"""

import json
import os
import resource
import sys
import time

import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms as T


class Photos(Dataset):
    def __init__(self, folder, count):
        names = sorted(name for name in os.listdir(folder) if name.endswith(".jpg"))[:count]
        self.paths = [os.path.join(folder, name) for name in names]
        self.transform = T.Compose([
            T.Resize(256),
            T.CenterCrop(224),
            T.ToTensor(),
            T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ])

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        with open(self.paths[index], "rb") as file:
            return self.transform(Image.open(file).convert("RGB")), index % 10


def processor_time(pids):
    """Seconds of this process and of its running workers."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    total = usage.ru_utime + usage.ru_stime
    for pid in pids:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def main():
    folder, count, workers, batch_size = sys.argv[1], *map(int, sys.argv[2:5])
    torch.set_num_threads(1)
    loader = DataLoader(
        Photos(folder, count), batch_size=batch_size, num_workers=workers, persistent_workers=workers > 0
    )
    for _ in sys.stdin:
        pids = [worker.pid for worker in loader._iterator._workers] if loader._iterator else []
        start, before = time.perf_counter(), processor_time(pids)
        mean = None
        for images, _ in loader:
            if mean is None:
                mean = images.double().mean().item()
        seconds = time.perf_counter() - start
        pids = [worker.pid for worker in loader._iterator._workers] if workers > 0 else []
        print(json.dumps({"seconds": seconds, "cpu": processor_time(pids) - before, "mean": mean}), flush=True)


main()
