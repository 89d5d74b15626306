"""Golden values of packages/transfer: features at torchvision's node names, Grad-CAM, saliency, logistic regression.

    transfer_golden.py > packages/transfer/tests/fixtures/golden.json

Weights and inputs come from the fill recipe of packages/testing/src/fill.ts; everything is computed in float64. A tensor
is kept by its shape, its L2 norm and 48 entries, at `floor(fill(name + '/samples', 48) * n)`.
"""

import json
import math
import sys
from collections import OrderedDict

import numpy as np
import torch
import torchvision
from torch import nn
from torch.nn import functional as F
from torchvision.models.feature_extraction import create_feature_extractor

MASK = np.uint64(0xFFFFFFFF)


def fill(name, n):
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    s = (np.uint64(seed) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x6D2B79F5)) & MASK
    t = ((s ^ (s >> np.uint64(15))) * (s | np.uint64(1))) & MASK
    t = t ^ ((t + (((t ^ (t >> np.uint64(7))) * (t | np.uint64(61))) & MASK)) & MASK)
    return ((t ^ (t >> np.uint64(14))) & MASK).astype(np.float64) / 4294967296.0


def as_float32(values):
    return torch.from_numpy(values.astype(np.float32)).double()


def fill_module(net):
    owners = {
        f"{name}.{leaf}" if name else leaf: (module, leaf)
        for name, module in net.named_modules()
        for leaf in [*module._parameters, *module._buffers]
    }
    for key, tensor in net.state_dict().items():
        module, leaf = owners[key]
        u = fill(key, tensor.numel())
        small = (2 * u - 1) * 0.1
        if isinstance(module, nn.BatchNorm2d):
            values = {"weight": 0.8 + 0.4 * u, "running_var": 0.5 + u, "num_batches_tracked": 0 * u}.get(leaf, small)
        elif leaf == "bias":
            values = small
        else:
            values = (2 * u - 1) * math.sqrt(6 * tensor.shape[0] / tensor.numel())
        tensor.copy_(as_float32(values).reshape(tensor.shape))
    return net.double().eval()


def lenet():
    layers = [nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.AvgPool2d(2)]
    dense = [nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)]
    parts = {"features": nn.Sequential(*layers), "flatten": nn.Flatten(), "classifier": nn.Sequential(*dense)}
    return nn.Sequential(OrderedDict(parts))


def record(name, tensor):
    flat = tensor.detach().flatten()
    at = np.floor(fill(f"{name}/samples", 48) * len(flat)).astype(int)
    return {
        "shape": list(tensor.shape),
        "norm": float(f"{flat.norm():.9g}"),
        "samples": [float(f"{flat[i]:.9g}") for i in at],
    }


def stretched(maps):
    low, high = maps.amin((1, 2), True), maps.amax((1, 2), True)
    return (maps - low) / torch.where(high > low, high - low, torch.ones_like(high))


def grad_cam(net, layer, x, classes):
    kept = {}
    handle = net.get_submodule(layer).register_forward_hook(lambda _module, _inputs, output: kept.update(maps=output))
    logits = net(x)
    handle.remove()
    (gradient,) = torch.autograd.grad(logits[range(len(x)), classes].sum(), kept["maps"])
    cam = F.relu((kept["maps"] * gradient.mean((2, 3), True)).sum(1, True))
    return stretched(F.interpolate(cam, x.shape[2:], mode="bilinear", align_corners=False)[:, 0])


def saliency(net, x, classes):
    x = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(net(x)[range(len(x)), classes].sum(), x)
    return stretched(gradient.abs().amax(1))


def logistic_regression(rows=60, width=4, classes=3, l2=0.05):
    labels = torch.arange(rows) % classes
    x = 2 * fill("points", rows * width).reshape(rows, width) - 1
    x[np.arange(rows), labels.numpy()] += 1
    x = as_float32(x)
    head = nn.Linear(width, classes).double()
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    optimizer = torch.optim.LBFGS(
        head.parameters(), max_iter=1000, tolerance_grad=1e-12, tolerance_change=0, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        loss = F.cross_entropy(head(x), labels) + l2 / 2 * head.weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return {
        "loss": closure().item(),
        "weight": head.weight.flatten().tolist(),
        "bias": (head.bias - head.bias.mean()).tolist(),
    }


def main():
    torch.set_grad_enabled(False)
    nets = {"lenet5_relu": fill_module(lenet()), "resnet18": fill_module(torchvision.models.resnet18())}
    inputs = {"lenet5_relu": (2, 1, 28, 28), "resnet18": (2, 3, 64, 64)}
    layers = {"lenet5_relu": ["features.2", "features.5"], "resnet18": ["layer2", "layer4"]}
    nodes = ["layer1.0.relu", "layer1.0.relu_1", "layer1", "layer3.1.bn2", "layer4.1.relu", "avgpool", "flatten"]
    chosen = {"lenet5_relu": [3, 7], "resnet18": [5, 0]}  # classes whose maps are not 0 all over
    golden = {"classes": chosen, "gradCam": {}, "saliency": {}, "features": {}}
    for model, net in nets.items():
        x = as_float32((2 * fill("input", math.prod(inputs[model])) - 1) * 1.7).reshape(inputs[model])
        classes = chosen[model]
        with torch.enable_grad():
            for layer in layers[model]:
                golden["gradCam"][f"{model} {layer}"] = record(f"{model} {layer}", grad_cam(net, layer, x, classes))
            golden["saliency"][model] = record(model, saliency(net, x, classes))
        if model == "resnet18":
            for node, output in create_feature_extractor(net, nodes)(x).items():
                golden["features"][node] = record(node, output)
    with torch.enable_grad():
        golden["logisticRegression"] = logistic_regression()
    json.dump(golden, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
