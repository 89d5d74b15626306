import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkspacePackage } from '../workspace.ts';

export interface Example {
  name: string;
  /** The README it stands in. */
  source: string;
  code: string;
}

/** The fenced `js` blocks of a Markdown text whose first line is `// example: NAME`: those that run as they stand. */
export function extractExamples(markdown: string, source: string): Example[] {
  return [...markdown.matchAll(/^```(?:js|javascript)\n(\/\/ example: (.+)\n[\s\S]*?)^```/gm)].map(
    ([, code = '', name = '']) => ({ name: name.trim(), source, code }),
  );
}

export function readmeExamples(packages: WorkspacePackage[]): Example[] {
  return packages.flatMap((pkg) => {
    const path = join(pkg.dir, 'README.md');
    return existsSync(path) ? extractExamples(readFileSync(path, 'utf8'), `${pkg.path}/README.md`) : [];
  });
}
