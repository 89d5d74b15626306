import { nameKey, ZooError } from '@zoo/core';

/** An image file's captions, in the order of their numbers. */
export type CaptionsByImage = ReadonlyMap<string, readonly string[]>;

/** Gives a name as it was spelled first: the rows of one image may spell its accents differently. */
export function firstSpelling(): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    const key = nameKey(name);
    if (!known.has(key)) known.set(key, name);
    return known.get(key)!;
  };
}

/**
 * Reads a token file of Flickr8k or Flickr30k: lines `image.jpg#0<tab>caption`. Throws `CORRUPT_FILE` naming the file and
 * the line that is otherwise or repeats a number. Images keep the order of their first line.
 */
export function parseCaptions(text: string, { name = 'captions' }: { name?: string } = {}): CaptionsByImage {
  const found = new Map<string, string[]>();
  const spelled = firstSpelling();
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  for (const [at, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const fail = (message: string): ZooError => new ZooError('CORRUPT_FILE', `${name}, line ${at + 1}: ${message}`);
    const [, file, number, caption = ''] = /^(.+?)#(\d+)\t(.*)$/.exec(line) ?? [];
    if (file === undefined) throw fail('not of the form image.jpg#0<tab>caption.');
    const image = spelled(file);
    if (caption.trim() === '') throw fail(`caption ${number} of ${image} is empty.`);
    const captions = found.get(image) ?? [];
    if (captions[Number(number)] !== undefined) throw fail(`${image} has caption ${number} twice.`);
    if (Number(number) > 1000) throw fail(`${image} cannot have so many captions: number ${number}.`);
    captions[Number(number)] = caption.trim();
    found.set(image, captions);
  }
  if (found.size === 0) throw new ZooError('CORRUPT_FILE', `${name} holds no captions.`);
  for (const [image, captions] of found) found.set(image, Object.values(captions)); // closes gaps between numbers
  return found;
}

/** Captions as a token file of Flickr8k, the inverse of `parseCaptions`. */
export function formatCaptions(captions: CaptionsByImage): string {
  const lines = [...captions].flatMap(([image, texts]) => texts.map((text, i) => `${image}#${i}\t${text}`));
  return `${lines.join('\n')}\n`;
}
