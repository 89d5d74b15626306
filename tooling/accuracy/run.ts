/**
 * Trains the nets of the course notes at the notes' settings and prints the notes' test accuracy beside ours.
 *
 *   pnpm accuracy [--net NAME]... [--epochs N] [--images N] [--backend B] [--cifar10 FOLDER] [--resume]
 *
 * Full Fashion-MNIST is found or downloaded by `@zoo/datasets`; CIFAR-10 is taken from a folder with the files of its binary
 * version. What is trained stays in runs/accuracy.
 */
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { processIo, run } from '@zoo/cli';
import { cifar10ToIdx } from './cifar10.ts';
import { type NoteNet, noteNets } from './nets.ts';

const { values } = parseArgs({
  options: {
    net: { type: 'string', multiple: true },
    epochs: { type: 'string' },
    images: { type: 'string' },
    backend: { type: 'string' },
    cifar10: { type: 'string' },
    resume: { type: 'boolean', default: false },
  },
});

interface Trained {
  epochs: Array<{ epoch: number; testAccuracy: number; trainAccuracy: number; seconds: number }>;
}

const folderOf = ({ net }: NoteNet): string => join('runs', 'accuracy', net);

async function dataOf({ data }: NoteNet): Promise<string> {
  return data === 'cifar10' ? cifar10ToIdx(values.cifar10!, join('runs', 'accuracy', 'cifar10')) : data;
}

/** Trains one net; undefined when the training failed or was stopped, which has been told by then. */
async function train(wanted: NoteNet): Promise<Trained | undefined> {
  const { net, lr, batchSize, resize } = wanted;
  const options = {
    data: await dataOf(wanted),
    optimizer: 'sgd',
    lr,
    momentum: 0,
    schedule: 'constant',
    'batch-size': batchSize,
    epochs: values.epochs ?? wanted.epochs,
    out: folderOf(wanted),
    ...(resize !== undefined && { resize }),
    ...(values.images !== undefined && { images: values.images }),
    ...(values.backend !== undefined && { backend: values.backend }),
  };
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const code = await run(['train', net, ...words, '--verbose', ...(values.resume ? ['--resume'] : [])], processIo());
  if (code !== 0) return undefined;
  return JSON.parse(await readFile(join(folderOf(wanted), 'history.json'), 'utf8')) as Trained;
}

const share = (value: number | undefined): string => (value === undefined ? '-' : value.toFixed(3));

function row({ net, published, epochs, remark }: NoteNet, { epochs: done }: Trained): string {
  const last = done.at(-1)!;
  const best = Math.max(...done.map(({ testAccuracy }) => testAccuracy));
  const seconds = done.reduce((sum, epoch) => sum + epoch.seconds, 0) / done.length;
  const cells = [
    net.padEnd(16),
    share(published).padStart(6),
    share(last.testAccuracy).padStart(6),
    share(best).padStart(6),
    share(last.trainAccuracy).padStart(6),
    `${last.epoch}/${values.epochs ?? epochs}`.padStart(6),
    seconds.toFixed(1).padStart(8),
  ];
  return `${cells.join('  ')}${remark ? `  (${remark})` : ''}`;
}

function chosen(): NoteNet[] {
  const names = noteNets.map(({ net }) => net);
  for (const name of values.net ?? []) {
    if (!names.includes(name)) throw new Error(`The notes train no '${name}': choose among ${names.join(', ')}.`);
  }
  return noteNets.filter(({ net, data }) => {
    if (values.net && !values.net.includes(net)) return false;
    if (data !== 'cifar10' || values.cifar10 !== undefined) return true;
    console.log(`${net} is left out: name a folder with CIFAR-10's binary files by --cifar10.`);
    return false;
  });
}

const results: Array<[NoteNet, Trained]> = [];
const wanted = chosen();
for (const net of wanted) {
  const trained = await train(net);
  if (!trained) break;
  results.push([net, trained]);
}
const changed = [
  ...(values.epochs ? [`${values.epochs} epochs`] : []),
  ...(values.images ? [`the first ${values.images} images of each split`] : []),
];
console.log(
  `\nTest accuracy on ${cpus()[0]?.model.trim()}, ${availableParallelism()} usable cores, Node ${process.version}`,
);
if (changed.length > 0) console.log(`Not the notes' settings: ${changed.join(', ')}.`);
console.log('net                notes    ours    best   train  epochs  s/epoch');
for (const [net, trained] of results) console.log(row(net, trained));
if (results.length < wanted.length || wanted.length === 0) process.exitCode = 1;
