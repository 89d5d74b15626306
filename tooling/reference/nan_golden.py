"""What PyTorch makes of NaN and infinities: outputs and gradients of packages/layers/tests/nan.test.ts.

    nan_golden.py > packages/layers/tests/fixtures/nan.json

JSON has neither: they are written as the strings that JavaScript's `Number` reads. Images are [n, c, h, w].
"""

import json
import math
import sys

import torch
from torch import nn
from torch.nn import functional as F

NAN, INF = math.nan, math.inf


def numbers(shape, special=()):
    """Different numbers of both signs, with `special` ones at some places."""
    count = math.prod(shape)
    values = [((i * 7) % 23 - 11) / 4 for i in range(count)]
    for at, value in special:
        values[at] = value
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def jsonable(tensor):
    names = {NAN: "NaN", INF: "Infinity", -INF: "-Infinity"}
    values = [v if math.isfinite(v) else "NaN" if math.isnan(v) else names[v] for v in tensor.flatten().tolist()]
    return {"shape": list(tensor.shape), "values": [round(v, 9) if isinstance(v, float) else v for v in values]}


def case(name, run, *inputs):
    tensors = [x.clone().requires_grad_() for x in inputs]
    output = run(*tensors)
    cotangent = torch.arange(1, output.numel() + 1, dtype=torch.float64).reshape(output.shape) / 4
    output.backward(cotangent)
    return {
        "name": name,
        "inputs": [jsonable(x) for x in inputs],
        "output": jsonable(output.detach()),
        "cotangent": jsonable(cotangent),
        "gradients": [jsonable(x.grad) for x in tensors],
    }


# Windows with no, one and several NaN, with infinities beside them, and with nothing but -Infinity.
image = numbers((1, 2, 6, 6), [(0, NAN), (4, INF), (5, NAN), (14, NAN), (19, NAN), (20, NAN), (26, -INF), (33, INF),
                               *((36 + 6 * row + column, -INF) for row in (2, 3) for column in (2, 3)),
                               (56, INF), (57, -INF), (71, NAN)])
odd = image[:, :, :5, :]
vector = numbers((9,), [(0, NAN), (3, INF), (7, -INF)])
other = numbers((9,), [(1, NAN), (4, INF)]) + 0.125
matrix = numbers((4, 5), [(1, NAN), (7, INF), (13, -INF)])
signs = numbers((1, 3, 3, 3), [(4, NAN), (20, INF)])

# A fixed batch norm; the tests have the same numbers.
scale, shift = torch.tensor([0.5, -2, 1.5]).double(), torch.tensor([0.25, 1, -3]).double()
mean, variance = torch.tensor([0.5, -1, 0]).double(), torch.tensor([1.5, 0.5, 2]).double()
kernel = numbers((4, 3, 2, 2))

cases = [
    case("maxPool 2", lambda x: F.max_pool2d(x, 2), image),
    case("maxPool 2, rows left over", lambda x: F.max_pool2d(x, 2), odd),
    case("maxPool 3 stride 1", lambda x: F.max_pool2d(x, 3, stride=1), image),
    case("maxPool 3 stride 1 padding 1", lambda x: F.max_pool2d(x, 3, stride=1, padding=1), image),
    case("maxPool 3 stride 2 padding 1", lambda x: F.max_pool2d(x, 3, stride=2, padding=1), image),
    case("maxPool 2 stride 3", lambda x: F.max_pool2d(x, 2, stride=3), image),
    case("maxPool ceil", lambda x: F.max_pool2d(x, 2, ceil_mode=True), odd),
    case("maxPool ceil padding 1", lambda x: F.max_pool2d(x, 3, stride=2, padding=1, ceil_mode=True), odd),
    case("maxPool 5 stride 2 padding 2", lambda x: F.max_pool2d(x, 5, stride=2, padding=2), image),
    case("adaptiveMaxPool 3x2", lambda x: F.adaptive_max_pool2d(x, (3, 2)), image),
    case("adaptiveMaxPool 4x5", lambda x: F.adaptive_max_pool2d(x, (4, 5)), image),
    case("globalMaxPool", lambda x: F.adaptive_max_pool2d(x, 1), image),
    case("relu, maxPool 2", lambda x: F.max_pool2d(F.relu(x), 2), image),
    case("maxPool3d 2", lambda x: F.max_pool3d(x, 2), image.nan_to_num(NAN, 9, -9).reshape(1, 1, 2, 6, 6)),
    case("avgPool 2", lambda x: F.avg_pool2d(x, 2), image),
    case("avgPool 3 stride 1 padding 1", lambda x: F.avg_pool2d(x, 3, stride=1, padding=1), image),
    case("avgPool exclude pad", lambda x: F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False), image),
    case("avgPool ceil", lambda x: F.avg_pool2d(x, 2, ceil_mode=True), odd),
    case("adaptiveAvgPool 3x2", lambda x: F.adaptive_avg_pool2d(x, (3, 2)), image),
    case("adaptiveAvgPool 4x5", lambda x: F.adaptive_avg_pool2d(x, (4, 5)), image),
    case("globalAvgPool", lambda x: x.mean((2, 3)), image),
    case("relu", F.relu, vector),
    case("relu6", F.relu6, vector),
    case("clip -1 1", lambda x: x.clamp(-1, 1), vector),
    case("leakyRelu", lambda x: F.leaky_relu(x, 0.1), vector),
    case("elu", F.elu, vector),
    case("selu", F.selu, vector),
    case("sigmoid", torch.sigmoid, vector),
    case("tanh", torch.tanh, vector),
    case("softplus", F.softplus, vector),
    case("exp", torch.exp, vector),
    case("abs", torch.abs, vector),
    case("maximum", torch.maximum, vector, other),
    case("minimum", torch.minimum, vector, other),
    case("max", lambda x: x.amax(1), matrix),
    case("min", lambda x: x.amin(1), matrix),
    case("sum", lambda x: x.sum(1), matrix),
    case("mean", lambda x: x.mean(0), matrix),
    case("softmax", lambda x: x.softmax(1), matrix),
    case("logSoftmax", lambda x: x.log_softmax(1), matrix),
    case("logSumExp", lambda x: x.logsumexp(1), matrix),
    case("linear", lambda x, w: x @ w.T, matrix, numbers((3, 5))),
    case("linear, relu", lambda x, w: F.relu(x @ w.T), matrix, numbers((3, 5))),
    case("conv", lambda x, w: F.conv2d(x, w), signs, kernel),
    case("conv, relu", lambda x, w: F.relu(F.conv2d(x, w)), signs, kernel),
    case("conv, relu6", lambda x, w: F.relu6(F.conv2d(x, w)), signs, kernel),
    case("batchNorm", lambda x: F.batch_norm(x, mean, variance, scale, shift), signs),
    case("batchNorm of the batch", lambda x: F.batch_norm(x, None, None, scale, shift, training=True), signs),
    case("batchNorm, relu", lambda x: F.relu(F.batch_norm(x, mean, variance, scale, shift)), signs),
    case("pad", lambda x: F.pad(x, (1, 0, 2, 1)), signs),
    case("upsample", lambda x: F.interpolate(x, (6, 6), mode="bilinear"), signs),
    case("localResponseNorm", lambda x: F.local_response_norm(x, 3, alpha=1e-2), signs),
]
sys.stdout.write('{"cases":[\n' + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]}\n")
