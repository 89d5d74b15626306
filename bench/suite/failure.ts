/**
 * Why a process ended, out of what it wrote to its standard error: the line that names the error, without the source code
 * and the stack around it, and the next one where it announces a list; otherwise the last line.
 */
export function reasonIn(text: string): string | undefined {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const errors = lines.filter((line) => /^\w*Error\b.*:/.test(line));
  const last = errors.at(-1);
  if (last === undefined) return lines.at(-1);
  const named = last.replace(/^\w*Error(?: \[\w+\])?: /, '');
  return named.endsWith(':') ? `${named} ${lines[lines.lastIndexOf(last) + 1] ?? ''}`.trim() : named;
}
