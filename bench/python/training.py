"""One SGD step on cross-entropy, the loss read."""

import numpy as np
import torch
import torch.nn.functional as F

import nets


def prepare(job):
    net = nets.load(job["net"], job.get("weights")).train()
    shape = (job["batch"], job["channels"], job["size"], job["size"])
    x = torch.from_numpy(np.fromfile(job["input"], np.float32).reshape(shape))
    y = torch.from_numpy(np.fromfile(job["labels"], np.int32)).long()
    optimizer = torch.optim.SGD(net.parameters(), lr=job["lr"])

    def iterate():
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    def check():
        for _ in range(3):
            yield np.array([iterate()], np.float32)

    return iterate, check
