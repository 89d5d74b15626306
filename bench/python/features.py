"""Features of all JPEG files: the net with its classifier removed."""

import torch

import images
import nets


def prepare(job):
    net = nets.load(job["net"], job.get("weights")).eval()
    net.fc = torch.nn.Identity()

    loader = images.loader(job)

    def extract(batches):
        with torch.inference_mode():
            return torch.cat([net(batch) for batch in batches]).numpy()

    def check():
        yield extract([next(iter(loader))])

    return lambda: extract(loader), check
