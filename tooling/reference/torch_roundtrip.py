"""PyTorch's half of the round trip; tooling/torch-roundtrip/run.ts is the other one.

    torch_roundtrip.py models                          prints the torchvision models there are, one a line
    torch_roundtrip.py make MODEL SIZE FORMAT FOLDER   writes FOLDER/weights.*, input.bin and output.bin
    torch_roundtrip.py check MODEL FOLDER              loads FOLDER/back.safetensors strictly, compares the output

FORMAT is zip, legacy or safetensors. Files of numbers are raw little-endian float32, images NCHW.
"""

import json
import pathlib
import struct
import sys

import torch
import torchvision

DTYPES = {"F32": torch.float32, "I64": torch.int64}
TAGS = {dtype: tag for tag, dtype in DTYPES.items()}


def build(name):
    options = {"init_weights": False, "aux_logits": True} if name in ("googlenet", "inception_v3") else {}
    torch.manual_seed(0)
    return getattr(torchvision.models, name)(weights=None, **options)


def randomize(net):
    """Statistics and scales that differ everywhere, so that a swapped tensor shows."""
    generator = torch.Generator().manual_seed(1)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1, generator=generator)
            module.running_var.uniform_(0.5, 1.5, generator=generator)
            module.weight.data.uniform_(0.8, 1.2, generator=generator)
            module.bias.data.normal_(0, 0.1, generator=generator)
            module.num_batches_tracked.fill_(1234)


def save_safetensors(state, path):
    header, offset = {}, 0
    for name, tensor in state.items():
        size = tensor.numel() * tensor.element_size()
        header[name] = {
            "dtype": TAGS[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + size],
        }
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in state.values():
            file.write(tensor.contiguous().numpy().tobytes())


def load_safetensors(path):
    blob = bytearray(pathlib.Path(path).read_bytes())
    (length,) = struct.unpack("<Q", blob[:8])
    header = json.loads(blob[8 : 8 + length])
    header.pop("__metadata__", None)
    state = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        dtype = DTYPES[entry["dtype"]]
        count = (end - begin) // torch.empty(0, dtype=dtype).element_size()
        data = torch.frombuffer(blob, dtype=dtype, offset=8 + length + begin, count=count)
        state[name] = data.reshape(entry["shape"]).clone()
    return state


def write_floats(path, tensor):
    path.write_bytes(tensor.contiguous().numpy().tobytes())


def make(name, size, form, folder):
    net = build(name)
    randomize(net)
    net.eval()
    image = torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(2))
    write_floats(folder / "input.bin", image)
    with torch.no_grad():
        write_floats(folder / "output.bin", net(image))
    state = net.state_dict()
    if form == "safetensors":
        save_safetensors(state, folder / "weights.safetensors")
    else:
        torch.save(state, folder / "weights.pth", _use_new_zipfile_serialization=form == "zip")


def check(name, folder):
    net = build(name)
    net.load_state_dict(load_safetensors(folder / "back.safetensors"), strict=True)
    net.eval()
    image = torch.frombuffer(bytearray((folder / "input.bin").read_bytes()), dtype=torch.float32)
    size = round((image.numel() / 3) ** 0.5)
    with torch.no_grad():
        output = net(image.reshape(1, 3, size, size)).flatten()
    expected = torch.frombuffer(bytearray((folder / "output.bin").read_bytes()), dtype=torch.float32)
    difference = (output - expected).abs().max().item()
    print(f"largest difference {difference:g}")
    return 0 if difference == 0 else 1


def main():
    command, *rest = sys.argv[1:]
    if command == "models":
        print("\n".join(name for name in dir(torchvision.models) if name.islower()))
    elif command == "make":
        make(rest[0], int(rest[1]), rest[2], pathlib.Path(rest[3]))
    else:
        sys.exit(check(rest[0], pathlib.Path(rest[1])))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
