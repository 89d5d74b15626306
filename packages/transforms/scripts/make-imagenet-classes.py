#!/usr/bin/env python3
"""Writes src/imagenet-classes.ts: the 1000 class names of torchvision's ImageNet weights, in the order of the logits.

    python3 packages/transforms/scripts/make-imagenet-classes.py

Needs torchvision (Debian: python3-torchvision).
"""
import pathlib
from torchvision.models._meta import _IMAGENET_CATEGORIES as names

assert len(names) == 1000
lines = "\n".join(names)
assert "`" not in lines and "\\" not in lines and "$" not in lines
target = pathlib.Path(__file__).parent.parent / "src" / "imagenet-classes.ts"
target.write_text(f"""/** The 1000 ImageNet-1k class names of torchvision's weights, in the order of the logits. */
export const imagenetClasses: readonly string[] = `{lines}`.split('\\n');
""")
print(f"{target}: {len(names)} names")
