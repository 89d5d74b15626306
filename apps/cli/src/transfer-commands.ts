import type { Command as CommanderCommand } from 'commander';
import type { Command } from './context.ts';
import { addModelOptions } from './options/describe.ts';
import { collect } from './options/factory-options.ts';

type Declare = (usage: string, description: string, load: () => Promise<Command>) => CommanderCommand;
type Examples = (...lines: string[]) => string;

const dataHelp = `Data: a dataset's name (zoo list --datasets), a folder with one folder of images for each class (inside train and test,
or not), a .zip of such a folder, a .csv with the columns image and label, or a folder with the four IDX files.`;

const weightsOption = [
  '-w, --weights <source>',
  "safetensors or .pth file, https: address, hf: id, or one of the model's records",
] as const;

const addTraining = (command: CommanderCommand): CommanderCommand =>
  command
    .option('--epochs <n>', 'passes over the features')
    .option('--batch-size <n>', 'examples per step')
    .option('--optimizer <name>', 'adam, adamw or sgd')
    .option('--lr <x>', 'learning rate')
    .option('--weight-decay <x>', 'weight decay')
    .option('--drop-rate <p>', 'dropout');

/** Commands that reuse trained nets: features, heads, fine-tuning, ensembles, explanations, whole studies. */
export function addTransferCommands(command: Declare, examples: Examples): void {
  const extract = command(
    'extract <data>',
    'store the features that a trained net has for images',
    async () => (await import('./commands/extract.ts')).extractCommand,
  )
    .requiredOption('--model <name>', 'the net')
    .requiredOption(...weightsOption)
    .option('--taps <names>', 'layers whose output is stored, separated by commas', 'preLogits')
    .option('--pool <how>', 'what becomes of feature maps: avg, max or none', 'avg')
    .option('--split <name>', 'train or test; default: train, or all images where the data has no splits')
    .option('--images <n>', 'use only so many images, spread over the classes')
    .option('--batch-size <n>', 'images per batch', '32')
    .option('--skip-bad', 'leave out image files that cannot be read, naming each')
    .option(
      '--hash-files <how>',
      'whole: read image files whole to tell whether they changed, not only samples of them',
    )
    .option('--overwrite', 'extract anew where other features are stored')
    .option('--out <folder>', 'where to write; default: runs/features/<model>-<data>-<split>')
    .option('--backend <name>', 'the backend to use; default: the best available');
  addModelOptions(extract).addHelpText(
    'after',
    `\n${dataHelp}
A stopped extraction goes on where it was; features of other weights, images or transforms are refused.
${examples(
  'zoo extract photos --model resnet50 --weights IMAGENET1K_V2 --out features/resnet50',
  'zoo extract fashion-mnist-mini --split test --model lenet5_relu --weights FASHION_MNIST --taps features.6,preLogits',
)}`,
  );

  const head = command(
    'head <store>',
    'train a head on stored features, in seconds',
    async () => (await import('./commands/head.ts')).headCommand,
  )
    .option('--type <name>', 'linear, mlp, logistic or knn', 'logistic')
    .option('--hidden <widths>', 'mlp: widths of the hidden layers, such as 256,128');
  addTraining(head)
    .option('--solver <name>', 'logistic: lbfgs or adam')
    .option('--l2 <x>', 'logistic: penalty of the squared weights; default: 1 / examples')
    .option('--max-iterations <n>', 'logistic: steps of the solver')
    .option('--k <n>', 'knn: neighbours that vote')
    .option('--metric <name>', 'knn: cosine or euclidean')
    .option('--taps <names>', 'which of the stored taps; default: all')
    .option('--validation <store>', 'measure on these features; default: a share of the store')
    .option('--hold-out <share>', 'that share; 0 for none', '0.2')
    .option('--test <store>', 'measure on these features at the end')
    .option('--seed <n>', 'seed of weights, order and division; default: 0')
    .option('--out <folder>', 'where to write; default: runs/<store>-<type>')
    .option('--backend <name>', 'the backend to use; default: the best available')
    .addHelpText(
      'after',
      `\nWrites results.json, and model.safetensors: backbone and head as one net for zoo predict, evaluate and explain.
${examples(
  'zoo head features/resnet50',
  'zoo head features/resnet50 --type mlp --hidden 256 --drop-rate 0.5 --epochs 40 --test features/resnet50-test',
)}`,
    );

  const finetune = command(
    'finetune <data>',
    'train a pretrained net on images of your own, its classifier faster than the rest',
    async () => (await import('./commands/finetune.ts')).finetuneCommand,
  )
    .requiredOption('--model <name>', 'the net')
    .requiredOption(...weightsOption)
    .option('--epochs <n>', 'passes over the images', '5')
    .option('--batch-size <n>', 'images per step', '32')
    .option('--optimizer <name>', 'sgd (with momentum 0.9), adam or adamw', 'sgd')
    .option('--lr <x>', 'learning rate of the backbone', '0.001')
    .option('--head-lr <x>', 'learning rate of the classifier; default: ten times the backbone rate')
    .option('--layer-decay <x>', 'factor of the learning rate from one stage to the one before')
    .option('--unfreeze-every <epochs>', 'train the classifier alone at first, and thaw a stage every so many epochs')
    .option('--weight-decay <x>', 'weight decay')
    .option('--hold-out <share>', 'share of the images to measure on after each epoch', '0.2')
    .option('--test <data>', "measure on the test split of this data at the end; default: a dataset's own")
    .option('--images <n>', 'use only so many images of each split, spread over the classes')
    .option('--seed <n>', 'seed of the classifier, order and division; default: 0')
    .option('--deterministic', 'prefer kernels that repeat bit for bit')
    .option('--out <folder>', 'where to write; default: runs/<model>-<data>-finetuned')
    .option('--backend <name>', 'the backend to use; default: the best available')
    .option('--verbose', 'print progress even when the output is not a terminal');
  addModelOptions(finetune, ['in-channels', 'drop-rate', 'option']).addHelpText(
    'after',
    `\n${dataHelp}
${examples(
  'zoo finetune photos --model resnet18 --weights IMAGENET1K_V1 --lr 1e-4 --unfreeze-every 1',
  'zoo finetune fashion-mnist-mini --model lenet5_relu --weights FASHION_MNIST --layer-decay 0.7',
)}`,
  );

  const ensemble = command(
    'ensemble <member...>',
    'combine trained nets, or train one classifier on the features of several nets',
    async () => (await import('./commands/ensemble.ts')).ensembleCommand,
  )
    .option('--type <name>', 'of nets: soft (default), hard, weighted or stack; of feature stores: features')
    .option('--data <data>', 'nets: the images to measure on')
    .option('--split <name>', 'nets: train or test; default: test, or all images where the data has no splits')
    .option('--fit <data>', 'weighted and stack: images to fit on, their train split')
    .option('--by <aim>', 'weighted: what weights are best at, likelihood or accuracy')
    .option('--l2 <x>', 'stack: penalty of the squared weights')
    .option('--hidden <n>', 'features: width of the common space')
    .option(
      '--test <store>',
      'features: measure on these stores, in the order of the members; may be repeated',
      collect,
    )
    .option('--hold-out <share>', 'features: share of the stores to measure on', '0.2')
    .option('--images <n>', 'nets: use only so many images, spread over the classes');
  addTraining(ensemble)
    .option('--seed <n>', 'seed of weights, order and division; default: 0')
    .option('--out <folder>', 'features: where to write; default: runs/ensemble')
    .option('--backend <name>', 'the backend to use; default: the best available')
    .addHelpText(
      'after',
      `\nMembers are weight files or run folders that say which net they hold, or feature stores of the same images.
${examples(
  'zoo ensemble runs/resnet50-logistic runs/densenet121-logistic --data photos',
  'zoo ensemble features/resnet50 features/densenet121 --hidden 256 --epochs 20',
)}`,
    );

  const explain = command(
    'explain <image>',
    'show what a net looks at: Grad-CAM and saliency as a PNG file',
    async () => (await import('./commands/explain.ts')).explainCommand,
  )
    .requiredOption(...weightsOption)
    .option('--class <name>', 'the class to explain, by name or number; default: the likeliest')
    .option('--layer <name>', 'feature maps that Grad-CAM weighs; default: the last ones')
    .option('--out <file>', 'where to write', 'heat.png')
    .option('--backend <name>', 'the backend to use; default: the best available');
  addModelOptions(explain, ['model', 'num-classes', 'in-channels', 'option']).addHelpText(
    'after',
    `\nThe file has three pictures: the image as the net sees it, Grad-CAM over it, and saliency.
${examples(
  'zoo explain photo.jpg --model resnet50 --weights IMAGENET1K_V2',
  'zoo explain shirt.png --weights runs/demo/members/resnet18_d2l.safetensors --class Shirt --out shirt-heat.png',
)}`,
  );

  command(
    'run <experiment>',
    'reproduce a whole study from its file, YAML or JSON',
    async () => (await import('./commands/run.ts')).runCommand,
  )
    .option('--dry-run', 'print the plan and do nothing')
    .option('--out <folder>', 'where to write; default: what the file says, else runs/<its name> beside it')
    .option('--overwrite', 'extract all features anew')
    .option('--backend <name>', 'the backend to use; default: what the file says, else the best available')
    .option('--verbose', 'print progress even when the output is not a terminal')
    .addHelpText(
      'after',
      `\nWrites features/ (used again while nothing changes), members/, results.json and report.html.
${examples('zoo run experiment.yaml --dry-run', 'zoo run experiment.yaml')}`,
    );
}
