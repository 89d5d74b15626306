// Compiles the C kernels into src/native/binary.ts. Needs clang 19 with its WebAssembly linker (Debian: clang-19 lld-19).
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const compiler = process.env.CLANG ?? 'clang-19';

export const flags = [
  '--target=wasm32-unknown-unknown',
  '-std=c17',
  '-O3',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-nostdlib',
  '-ffreestanding',
  '-fno-builtin',
  '-ffp-contract=off',
  '-fvisibility=hidden',
  '-flto',
  '-fno-unroll-loops',
  '-mbulk-memory',
  '-Wl,--no-entry',
  '-Wl,--import-memory',
  '-Wl,--export=__stack_pointer',
  '-Wl,--strip-all',
  '-Wl,-z,stack-size=65536',
];

export const variants = { simd: ['-msimd128'], relaxed: ['-msimd128', '-mrelaxed-simd'] };

export const sources = () =>
  readdirSync(here)
    .filter((name) => /\.[ch]$/.test(name))
    .sort();

/** SHA-256 over names and contents of the C files and the flags: what the binary was made from. */
export function fingerprint() {
  const hash = createHash('sha256');
  for (const name of sources())
    hash.update(`${name}\0${readFileSync(join(here, name), 'utf8').replaceAll('\r\n', '\n')}\0`);
  return hash.update(JSON.stringify([flags, variants])).digest('hex');
}

/** Static data would overwrite tfjs's own memory, which the module shares. */
function assertNoData(bytes) {
  let at = 8;
  while (at < bytes.length) {
    const id = bytes[at++];
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      size |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    if (id === 11) throw new Error('The kernels contain static data; use locals or passed memory instead.');
    at += size;
  }
}

function compile(extra) {
  const folder = mkdtempSync(join(tmpdir(), 'kernels-'));
  try {
    const out = join(folder, 'kernels.wasm');
    const files = sources().filter((name) => name.endsWith('.c'));
    execFileSync(compiler, [...flags, ...extra, '-o', out, ...files], { cwd: here, stdio: 'inherit' });
    const bytes = readFileSync(out);
    assertNoData(bytes);
    return bytes;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const simd = compile(variants.simd);
  const relaxed = compile(variants.relaxed);
  writeFileSync(
    join(here, '../src/native/binary.ts'),
    `// Made by native/build.mjs from the C files beside it; do not edit.
/** SHA-256 of the C sources and compiler flags. */
export const fingerprint = '${fingerprint()}';
/** The kernels with 128-bit SIMD, base64. */
export const simd =
  '${simd.toString('base64')}';
/** The same with fused multiply-add (relaxed SIMD), base64. */
export const relaxed =
  '${relaxed.toString('base64')}';
`,
  );
  console.log(`simd ${simd.length} bytes, relaxed ${relaxed.length} bytes`);
}
