"""Features of all JPEG files: the net with its classifier removed."""

import torch

import images
import nets


def prepare(job):
    net = nets.load(job["net"], job.get("weights")).eval()
    net.fc = torch.nn.Identity()

    def extract(loader):
        with torch.inference_mode():
            return torch.cat([net(batch) for batch in loader]).numpy()

    def check():
        first = next(iter(images.loader(job, workers=0)))
        yield extract([first])

    return lambda: extract(images.loader(job)), check
