import { nameKey, ZooError } from '@zoo/core';

/** Refuses names that differ by case or the spelling of accents only: on some disks they are one. Throws `DUPLICATE_NAME`. */
export function checkDistinct(names: readonly string[], where: string): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    const key = nameKey(name).toLowerCase();
    const other = seen.get(key);
    if (other !== undefined) {
      const message = `${where} '${other}' and '${name}', which differ by case or the spelling of accents only.`;
      throw new ZooError('DUPLICATE_NAME', `${message} Merge or rename them.`);
    }
    seen.set(key, name);
  }
}

/** Gives the label of a class by its name, however its accents are spelled. Throws `DUPLICATE_NAME` for a class given twice. */
export function labelsByName(classNames: readonly string[]): (name: string) => number | undefined {
  const labels = new Map<string, number>();
  for (const [label, name] of classNames.entries()) {
    if (labels.has(nameKey(name))) throw new ZooError('DUPLICATE_NAME', `classNames holds '${name}' twice.`);
    labels.set(nameKey(name), label);
  }
  return (name) => labels.get(nameKey(name));
}
