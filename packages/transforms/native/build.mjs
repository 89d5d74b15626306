// Compiles the C kernels into src/native/*-binary.ts. Needs clang 19 with its WebAssembly linker (Debian: clang-19 lld-19).
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

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
  '-fvisibility=hidden',
  '-flto',
  '-msimd128',
  '-mbulk-memory',
  '-Wl,--no-entry',
  '-Wl,--export=__heap_base',
  '-Wl,--strip-all',
  '-Wl,-z,stack-size=16384',
];

const sources = () =>
  readdirSync(here)
    .filter((name) => /\.[ch]$/.test(name))
    .sort();

/** SHA-256 over names and contents of the C files and the flags: what the binary was made from. */
export function fingerprint() {
  const hash = createHash('sha256');
  for (const name of sources())
    hash.update(`${name}\0${readFileSync(join(here, name), 'utf8').replaceAll('\r\n', '\n')}\0`);
  return hash.update(JSON.stringify(flags)).digest('hex');
}

/** One module for each C file, so that browsers need not load the decoder. */
function compile(file, folder) {
  const out = join(folder, 'kernels.wasm');
  execFileSync(process.env.CLANG ?? 'clang-19', [...flags, '-o', out, file], { cwd: here, stdio: 'inherit' });
  return readFileSync(out);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = mkdtempSync(join(tmpdir(), 'kernels-'));
  try {
    for (const file of sources().filter((name) => name.endsWith('.c'))) {
      const name = file.replace('.c', '');
      const bytes = compile(file, folder);
      writeFileSync(
        join(here, `../src/native/${name}-binary.ts`),
        `// Made by native/build.mjs from ${file}; do not edit.
/** SHA-256 of the C sources and compiler flags. */
export const fingerprint = '${fingerprint()}';
/** For 128-bit SIMD, base64. */
export const kernels =
  '${bytes.toString('base64')}';
`,
      );
      console.log(`${name}: ${bytes.length} bytes`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
