import type { Command } from 'commander';
import { collect } from './factory-options.ts';

const modelOptions = {
  model: ['--model <name>', 'the model; default: what the file says'],
  'num-classes': ['--num-classes <n>', 'number of classes'],
  'in-channels': ['--in-channels <n>', 'image channels, 1 grey or 3 colour'],
  'drop-rate': ['--drop-rate <p>', 'dropout before the last layer'],
  option: ['--option <key=json>', "an option of the model's own, such as growthRate=24; may be repeated"],
} as const;

/** Adds options that describe the model. */
export function addModelOptions(
  command: Command,
  names: readonly (keyof typeof modelOptions)[] = ['num-classes', 'in-channels', 'drop-rate', 'option'],
): Command {
  for (const name of names) {
    if (name === 'option') command.option(modelOptions.option[0], modelOptions.option[1], collect);
    else command.option(modelOptions[name][0], modelOptions[name][1]);
  }
  return command;
}

export function addTrainOptions(command: Command): Command {
  return command
    .requiredOption('--data <name|folder>', 'dataset, a folder of images or IDX files, a .zip or a .csv')
    .option('--resize <n>', "side that images are resized to, bilinear as PIL; default: the model's own size")
    .option('--images <n>', 'use only the first n images of each split')
    .option('--epochs <n>', 'passes over the data')
    .option('--batch-size <n>', 'images per step')
    .option('--optimizer <name>', 'sgd, adam, adamw, rmsprop, adagrad or adadelta')
    .option('--lr <x>', 'learning rate')
    .option('--momentum <x>', 'momentum of sgd and rmsprop')
    .option('--weight-decay <x>', 'weight decay')
    .option('--schedule <name>', 'learning rate over time: constant, cosine, one-cycle, step, multistep or exponential')
    .option('--warmup <epochs>', 'raise the learning rate from 0 over this many epochs first')
    .option('--label-smoothing <x>', 'share of the target given to all classes')
    .option('--clip-norm <x>', 'largest norm of the gradient')
    .option('--patience <n>', 'stop after this many epochs without a better test accuracy')
    .option('--seed <n>', 'seed of weights, order and dropout; default: 0')
    .option('--deterministic', 'prefer kernels that repeat bit for bit')
    .option('--backend <name>', 'the backend to use; default: the best available')
    .option('--out <folder>', 'where to write; default: runs/<model>-<data>')
    .option('--checkpoint-every <n>', 'steps between checkpoints; default: one per epoch')
    .option('--resume [file]', 'go on from a checkpoint; default: the one in the out folder')
    .option('--verbose', 'print progress even when the output is not a terminal');
}
