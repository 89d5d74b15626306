import { build, type Plugin } from 'esbuild';

export interface BrowserBundle {
  /** `module <- importer` for everything that has no place in a browser. */
  forbidden: string[];
  /** Minified size of the JavaScript, dependencies included. */
  bytes: number;
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
}

/**
 * Bundles an entry point as a browser build would (dependencies included) and reports what must not be in one. Rejects
 * where the bundle cannot be made at all, as for an import of `fs` that no `browser` field replaces.
 * `conditions` picks sources (`@zoo/source`) or built files.
 */
export async function bundleForBrowser(
  entry: string,
  { notInBrowsers, conditions }: { notInBrowsers: string[]; conditions: string[] },
): Promise<BrowserBundle> {
  const forbidden: string[] = [];
  const watch: Plugin = {
    name: 'not-in-browsers',
    setup({ onResolve }) {
      onResolve({ filter: /^[^./]/ }, ({ path, importer, kind }) => {
        if (kind === 'entry-point') return null;
        if (!path.startsWith('node:') && !notInBrowsers.includes(packageOf(path))) return null;
        forbidden.push(`${path} <- ${importer}`);
        return { path, external: true };
      });
    },
  };
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions,
    logLevel: 'silent',
    plugins: [watch],
    loader: { '.wasm': 'file' },
    outdir: 'out',
  });
  const bytes = result.outputFiles
    .filter(({ path }) => path.endsWith('.js'))
    .reduce((sum, f) => sum + f.contents.length, 0);
  return { forbidden, bytes };
}
