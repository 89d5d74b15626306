import { describe, expect, it } from 'vitest';
import * as build from '../native/build.mjs';
import { fingerprint, simd } from '../src/native/binary.ts';

const bytes = (base64: string) => Uint8Array.from(Buffer.from(base64, 'base64'));

describe('compiled kernels', () => {
  it('were made from the C sources as they are (else run: node packages/backend-wasm/native/build.mjs)', () => {
    expect(fingerprint).toBe(build.fingerprint());
  });

  it('import nothing but the memory they share with tfjs', () => {
    const module = new WebAssembly.Module(bytes(simd));
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
  });
});
