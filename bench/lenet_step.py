#!/usr/bin/env python3
"""PyTorch's side of lenet-step.ts: for every line on stdin, runs STEPS training steps and prints the milliseconds of one."""
import sys, time
import torch, torch.nn as nn, torch.nn.functional as F

batch, steps = int(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(1)
model = nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.AvgPool2d(2),
                      nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x, y = torch.rand(batch, 1, 28, 28), torch.randint(0, 10, (batch,))


def step():
    optimizer.zero_grad()
    F.cross_entropy(model(x), y).backward()
    optimizer.step()


step()
print(torch.__version__, flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    for _ in range(steps):
        step()
    print((time.perf_counter() - start) / steps * 1000, flush=True)
