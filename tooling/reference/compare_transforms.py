#!/usr/bin/env python3
"""The torchvision side of `pnpm compare:transforms`.

    python3 compare_transforms.py make DIR          write JPEGs of generated images into DIR
    python3 compare_transforms.py compare DIR       repeat the steps of DIR/cases.json with torchvision, one JSON line per case
    python3 compare_transforms.py time DIR SECONDS  images per second of decode + Resize(256) + CenterCrop(224), and of the latter two

Needs torchvision (Debian: python3-torchvision python3-pil).
"""
import json, os, sys, time
import numpy as np, torch
from PIL import Image
from torchvision import transforms as T
from torchvision.transforms import functional as F

torch.set_num_threads(1)
MODES = {m.value: m for m in T.InterpolationMode}


def picture(seed):
    """Waves, rectangles and noise, so that there are smooth parts, edges and detail."""
    rng = np.random.default_rng(seed)
    w, h = int(rng.integers(60, 640)), int(rng.integers(60, 640))
    y, x = np.mgrid[0:h, 0:w]
    image = np.stack([127 + 100 * np.sin(x / rng.uniform(4, 60) + c) * np.cos(y / rng.uniform(4, 60)) for c in range(3)], -1)
    for _ in range(12):
        t, l = rng.integers(0, h), rng.integers(0, w)
        image[t:t + rng.integers(1, h), l:l + rng.integers(1, w)] = rng.integers(0, 256, 3)
    image += rng.normal(0, rng.uniform(0, 25), image.shape)
    return Image.fromarray(np.clip(image, 0, 255).astype(np.uint8))


def make(folder):
    for seed in range(24):
        image = picture(seed)
        if seed % 8 == 7:
            image = image.convert("L")
        image.save(os.path.join(folder, f"{seed:02}.jpg"), quality=60 + seed, subsampling=seed % 3 if image.mode == "RGB" else -1)
    picture(99).resize((500, 375)).save(os.path.join(folder, "speed.jpg"), quality=90)


def step(image, s):
    op, fill = s["op"], s.get("fill", 0)
    fill = fill if isinstance(fill, (int, float)) or image.mode != "L" else fill[0]
    mode = MODES[s["interpolation"]] if "interpolation" in s else None
    if op == "resize":
        return F.resize(image, [s["height"], s["width"]], mode)
    if op == "crop":
        return F.crop(image, s["top"], s["left"], s["height"], s["width"])
    if op == "pad":
        return F.pad(image, [s["left"], s["top"], s["right"], s["bottom"]], fill, s["mode"])
    if op == "rotate":
        return F.rotate(image, s["angle"], mode, s["expand"], s.get("center"), fill)
    if op == "affine":
        return F.affine(image, s["angle"], list(s["translate"]), s["scale"], list(s["shear"]), mode, fill, s.get("center"))
    if op in ("brightness", "contrast", "saturation", "hue", "sharpness"):
        return getattr(F, "adjust_" + op)(image, s["factor"])
    if op == "grayscale":
        return F.to_grayscale(image, s["channels"])
    if op == "posterize":
        return F.posterize(image, int(s["bits"]))
    if op == "solarize":
        return F.solarize(image, s["threshold"])
    if op in ("hflip", "vflip", "autocontrast", "equalize", "invert"):
        return getattr(F, op)(image)
    if op == "toTensor":
        return F.to_tensor(image)
    if op == "normalize":
        return F.normalize(image, s["mean"], s["std"])
    if op == "erase":
        value = s["eraser"]["fill"]
        value = torch.tensor([value] if isinstance(value, (int, float)) else value)[:, None, None]
        return F.erase(image, s["top"], s["left"], s["height"], s["width"], value)
    raise ValueError(f"unknown step {op}")


def compare(folder):
    for case in json.load(open(os.path.join(folder, "cases.json"))):
        image = Image.open(os.path.join(folder, case["file"])).convert("RGB" if case["channels"] == 3 else "L")
        for s in case["steps"]:
            image = step(image, s)
        floats = isinstance(image, torch.Tensor)
        theirs = image.permute(1, 2, 0).numpy() if floats else np.asarray(image)
        theirs = theirs if theirs.ndim == 3 else theirs[..., None]
        ours = np.fromfile(os.path.join(folder, case["result"]), np.float32 if floats else np.uint8)
        if list(theirs.shape) != case["shape"]:
            result = {"error": f"shape {case['shape']}, torchvision's is {list(theirs.shape)}"}
        else:
            difference = np.abs(ours.reshape(theirs.shape).astype(np.float64) - theirs)
            result = {"max": float(difference.max()), "differing": int((difference > 0).sum()), "values": int(difference.size)}
        print(json.dumps({"name": case["name"], **result}), flush=True)


def measure(work, seconds):
    work()
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        work()
        count += 1
    return count / (time.perf_counter() - start)


def timing(folder, seconds):
    path = os.path.join(folder, "speed.jpg")
    transform = T.Compose([T.Resize(256), T.CenterCrop(224)])
    image = Image.open(path).convert("RGB")
    print(json.dumps({"decoded": measure(lambda: transform(Image.open(path).convert("RGB")), seconds), "transform": measure(lambda: transform(image), seconds)}))


if __name__ == "__main__":
    command, folder = sys.argv[1], sys.argv[2]
    if command == "make":
        make(folder)
    elif command == "compare":
        compare(folder)
    else:
        timing(folder, float(sys.argv[3]))
