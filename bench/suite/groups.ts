import { ZooError } from '@zoo/core';
import type { CaseResult } from './result.ts';

export const groupNames = ['inference', 'training', 'features', 'first', 'loader'] as const;
export type GroupName = (typeof groupNames)[number];

/** What is timed in one table, before anything about machines, files or engines. */
export interface Case {
  group: GroupName;
  net: string;
  batch: number;
  size: number;
  unit: CaseResult['unit'];
  /** JPEG files that one iteration reads; 0 for groups without files. */
  images: number;
}

interface Group {
  /** What one number is. */
  measures: string;
  unit: CaseResult['unit'];
  rounds: number;
  nets: readonly string[];
  /** Batches and sizes of a net; `quick` ones run in seconds. */
  shapes(net: string, quick: boolean): ReadonlyArray<{ batch: number; size: number }>;
}

const sizeOf = (net: string): number => (net === 'inception_v3' ? 299 : 224);
const quickSizeOf = (net: string): number => (net === 'inception_v3' ? 107 : 64);

/** All groups: what they measure and which cases they have. */
export const groups: Readonly<Record<GroupName, Group>> = {
  inference: {
    measures: 'one forward pass, output read',
    unit: 'batch',
    rounds: 7,
    nets: ['resnet18', 'resnet50', 'densenet121', 'inception_v3', 'vgg16'],
    shapes: (net, quick) =>
      quick ? [{ batch: 2, size: quickSizeOf(net) }] : [1, 8, 32].map((batch) => ({ batch, size: sizeOf(net) })),
  },
  training: {
    measures: 'forward, backward and SGD update, loss read',
    unit: 'step',
    rounds: 7,
    nets: ['lenet5_relu', 'resnet18', 'densenet121'],
    shapes: (net, quick) => {
      if (net === 'lenet5_relu') return [{ batch: quick ? 8 : 256, size: 28 }];
      if (quick) return [{ batch: 2, size: 64 }];
      return net === 'resnet18'
        ? [
            { batch: 8, size: 96 },
            { batch: 8, size: 224 },
          ]
        : [{ batch: 8, size: 96 }];
    },
  },
  features: {
    measures: 'JPEG files to features: read, decode, resize, crop, normalize, net without its classifier',
    unit: 'image',
    rounds: 3,
    nets: ['resnet18'],
    shapes: (_, quick) => [{ batch: quick ? 4 : 32, size: 224 }],
  },
  first: {
    measures: 'a new process to its first output: imports, engine, weights from a file, one image',
    unit: 'start',
    rounds: 5,
    nets: ['resnet18'],
    shapes: (net, quick) => [{ batch: 1, size: quick ? quickSizeOf(net) : sizeOf(net) }],
  },
  loader: {
    measures: 'JPEG files to batches: read, decode, resize, crop, normalize',
    unit: 'image',
    rounds: 5,
    nets: ['resnet18'],
    shapes: (_, quick) => [{ batch: quick ? 4 : 32, size: 224 }],
  },
};

const quickNets: Readonly<Record<GroupName, readonly string[]>> = {
  inference: ['resnet18'],
  training: ['lenet5_relu'],
  features: ['resnet18'],
  first: ['resnet18'],
  loader: ['resnet18'],
};

export const netNames: readonly string[] = [...new Set(groupNames.flatMap((name) => groups[name].nets))];

export interface CaseFilter {
  groups: readonly GroupName[];
  /** Only these nets, of those that a group has. */
  nets?: readonly string[] | undefined;
  /** These batch sizes instead of the group's. */
  batches?: readonly number[] | undefined;
  images: number;
  quick: boolean;
}

/** The cases that a filter leaves, group by group. */
export function casesOf({ groups: names, nets, batches, images, quick }: CaseFilter): Case[] {
  const cases = names.flatMap((group) => {
    const { unit, nets: known, shapes } = groups[group];
    const wanted = nets ? known.filter((net) => nets.includes(net)) : quick ? quickNets[group] : known;
    return wanted.flatMap((net) => {
      const usual = shapes(net, quick);
      const sizes = [...new Set(usual.map(({ size }) => size))];
      const chosen =
        batches && group !== 'first' ? sizes.flatMap((size) => batches.map((batch) => ({ batch, size }))) : usual;
      return chosen.map((shape) => ({ group, net, ...shape, unit, images: unit === 'image' ? images : 0 }));
    });
  });
  if (cases.length === 0) {
    const known = names.map((group) => `${group} has ${groups[group].nets.join(', ')}`).join('; ');
    throw new ZooError('INVALID_ARGUMENT', `Nothing to run: ${known}, none of them ${nets?.join(' or ')}.`);
  }
  return cases;
}

/** A table's headline. */
export const caseTitle = ({ group, net, batch, size, images }: Case): string =>
  group === 'loader'
    ? `loader: ${images} JPEG files, batch ${batch}, ${size}x${size}`
    : `${group}: ${net}, ${images > 0 ? `${images} JPEG files, ` : ''}batch ${batch}, ${size}x${size}`;
