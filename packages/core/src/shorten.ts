const group = (count: number): string => count.toLocaleString('en-US');

/** Half of a surrogate pair is no text. */
const whole = (text: string): string => text.replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '');

/** Text from outside for a message: what is longer than `max` characters is cut, and its length told. */
export function shorten(text: string, max = 100): string {
  if (text.length <= max) return text;
  return `${whole(text.slice(0, max))}... (${group(text.length)} characters)`;
}

/** Names for a message, separated by commas: as many as fit into `max` characters, then how many more there are. */
export function listNames(names: readonly string[], max = 2000): string {
  let text = '';
  for (const [i, name] of names.entries()) {
    const next = `${i === 0 ? '' : ', '}${shorten(name)}`;
    if (text.length + next.length > max) return `${text} and ${group(names.length - i)} more`;
    text += next;
  }
  return text;
}

/** A message as long as a screen at most: its begin and its end, which say what is wrong and what to do. */
export function boundMessage(message: string, max = 4000): string {
  if (message.length <= max) return message;
  const end = Math.floor(max / 4);
  const head = whole(message.slice(0, max - end));
  return `${head} [... ${group(message.length - max)} characters ...] ${whole(message.slice(-end))}`;
}
