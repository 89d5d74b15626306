#!/bin/sh
# Installs what the tests and benchmarks use from Debian: a Chromium with its software WebGPU adapter, PyTorch to compare with
# (and OpenBLAS, without which it is a slow peer), the checker of ONNX files, Fashion-MNIST, and what builds libtensorflow's addon.
# Quick when all is there.
set -eu

packages="chromium libvulkan1 python3-torch python3-torchvision libopenblas0-pthread python3-onnx dataset-fashion-mnist python3-pip g++"

missing=""
for package in $packages; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
if [ -z "$missing" ]; then
  echo "All there: $packages"
  exit 0
fi

if [ "$(id -u)" -ne 0 ]; then
  echo "Missing:$missing" >&2
  echo "Run: sudo tooling/setup/debian.sh" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing
