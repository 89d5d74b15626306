import type { Command } from 'commander';
import type { CliIo } from '../io.ts';
import type { PluginChoice } from './load-registry.ts';

/** What every command takes. */
export interface PluginOptions {
  plugin?: readonly string[];
  plugins?: boolean;
}

const variable = 'ZOO_PLUGINS';

export function addPluginOptions(command: Command): void {
  command
    .option(
      '--plugin <name|path>',
      `run this plug-in too, a package or a path; may be repeated (or ${variable}=NAME,PATH)`,
      (text: string, before: readonly string[] = []) => [...before, text],
    )
    .option('--no-plugins', `run no plug-in but those of --plugin: none of this project, none of ${variable}`);
}

/** Splits the choice of plug-ins from a command's own options. */
export function takePluginOptions<T extends PluginOptions>(
  { plugin = [], plugins = true, ...rest }: T,
  env: CliIo['env'],
): { choice: PluginChoice; rest: Omit<T, keyof PluginOptions> } {
  const fromEnv = (env[variable] ?? '').split(',').map((text) => text.trim());
  const named = [...plugin, ...(plugins ? fromEnv : [])].filter((text) => text !== '');
  return { choice: { named, ofProject: plugins }, rest };
}
