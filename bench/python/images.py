"""JPEG files through torchvision's evaluation preset and DataLoader."""

import pathlib

import torch
from PIL import Image
from torchvision import transforms

PRESET = transforms.Compose(
    [
        transforms.Resize(256),
        transforms.CenterCrop(224),
        transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    ]
)


class JpegFiles(torch.utils.data.Dataset):
    def __init__(self, folder):
        self.files = sorted(pathlib.Path(folder).glob("*.jpg"))

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        return PRESET(Image.open(self.files[index]).convert("RGB"))


def loader(job):
    """Its workers stay alive over all epochs."""
    files = JpegFiles(job["images"])
    return torch.utils.data.DataLoader(
        files, batch_size=job["batch"], num_workers=job["workers"], persistent_workers=True
    )
