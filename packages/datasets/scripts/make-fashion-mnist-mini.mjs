// Makes data/fashion-mnist-mini from the official files: the first images of each class, in the official order.
//
//   node scripts/make-fashion-mnist-mini.mjs FOLDER           writes the four files
//   node scripts/make-fashion-mnist-mini.mjs FOLDER --check   compares the shipped files with what FOLDER gives
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';

const [folder, flag] = process.argv.slice(2);
if (!folder) throw new Error('Name the folder that holds the four official files.');
const target = new URL('../data/fashion-mnist-mini/', import.meta.url);
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const imageBytes = 28 * 28;

function withCount(header, count, body) {
  const out = Buffer.concat([header, ...body]);
  out.writeUInt32BE(count, 4);
  return out;
}

for (const [prefix, perClass] of [
  ['train', 200],
  ['t10k', 100],
]) {
  const images = gunzipSync(readFileSync(`${folder}/${prefix}-images-idx3-ubyte.gz`));
  const labels = gunzipSync(readFileSync(`${folder}/${prefix}-labels-idx1-ubyte.gz`));
  const taken = new Array(10).fill(0);
  const chosen = [];
  for (let i = 0; i < labels.length - 8; i++) if (taken[labels[8 + i]]++ < perClass) chosen.push(i);
  const contents = {
    [`${prefix}-images-idx3-ubyte.gz`]: withCount(
      images.subarray(0, 16),
      chosen.length,
      chosen.map((i) => images.subarray(16 + i * imageBytes, 16 + (i + 1) * imageBytes)),
    ),
    [`${prefix}-labels-idx1-ubyte.gz`]: withCount(
      labels.subarray(0, 8),
      chosen.length,
      chosen.map((i) => labels.subarray(8 + i, 9 + i)),
    ),
  };
  for (const [name, content] of Object.entries(contents)) {
    // zlib writes no name and no time, so that the same content gives the same file.
    if (flag !== '--check') writeFileSync(new URL(name, target), gzipSync(content, { level: 9 }));
    const shipped = readFileSync(new URL(name, target));
    if (!gunzipSync(shipped).equals(content)) throw new Error(`${name} differs from what ${folder} gives.`);
    console.log(`${name}  ${chosen.length}  file ${sha256(shipped)}  content ${sha256(content)}`);
  }
}
