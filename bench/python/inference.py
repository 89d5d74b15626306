"""One forward pass in evaluation mode; the output is in host memory as it comes."""

import numpy as np
import torch

import nets


def prepare(job):
    net = nets.load(job["net"], job.get("weights")).eval()
    shape = (job["batch"], job["channels"], job["size"], job["size"])
    x = torch.from_numpy(np.fromfile(job["input"], np.float32).reshape(shape))

    def iterate():
        with torch.inference_mode():
            return net(x).numpy()

    def check():
        yield iterate()

    return iterate, check
