#!/usr/bin/env python3
"""The PyTorch side of the long training test: LeNet on Fashion-MNIST, one JSON line per epoch.

    python3 train_lenet.py DATA_DIR {lenet5_relu|lenet_bn} EPOCHS BATCH LR SEED [THREADS]

DATA_DIR holds the four official .gz files. Needs torch (Debian: python3-torch).
"""
import gzip, json, os, struct, sys, time
import numpy as np, torch, torch.nn as nn, torch.nn.functional as F


def idx(path):
    with gzip.open(path) as f:
        magic = struct.unpack(">I", f.read(4))[0]
        shape = struct.unpack(">" + "I" * (magic & 255), f.read(4 * (magic & 255)))
        return torch.from_numpy(np.frombuffer(f.read(), np.uint8).reshape(shape).copy())


def lenet5_relu():
    return nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.AvgPool2d(2),
                         nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


def lenet_bn():
    return nn.Sequential(nn.Conv2d(1, 6, 5), nn.BatchNorm2d(6), nn.Sigmoid(), nn.MaxPool2d(2, 2),
                         nn.Conv2d(6, 16, 5), nn.BatchNorm2d(16), nn.Sigmoid(), nn.MaxPool2d(2, 2),
                         nn.Flatten(), nn.Linear(256, 120), nn.BatchNorm1d(120), nn.Sigmoid(),
                         nn.Linear(120, 84), nn.BatchNorm1d(84), nn.Sigmoid(), nn.Linear(84, 10))


def main():
    folder, name, epochs, batch, lr, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]), int(sys.argv[6])
    if len(sys.argv) > 7:
        torch.set_num_threads(int(sys.argv[7]))
    torch.manual_seed(seed)
    read = lambda split, kind, rank: idx(os.path.join(folder, f"{split}-{kind}-idx{rank}-ubyte.gz"))
    x, y = read("train", "images", 3).float().div(255).unsqueeze(1), read("train", "labels", 1).long()
    tx, ty = read("t10k", "images", 3).float().div(255).unsqueeze(1), read("t10k", "labels", 1).long()
    model = {"lenet5_relu": lenet5_relu, "lenet_bn": lenet_bn}[name]()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * ((len(x) + batch - 1) // batch))
    for epoch in range(epochs):
        model.train()
        start, total = time.perf_counter(), 0.0
        order = torch.randperm(len(x))
        for i in range(0, len(x), batch):
            at = order[i:i + batch]
            loss = F.cross_entropy(model(x[at]), y[at])
            optimizer.zero_grad(); loss.backward(); optimizer.step(); schedule.step()
            total += loss.item() * len(at)
        seconds = time.perf_counter() - start
        model.eval()
        with torch.no_grad():
            hits = sum((model(tx[i:i + 1000]).argmax(1) == ty[i:i + 1000]).sum().item() for i in range(0, len(tx), 1000))
        print(json.dumps({"epoch": epoch + 1, "seconds": seconds, "trainLoss": total / len(x), "testAccuracy": hits / len(tx)}), flush=True)


main()
