import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { root } from '../workspace.ts';

const template = join(root, 'tooling/template-family');

/** The forms of a family's name: `wide-resnet` gives `wideResnet`, `WideResnet` and `wide_resnet`. */
export interface FamilyNames {
  kebab: string;
  camel: string;
  pascal: string;
  snake: string;
}

export function familyNames(name: string): FamilyNames {
  const camel = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return {
    kebab: name,
    camel,
    pascal: camel.charAt(0).toUpperCase() + camel.slice(1),
    snake: name.replaceAll('-', '_'),
  };
}

/** What is wrong with a name for a new family, or `undefined`. `taken` are the packages there are. */
export function nameProblem(name: string, taken: readonly string[]): string | undefined {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    return `'${name}' is no package name: use lower-case letters, digits and single hyphens, as in wide-resnet.`;
  }
  if (taken.includes(name)) return `There is a package @zoo/${name} already.`;
  if (/^(backend-|template$|template-family$)/.test(name)) return `'${name}' is kept for another kind of package.`;
  return undefined;
}

/** Text of the template with the family's names in it. */
export function rename(text: string, { kebab, camel, pascal, snake }: FamilyNames): string {
  const className = pascal.toLowerCase().endsWith('net') ? pascal : `${pascal}Net`;
  return text
    .replaceAll('@zoo/template-family', `@zoo/${kebab}`)
    .replaceAll('template_', `${snake}_`)
    .replaceAll('./template.ts', `./${kebab}.ts`)
    .replaceAll('TemplateNet', className)
    .replaceAll('templateWeights', `${camel}Weights`)
    .replaceAll('TemplateModels', `${pascal}Models`)
    .replaceAll(/\btemplate\b/g, camel);
}

function templateFiles(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'dist'].includes(entry.name)) return [];
    const path = join(dir, entry.name);
    return entry.isDirectory() ? templateFiles(path) : [path];
  });
}

/** Writes a new family package into `target`, which must not exist, and returns the files written. */
export function copyTemplate(name: string, target: string): string[] {
  if (existsSync(target)) throw new Error(`${target} exists already.`);
  const names = familyNames(name);
  return templateFiles(template).map((file) => {
    const path = join(dirname(relative(template, file)), basename(file).replace(/^template\./, `${names.kebab}.`));
    const to = join(target, path);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(file, to);
    let text = rename(readFileSync(file, 'utf8'), names);
    if (path === 'package.json') {
      const { private: _private, ...manifest } = JSON.parse(text) as Record<string, unknown>;
      manifest['description'] = `${names.pascal}: image classification nets.`;
      text = `${JSON.stringify(manifest, null, 2)}\n`;
    }
    if (path === 'tsup.config.ts') text = text.replace('../build/', '../../tooling/build/');
    writeFileSync(to, text);
    return path;
  });
}
