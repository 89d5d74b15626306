import { CommanderError } from 'commander';
import type { Command } from './context.ts';
import { describeFailure, exitCodes } from './exit-codes.ts';
import { type CliIo, processIo } from './io.ts';
import { Output, type OutputOptions } from './output/output.ts';
import { printableIo, printableJson } from './output/printable.ts';
import { createProgram } from './program.ts';
import { type PluginOptions, takePluginOptions } from './registry/plugin-options.ts';
import { version } from './version.ts';

function printFailure(error: unknown, io: CliIo, options: OutputOptions & { debug?: boolean }): number {
  const { code, message, exitCode } = describeFailure(error);
  if (options.json) io.out(`${printableJson({ error: { code, message } })}\n`);
  io.err(`zoo: ${message}\n`);
  if (options.debug && error instanceof Error) {
    io.err(`${error.stack}\n`);
    if (error.cause) io.err(`Caused by: ${error.cause instanceof Error ? error.cause.stack : String(error.cause)}\n`);
  } else if (code === 'UNEXPECTED') io.err('This was not foreseen; --debug shows where it happened.\n');
  return exitCode;
}

/**
 * Runs one command line, `argv` without the program's name, and resolves to its exit code: 0 done, 1 failed, 2 the command
 * line is wrong, 130 stopped by Ctrl-C. Never rejects, and never exits the process but, with `processIo`, at a second Ctrl-C.
 */
export async function run(argv: readonly string[], streams: CliIo = processIo()): Promise<number> {
  const io = printableIo(streams);
  const started = io.startedAt ?? performance.now();
  let exitCode: number = exitCodes.ok;
  const execute = async (
    load: () => Promise<Command>,
    operands: readonly string[],
    options: OutputOptions & PluginOptions & { debug?: boolean },
  ): Promise<void> => {
    try {
      const { loadRegistry } = await import('./registry/load-registry.ts');
      const { choice, rest } = takePluginOptions(options, io.env);
      const [command, loaded] = await Promise.all([load(), loadRegistry(io.cwd, choice)]);
      const output = new Output(streams, options); // redraws lines by sequences of its own
      const importTime = performance.now() - started;
      exitCode = await command({ io, output, importTime, ...loaded }, operands, rest);
    } catch (error) {
      exitCode = printFailure(error, io, options);
    }
  };
  const program = createProgram(execute, version);
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'zoo: ')),
    });
  }
  try {
    if (argv.length === 0) {
      program.outputHelp({ error: true });
      return exitCodes.usage;
    }
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode !== 0 && argv.includes('--json')) {
        const message = error.message.replace(/^error: /, '');
        io.out(`${printableJson({ error: { code: 'USAGE', message } })}\n`);
      }
      return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    }
    return printFailure(error, io, {});
  }
}
