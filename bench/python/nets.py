"""The nets that are timed, as torchvision or the course notes build them."""

import collections

import torch
import torch.nn as nn


def lenet5_relu():
    """Keys as in @zoo/lenet: features.N and classifier.N."""
    features = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.AvgPool2d(2)
    )
    classifier = nn.Sequential(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))
    parts = [("features", features), ("flatten", nn.Flatten()), ("classifier", classifier)]
    return nn.Sequential(collections.OrderedDict(parts))


def build(name):
    if name == "lenet5_relu":
        return lenet5_relu()
    import torchvision

    options = {"init_weights": False, "aux_logits": True} if name == "inception_v3" else {}
    return getattr(torchvision.models, name)(weights=None, **options)


def load(name, weights):
    """The net with a state dict in it; with random weights where `weights` is None."""
    net = build(name)
    if weights is not None:
        net.load_state_dict(torch.load(weights, map_location="cpu"))
    return net
