import { Command as CommanderCommand } from 'commander';
import type { Command } from './context.ts';
import { addExportCommand } from './export-command.ts';
import { addModelOptions, addTrainOptions } from './options/describe.ts';
import { addPluginOptions } from './registry/plugin-options.ts';
import { addTransferCommands } from './transfer-commands.ts';

export type RunCommand = (
  load: () => Promise<Command>,
  operands: readonly string[],
  options: Readonly<Record<string, unknown>>,
) => Promise<void>;

const examples = (...lines: string[]): string => `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;

/** The command tree; commands themselves are loaded when they run. */
export function createProgram(run: RunCommand, version: string): CommanderCommand {
  const program = new CommanderCommand('zoo')
    .description('Vision nets that train, transfer, predict and explain, on any backend.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .showSuggestionAfterError(true)
    .addHelpText(
      'after',
      `${examples(
        'zoo doctor',
        'zoo train lenet5_relu --data fashion-mnist-mini',
        'zoo evaluate runs/lenet5_relu-fashion-mnist-mini/best.safetensors --data fashion-mnist-mini',
        'zoo run experiment.yaml',
      )}

Exit codes: 0 done, 1 failed, 2 the command line is wrong, 130 stopped by Ctrl-C.
Environment: ZOO_BACKEND names the backend to use, ZOO_PLUGINS plug-ins to run, separated by commas.`,
    );

  const command = (usage: string, description: string, load: () => Promise<Command>): CommanderCommand => {
    const made = program
      .command(usage)
      .description(description)
      .option('--json', 'print one JSON document instead of text')
      .option('-q, --quiet', 'print the result alone, no progress')
      .option('--debug', 'print the stack trace of an error')
      .allowExcessArguments(false);
    addPluginOptions(made);
    made.action((...args: unknown[]) => {
      const operands = args.slice(0, -2).flat() as Array<string | undefined>;
      return run(
        load,
        operands.filter((operand) => operand !== undefined),
        args.at(-2) as Record<string, unknown>,
      );
    });
    return made;
  };

  command(
    'doctor',
    'say what works here, what does not, and why',
    async () => (await import('./commands/doctor.ts')).doctorCommand,
  )
    .option('--backend <name>', 'the one backend to try')
    .addHelpText('after', examples('zoo doctor', 'ZOO_BACKEND=wasm zoo doctor --json'));

  command(
    'list [pattern]',
    "list models; the pattern may hold '*'",
    async () => (await import('./commands/list.ts')).listCommand,
  )
    .option('--datasets', 'list datasets instead')
    .option('--backends', 'list backends instead')
    .addHelpText('after', examples("zoo list 'lenet*'", 'zoo list --datasets'));

  const summary = command(
    'summary <model>',
    'print output shape, parameters, multiply-adds and memory of each layer',
    async () => (await import('./commands/summary.ts')).summaryCommand,
  );
  addModelOptions(summary)
    .option('--input <shape>', "input shape; default: one image of the model's own size")
    .option('--layout <order>', 'axis order of the shapes, nchw or nhwc', 'nhwc')
    .option('--stages', "one row for each of the net's direct parts, the same as --depth 1")
    .option('--depth <n>', 'one row for each part n levels down, instead of one for each layer')
    .addHelpText(
      'after',
      examples(
        'zoo summary lenet5 --input 1,1,28,28 --layout nchw',
        'zoo summary googlenet_d2l --stages --layout nchw',
        'zoo summary densenet_d2l --option blocks=[4,4,4] --option growthRate=24',
        'zoo summary mlp --json',
      ),
    );

  const train = command(
    'train <model>',
    'train a model on labelled images',
    async () => (await import('./commands/train.ts')).trainCommand,
  );
  addTrainOptions(addModelOptions(train, ['drop-rate', 'option'])).addHelpText(
    'after',
    `\nWrites checkpoint.safetensors (to resume), best.safetensors and model.safetensors (weights), history.json,
curves.svg, curves.png and report.html. Ctrl-C saves; --resume goes on from there.
${examples(
  'zoo train lenet5_relu --data fashion-mnist-mini',
  'zoo train lenet_bn --data fashion-mnist --optimizer sgd --lr 1 --momentum 0 --batch-size 256 --epochs 10',
  'zoo train mlp --data ./my-digits --schedule cosine --out runs/digits',
  'zoo train densenet_d2l --data fashion-mnist-mini --resize 32 --option blocks=[4,4,4] --option growthRate=24',
  'zoo train lenet5_relu --data fashion-mnist-mini --resume',
)}`,
  );

  const evaluate = command(
    'evaluate <weights>',
    'measure a trained model on labelled images',
    async () => (await import('./commands/evaluate.ts')).evaluateCommand,
  );
  addModelOptions(evaluate, ['model', 'num-classes', 'in-channels', 'option'])
    .requiredOption('--data <name|folder>', 'dataset, a folder of images or IDX files, a .zip or a .csv')
    .option('--split <name>', 'train or test; default: test, or all images where the data has no splits')
    .option('--resize <n>', 'side that images are resized to; default: the size of the training')
    .option('--images <n>', 'use only the first n images')
    .option('--top-k <k>', 'also count an answer among the k likeliest as right')
    .option('--batch-size <n>', 'images per batch', '256')
    .option('--backend <name>', 'the backend to use; default: the best available')
    .addHelpText(
      'after',
      examples('zoo evaluate runs/lenet5_relu-fashion-mnist-mini/best.safetensors --data fashion-mnist-mini'),
    );

  const predict = command(
    'predict <image...>',
    'name what is on images of any size (JPEG, PNG, WebP, GIF, TIFF, AVIF)',
    async () => (await import('./commands/predict.ts')).predictCommand,
  );
  addModelOptions(predict, ['model', 'num-classes', 'in-channels', 'option'])
    .option(
      '-w, --weights <source>',
      "safetensors (also in shards) or .pth file, https: address, hf: id, or one of the model's records",
    )
    .option('--top-k <k>', 'answers per image; default: 5, or 3 for several images')
    .option('--timing', 'print where the time went, also when the output is not a terminal')
    .option('--backend <name>', 'the backend to use; default: the best available')
    .addHelpText(
      'after',
      `\nWithout --weights, the first file holds the weights: 'zoo predict WEIGHTS IMAGE...'.\n${examples(
        'zoo predict photo.jpg --model resnet50 --weights IMAGENET1K_V2',
        'zoo predict photo.jpg --model resnet18 --weights hf:timm/resnet18.a1_in1k',
        'zoo predict shirt.png boot.png --weights runs/lenet5_relu-fashion-mnist-mini/best.safetensors',
      )}`,
    );

  addTransferCommands(command, examples);
  addExportCommand(command, examples);

  return program;
}
