import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../tooling/process.ts';
import { cacheFolder, pythonScript } from './folders.ts';

/** One net's files, or why PyTorch could not write them. */
export type NetFiles = { weights: string; onnx?: string } | { missing: string };

export interface NetFilesRequest {
  net: string;
  size: number;
  channels: number;
  python: string;
}

/** Weights and ONNX file of a random net, written by PyTorch; kept until the scripts that make them change. */
export async function netFiles({ net, size, channels, python }: NetFilesRequest): Promise<NetFiles> {
  const scripts = ['make_net.py', 'nets.py'].map(pythonScript);
  const hash = createHash('sha256');
  for (const script of scripts) hash.update(readFileSync(script));
  const folder = join(cacheFolder('nets'), `${net}-${size}-${hash.digest('hex').slice(0, 8)}`);
  const weights = join(folder, 'weights.pth');
  if (!existsSync(weights)) {
    const part = cacheFolder('nets', `part-${process.pid}`);
    const args = [scripts[0]!, net, `${size}`, `${channels}`, part];
    const { code, output } = await run(python, args, { quiet: true });
    if (code !== 0) {
      rmSync(part, { recursive: true });
      return { missing: output.trim().split('\n').at(-1) ?? `${python} ended with ${code}` };
    }
    rmSync(folder, { recursive: true, force: true });
    renameSync(part, folder);
  }
  const onnx = join(folder, 'model.onnx');
  return { weights, ...(existsSync(onnx) && { onnx }) };
}
