"""make_net.py NET SIZE CHANNELS FOLDER: writes FOLDER/weights.pth and FOLDER/model.onnx of a random net.

The ONNX file is what torch.onnx.export makes of the net in evaluation mode, with any batch size.
"""

import pathlib
import sys
import warnings

import torch

import nets


def randomize(net):
    """Statistics and scales that differ everywhere, so that a swapped tensor shows in the output."""
    generator = torch.Generator().manual_seed(1)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1, generator=generator)
            module.running_var.uniform_(0.5, 1.5, generator=generator)
            module.weight.data.uniform_(0.8, 1.2, generator=generator)
            module.bias.data.normal_(0, 0.1, generator=generator)


def main():
    name, size, channels, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), pathlib.Path(sys.argv[4])
    torch.manual_seed(0)
    net = nets.build(name)
    randomize(net)
    torch.save(net.state_dict(), folder / "weights.pth")
    warnings.simplefilter("ignore")
    try:
        torch.onnx.export(
            net.eval(),
            torch.zeros(1, channels, size, size),
            str(folder / "model.onnx"),
            opset_version=13,
            input_names=["input"],
            output_names=["output"],
            dynamic_axes={"input": {0: "n"}, "output": {0: "n"}},
        )
    except Exception as error:  # the weights serve the other engines
        print(f"no ONNX file of {name} at {size}x{size}: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
