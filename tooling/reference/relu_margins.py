"""How near to zero the ReLU inputs of a training parity case lie, and what PyTorch's own float32 makes of it.

    relu_margins.py GOLDEN_FILE        e.g. packages/testing/fixtures/parity/googlenet.train.json

Prints, for each way PyTorch has of computing in float32, how many gradients miss the golden file's tolerances and which
ReLU inputs have another sign than in float64; then the inputs nearest to zero with what turning one of them over in an
otherwise exact run (float64) does to the gradients; then the same count for exact operations whose results are stored
in float32. Needs torch and torchvision (Debian: python3-torchvision).
"""

import json
import math
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torchvision import models

U32 = np.uint64(0xFFFFFFFF)
real_relu = F.relu


def fill(name, n):
    """The recipe of packages/testing/src/fill.ts: n numbers in [0, 1)."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    s = (np.uint64(seed) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x6D2B79F5)) & U32
    t = ((s ^ (s >> np.uint64(15))) * (s | np.uint64(1))) & U32
    t = t ^ ((t + (((t ^ (t >> np.uint64(7))) * (t | np.uint64(61))) & U32)) & U32)
    return ((t ^ (t >> np.uint64(14))) & U32).astype(np.float64) / 4294967296.0


def build(golden):
    name, (low, high) = golden["arch"], golden["gamma"]
    options = {"init_weights": False, "aux_logits": True, "transform_input": True} if name == "googlenet" else {}
    net = getattr(models, name)(weights=None, **options).train()
    norms = {n for n, m in net.named_modules() if isinstance(m, nn.BatchNorm2d)}
    for key, t in net.state_dict().items():
        u, (owner, leaf) = fill(key, t.numel()), key.rpartition(".")[::2]
        if owner in norms:
            value = {"weight": low + (high - low) * u, "running_var": 0.5 + u, "num_batches_tracked": 0 * u}
            value = value.get(leaf, (2 * u - 1) * 0.1)
        else:
            value = (2 * u - 1) * (0.1 if leaf == "bias" else math.sqrt(6 * t.shape[0] / t.numel()))
        t.data.copy_(torch.from_numpy(value).reshape(t.shape))
    for module in net.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return net


def step(golden, dtype, layout=torch.contiguous_format, turned=None, store_float32=False):
    """(gradients, ReLU inputs with the module's name) of one step; `turned` = (call, index) gets the other sign."""
    net = build(golden).to(dtype).to(memory_format=layout)
    shape, inputs, running = golden["input"], [], []
    for name, module in net.named_modules():
        module.register_forward_pre_hook(lambda m, i, name=name: running.append(name))
        module.register_forward_hook(lambda m, i, o: (running.pop(), None)[1])
        if store_float32 and isinstance(module, (nn.Conv2d, nn.BatchNorm2d, nn.Linear, nn.AvgPool2d)):
            module.register_forward_hook(lambda m, i, o: o + (o.float().double() - o).detach())

    def relu(x, inplace=False):
        inputs.append((running[-1], x.detach().double().contiguous()))
        if turned and turned[0] == len(inputs) - 1:
            mask = (x.detach() > 0).to(dtype)
            mask.view(-1)[turned[1]] = 1 - mask.view(-1)[turned[1]]
            return x * mask
        return real_relu(x)

    image = torch.from_numpy(((2 * fill(golden["inputName"], math.prod(shape)) - 1) * 1.7).astype(np.float32))
    image = image.reshape(shape).to(dtype).contiguous(memory_format=layout)
    labels = torch.from_numpy(np.floor(fill("labels", shape[0]) * golden["classes"]).astype(np.int64))
    F.relu = relu
    out = net(image)
    F.relu = real_relu
    main, aux = (out, []) if torch.is_tensor(out) else (out[0], [o for o in out[1:] if o is not None])
    (F.cross_entropy(main, labels) + sum(0.3 * F.cross_entropy(a, labels) for a in aux)).backward()
    return {n: p.grad.double().contiguous().flatten() for n, p in net.named_parameters()}, inputs


def missed(golden, gradients):
    """(count, worst error over its tolerance), as packages/testing/src/compare.ts judges."""
    largest, ratios = max(r["l2"] for r in golden["grads"].values()), []
    for name, record in golden["grads"].items():
        g, l2 = gradients[name], record["l2"]
        if max(float(g.norm()), l2) < 1e-6 * largest:
            continue
        weights = torch.from_numpy(fill(name, len(g)))
        at = np.floor(fill(name + "/samples", len(record["samples"])) * len(g)).astype(int)
        picked = torch.cat([g[: len(record["head"])], g[torch.from_numpy(at)]])
        expected = torch.tensor(record["head"] + record["samples"], dtype=torch.float64)
        share = math.sqrt(len(expected) / max(len(g), len(expected))) * l2
        error = max(abs(float(g.norm()) - l2) / l2, abs(float(g @ weights) - record["dot"]) / (l2 * float(weights.norm())),
                    float((picked - expected).norm()) / max(float(expected.norm()), share))
        ratios.append(error / max(1e-4, 4 * min(1, record["noise"])))
    return sum(r > 1 for r in ratios), max(ratios)


def compare(exact, other):
    """Per ReLU: module, inputs, rms error, chance that errors of that size change signs; and the signs that differ."""
    rows, flips = [], []
    for call, ((name, x), (_, y)) in enumerate(zip(exact, other)):
        rms = float((x - y).pow(2).mean().sqrt())
        chance = 0.5 * torch.erfc(x.abs() / max(rms, 1e-300) / math.sqrt(2))
        rows.append((name, call, x.flatten(), rms, chance.flatten()))
        differ = ((x > 0) != (y > 0)).flatten().nonzero().flatten().tolist()
        flips += [f"{name}[{i}] {float(x.flatten()[i]):.1e} -> {float(y.flatten()[i]):.1e}" for i in differ]
    return rows, flips


def main():
    golden = json.load(open(sys.argv[1]))
    exact_gradients, exact = step(golden, torch.float64)
    print("float64: %d gradients missed" % missed(golden, exact_gradients)[0])
    first = None
    for onednn in (True, False):
        for layout in (torch.contiguous_format, torch.channels_last):
            for threads in (1, 2):
                torch.set_num_threads(threads)
                with torch.backends.mkldnn.flags(enabled=onednn):
                    gradients, inputs = step(golden, torch.float32, layout)
                rows, flips = compare(exact, inputs)
                first = first or rows
                count, worst = missed(golden, gradients)
                label = f"float32, oneDNN {'on' if onednn else 'off'}, {str(layout)[6:]}, threads {threads}"
                print("%s: %d of %d missed, worst %.1f x tolerance" % (label, count, len(golden["grads"]), worst))
                for flip in flips:
                    print("    other sign:", flip)
    print("ReLU inputs %d, within the rms error of zero %d, expected other signs %.2f" % (
        sum(len(x) for _, _, x, _, _ in first), sum(int((x.abs() < rms).sum()) for _, _, x, rms, _ in first),
        sum(float(c.sum()) for *_, c in first)))
    likely = sorted(((float(c[i]), name, call, i, float(x[i]), rms) for name, call, x, rms, c in first
                     for i in (c > 0.05).nonzero().flatten().tolist()), reverse=True)
    for chance, name, call, i, value, rms in likely:
        count, worst = missed(golden, step(golden, torch.float64, turned=(call, i))[0])
        print(f"    {name}[{i}] = {value:.1e}, rms error {rms:.1e}, chance {chance:.2f}; turned over alone: {count} missed, worst {worst:.1f} x")
    rows, _ = compare(exact, step(golden, torch.float64, store_float32=True)[1])
    print("exact operations stored in float32: expected other signs %.2f" % sum(float(c.sum()) for *_, c in rows))


if __name__ == "__main__":
    main()
