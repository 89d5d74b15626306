import type { InputSpec } from '@zoo/core';
import { createRaster, type Raster } from './raster.ts';

/** Colours from cold to warm, evenly spaced; red, green, blue. */
const stops = [
  [48, 18, 59],
  [70, 107, 227],
  [40, 187, 236],
  [49, 242, 153],
  [162, 252, 60],
  [237, 208, 58],
  [251, 128, 34],
  [210, 49, 5],
  [122, 4, 3],
] as const;

/** The colour of a value from 0 to 1. */
function heatColour(value: number): [number, number, number] {
  const place = Math.min(1, Math.max(0, value)) * (stops.length - 1);
  const low = Math.min(Math.floor(place), stops.length - 2);
  const share = place - low;
  const mix = (channel: 0 | 1 | 2): number => stops[low]![channel] * (1 - share) + stops[low + 1]![channel] * share;
  return [mix(0), mix(1), mix(2)];
}

export interface NetInput {
  /** Pixels as the net takes them, `[height, width, channels]` row by row. */
  pixels: Float32Array;
  inputSpec: InputSpec;
}

/** The image that the net sees, in colour, without its normalization. */
export function rasterOf({ pixels, inputSpec }: NetInput): Raster {
  const { size, channels, mean, std } = inputSpec;
  const raster = createRaster(size[1], size[0]);
  for (let i = 0; i < size[0] * size[1]; i++) {
    for (let colour = 0; colour < 3; colour++) {
      const channel = channels === 3 ? colour : 0;
      raster.data[3 * i + colour] = 255 * (pixels[channels * i + channel]! * std[channel]! + mean[channel]!);
    }
  }
  return raster;
}

/** Heat from 0 to 1, laid over the image: the more heat, the less of the image shows. */
export function overlay(image: Raster, heat: Float32Array): Raster {
  const out = createRaster(image.width, image.height);
  for (const [i, value] of heat.entries()) {
    const share = 0.25 + 0.4 * Math.min(1, Math.max(0, value));
    for (const [colour, warm] of heatColour(value).entries()) {
      // Luminance alone, so that the image's own colours are not taken for heat.
      const grey = 0.299 * image.data[3 * i]! + 0.587 * image.data[3 * i + 1]! + 0.114 * image.data[3 * i + 2]!;
      out.data[3 * i + colour] = (1 - share) * grey + share * warm;
    }
  }
  return out;
}

/** Heat from 0 to 1 as light on black. */
export function glow(heat: Float32Array, { width, height }: Raster): Raster {
  const out = createRaster(width, height);
  for (const [i, value] of heat.entries()) out.data.fill(255 * Math.min(1, Math.max(0, value)), 3 * i, 3 * i + 3);
  return out;
}
