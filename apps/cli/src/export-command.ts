import type { Command as CommanderCommand } from 'commander';
import type { Command } from './context.ts';
import { addModelOptions } from './options/describe.ts';

type Declare = (usage: string, description: string, load: () => Promise<Command>) => CommanderCommand;

/** Adds `zoo export`. */
export function addExportCommand(command: Declare, examples: (...lines: string[]) => string): void {
  const made = command(
    'export <model>',
    'write a model as an ONNX file, for ONNX Runtime and others',
    async () => (await import('./commands/export.ts')).exportCommand,
  );
  addModelOptions(made, ['num-classes', 'in-channels', 'option'])
    .requiredOption(
      '-w, --weights <source>',
      "safetensors (also in shards) or .pth file, https: address, hf: id, or one of the model's records",
    )
    .option('-o, --out <file>', 'the file to write; default: <model>.onnx')
    .option('--input <shape>', "input shape in the file's layout; default: one image of the model's own size")
    .option('--layout <order>', 'axis order of images in the file, nchw or nhwc', 'nchw')
    .option('--dynamic-batch', 'leave the number of images open')
    .option('--no-fold', 'keep batch norms as nodes of their own')
    .addHelpText(
      'after',
      examples(
        'zoo export resnet50 --weights IMAGENET1K_V2 -o resnet50.onnx',
        'zoo export lenet5_relu --weights runs/lenet5_relu-fashion-mnist-mini/best.safetensors --dynamic-batch',
      ),
    );
}
