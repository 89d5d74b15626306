"""PyTorch's half of `pnpm compare:transfer`; tooling/transfer-compare/run.ts is the other one.

    compare_transfer.py FOLDER

FOLDER has `backbone.safetensors` (lenet_bn, eight classes), `train.bin` and `test.bin` (raw bytes of 28x28 images),
`train-labels.bin` and `test-labels.bin` (a byte each) and `draws.json`: per seed, which images to train a head on. Prints
one JSON line per seed with the test accuracies of a linear head trained by Adam and of logistic regression by L-BFGS.
"""

import json
import pathlib
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch_roundtrip import load_safetensors


class LeNetBN(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5), nn.BatchNorm2d(6), nn.Sigmoid(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5), nn.BatchNorm2d(16), nn.Sigmoid(), nn.MaxPool2d(2),
        )  # fmt: skip
        self.classifier = nn.Sequential(
            nn.Linear(256, 120), nn.BatchNorm1d(120), nn.Sigmoid(),
            nn.Linear(120, 84), nn.BatchNorm1d(84), nn.Sigmoid(),
            nn.Linear(84, classes),
        )  # fmt: skip

    def forward(self, x):
        return self.classifier[:-1](self.features(x).flatten(1))


def images(path):
    return torch.from_numpy(np.fromfile(path, np.uint8)).float().div(255).reshape(-1, 1, 28, 28)


def labels(path):
    return torch.from_numpy(np.fromfile(path, np.uint8)).long()


def adam_head(x, y, seed, epochs, batch, lr):
    torch.manual_seed(seed)
    head = nn.Linear(x.shape[1], 2)
    optimizer = torch.optim.Adam(head.parameters(), lr=lr)
    for _ in range(epochs):
        order = torch.randperm(len(x))
        for i in range(0, len(x), batch):
            at = order[i : i + batch]
            optimizer.zero_grad()
            F.cross_entropy(head(x[at]), y[at]).backward()
            optimizer.step()
    return head


def lbfgs_head(x, y):
    """Multinomial logistic regression with scikit-learn's C = 1, in float64."""
    head = nn.Linear(x.shape[1], 2).double()
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    x = x.double()
    optimizer = torch.optim.LBFGS(
        head.parameters(), max_iter=500, tolerance_grad=1e-9, tolerance_change=0, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(head(x), y) + head.weight.square().sum() / (2 * len(x))
        loss.backward()
        return loss

    optimizer.step(closure)
    return head.float()


def main():
    folder = pathlib.Path(sys.argv[1])
    plan = json.loads((folder / "draws.json").read_text())
    net = LeNetBN(8)
    net.load_state_dict(load_safetensors(folder / "backbone.safetensors"))
    net.eval()
    with torch.no_grad():
        train, test = (net(images(folder / f"{split}.bin")) for split in ("train", "test"))
    train_labels, test_labels = (labels(folder / f"{split}-labels.bin") for split in ("train", "test"))
    for seed, draw in zip(plan["seeds"], plan["draws"]):
        x, y = train[draw], train_labels[draw]
        adam = adam_head(x, y, seed, plan["epochs"], plan["batchSize"], plan["lr"])
        heads = {"adam": adam, "lbfgs": lbfgs_head(x, y)}
        with torch.no_grad():
            accuracy = {
                name: (head(test).argmax(1) == test_labels).float().mean().item() for name, head in heads.items()
            }
        print(json.dumps({"seed": seed, **accuracy}), flush=True)


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
