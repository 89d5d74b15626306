import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { mustRun } from '../process.ts';
import { bin, root, sourceFiles, type WorkspacePackage } from '../workspace.ts';

const emitted = join(root, '.cache/build/types');

/**
 * Emits the declarations of the whole workspace with one compiler run (tsup's own take about ten seconds a package).
 * Throws with the compiler's messages on a type error.
 */
export async function emitDeclarations(): Promise<void> {
  const config = join(root, 'tooling/build/tsconfig.json');
  // With its output gone, an incremental run would believe that there is nothing left to emit.
  if (!existsSync(emitted)) rmSync(join(root, '.cache/build/types.tsbuildinfo'), { force: true });
  await mustRun(bin('tsc'), ['-p', config], { cwd: root });
}

/** Sources are imported as `./rng.ts`, published declarations as `./rng.js`. */
export function rewriteSpecifiers(code: string): string {
  const edits = ts
    .preProcessFile(code, true, true)
    .importedFiles.filter(({ fileName }) => /^\.{1,2}\/.*\.ts$/.test(fileName))
    .sort((a, b) => b.pos - a.pos);
  let result = code;
  for (const { fileName, pos } of edits) {
    // `pos` is that of the opening quote.
    const start = result.indexOf(fileName, pos);
    const end = start + fileName.length;
    result = `${result.slice(0, end - '.ts'.length)}.js${result.slice(end)}`;
  }
  return result;
}

/** Copies the emitted declarations of one package into its `dist`, without those of sources that no longer exist. */
export function copyDeclarations(pkg: WorkspacePackage): number {
  const source = join(emitted, pkg.path, 'src');
  let count = 0;
  for (const file of sourceFiles(source, ['.d.ts'])) {
    const name = relative(source, file);
    if (!existsSync(join(pkg.dir, 'src', name.replace(/\.d\.ts$/, '.ts')))) {
      rmSync(file);
      continue;
    }
    const target = join(pkg.dir, 'dist', name);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, rewriteSpecifiers(readFileSync(file, 'utf8')));
    count++;
  }
  return count;
}
