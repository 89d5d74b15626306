import type { Registry } from '@zoo/core';
import type { CliIo } from './io.ts';
import type { Output } from './output/output.ts';
import type { PluginStatus } from './registry/load-registry.ts';

/** What every command is given. */
export interface CommandContext {
  io: CliIo;
  output: Output;
  registry: Registry;
  plugins: readonly PluginStatus[];
  /** Milliseconds from the program's start to the command's: Node, imports, plug-ins. */
  importTime: number;
}

/** A command: takes its operands and raw option values, and resolves to the exit code. */
export type Command = (
  context: CommandContext,
  operands: readonly string[],
  options: Readonly<Record<string, unknown>>,
) => Promise<number>;
