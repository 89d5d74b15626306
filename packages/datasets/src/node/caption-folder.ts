import { nameKey, ZooError } from '@zoo/core';
import { CaptionDataset } from '../caption-dataset.ts';
import { type CaptionsByImage, firstSpelling, parseCaptions } from '../captions.ts';
import { findFiles } from './find-files.ts';
import { filesFingerprint, needFolder } from './fingerprint.ts';
import type { ImageFileOptions } from './image-folder.ts';
import { readNameList } from './name-list.ts';
import { readCsv } from './read-csv.ts';
import { readText } from './read-text.ts';

export interface CaptionFolderOptions extends ImageFileOptions {
  /** Flickr8k's token file (`image.jpg#0<tab>caption`), or CSV with the header `image,caption`. */
  captions: string;
  /** Folder of the images. */
  images: string;
  /** File that lists the images to take, such as `Flickr_8k.trainImages.txt`; all that have captions unless given. */
  list?: string;
  /** Hears of captions whose image is missing; `console.warn` unless given. */
  onNotice?: (notice: string) => void;
}

async function readCaptions(path: string): Promise<CaptionsByImage> {
  const text = await readText(path);
  if (!/^"?image"?[,;\t]"?caption"?\s/.test(text)) return parseCaptions(text, { name: path });
  const rows = await readCsv(path, { columns: ['image', 'caption'] });
  const captions = new Map<string, string[]>();
  const spelled = firstSpelling();
  for (const { line, values } of rows) {
    const { image = '', caption = '' } = values;
    if (image === '' || caption === '') throw new ZooError('CORRUPT_FILE', `${path}, line ${line}: a value is empty.`);
    const name = spelled(image);
    captions.set(name, [...(captions.get(name) ?? []), caption]);
  }
  return captions;
}

/**
 * Images with captions in the files of Flickr8k. Captions of images that are not there are left out with a notice, since
 * Flickr8k itself has some; images that `list` names must have captions and be there. Throws `FILE_NOT_FOUND`,
 * `CORRUPT_FILE` naming the file and line, or `UNKNOWN_NAME` for a listed image without captions.
 */
export async function captionFolder(options: CaptionFolderOptions): Promise<CaptionDataset> {
  const { captions: file, images, list, onNotice = console.warn, ...rest } = options;
  await needFolder(images, 'captionFolder');
  const captions = await readCaptions(file);
  const listed = list === undefined ? undefined : await readNameList(list);
  const byKey = new Map([...captions].map(([name, texts]) => [nameKey(name), texts]));
  const without = listed?.find((name) => !byKey.has(nameKey(name)));
  if (without !== undefined)
    throw new ZooError('UNKNOWN_NAME', `${list} names '${without}', which has no captions in ${file}.`);
  const names = listed ?? [...captions.keys()];
  const outside = names.find((name) => /[\\/]/.test(name) || name === '..');
  if (outside !== undefined) {
    throw new ZooError('CORRUPT_FILE', `${file}: '${outside}' is no plain file name, so it may lie outside ${images}.`);
  }
  const found = await findFiles(images, names);
  const missing = names.filter((_, i) => !found[i]);
  if (missing.length === names.length || (listed && missing.length > 0)) {
    const more = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
    throw new ZooError('FILE_NOT_FOUND', `${images} lacks the image ${missing[0]}${more} of ${list ?? file}.`);
  }
  if (missing.length > 0) {
    const shown = missing.slice(0, 3).join(', ');
    onNotice(`${file}: ${missing.length} images with captions are not in ${images} and were left out: ${shown}.`);
  }
  const files = names.flatMap((name, i) => (found[i] ? [{ name, ...found[i] }] : []));
  const texts = files.map(({ name }) => byKey.get(nameKey(name))!);
  return new CaptionDataset({
    name: 'captions',
    ...rest,
    items: files.map(({ name, path }, i) => ({ name, source: path, captions: texts[i]! })),
    details: {
      format: 'captions',
      content: filesFingerprint(files),
      captions: filesFingerprint(texts.map((each) => ({ name: each.join('\n'), size: each.length }))),
    },
  });
}
