/** What of a schema of zod's is looked at. */
interface Definition {
  type: string;
  innerType?: unknown;
  out?: unknown;
  element?: unknown;
  options?: readonly unknown[];
  shape?: Readonly<Record<string, unknown>>;
  values?: readonly unknown[];
}

const definitionOf = (schema: unknown): Definition | undefined => (schema as { def?: Definition } | undefined)?.def;

/** Whether a member of a union told apart by `type` is the one that `value` means to be. */
function isMeant(option: unknown, value: unknown): boolean {
  const literal = definitionOf(definitionOf(option)?.shape?.['type'])?.values;
  return literal?.includes((value as { type?: unknown } | null)?.type) ?? false;
}

/** Keys that the schema allows at `path` of the data `value`. */
export function knownKeys(schema: unknown, path: readonly PropertyKey[], value: unknown): string[] {
  const definition = definitionOf(schema);
  const [first, ...rest] = path;
  switch (definition?.type) {
    case 'pipe':
      return knownKeys(definition.out, path, value);
    case 'default':
    case 'prefault':
    case 'optional':
      return knownKeys(definition.innerType, path, value);
    case 'union': {
      const options = definition.options ?? [];
      const meant = options.filter((option) => isMeant(option, value));
      return [...new Set((meant.length > 0 ? meant : options).flatMap((option) => knownKeys(option, path, value)))];
    }
    case 'array':
      // One thing alone may stand for a list of it.
      return knownKeys(definition.element, rest, Array.isArray(value) ? value[Number(first)] : value);
    case 'object': {
      const { shape = {} } = definition;
      if (first === undefined) return Object.keys(shape);
      return knownKeys(shape[String(first)], rest, (value as Record<PropertyKey, unknown> | undefined)?.[first]);
    }
    default:
      return [];
  }
}
