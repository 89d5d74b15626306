import { chooseBackend, type DoctorReport, doctor, formatBytes } from '@zoo/core';
import { z } from 'zod';
import type { Command } from '../context.ts';
import { describeFailure, exitCodes } from '../exit-codes.ts';
import { checkOptions } from '../options/values.ts';
import { formatTable } from '../output/table.ts';
import { forcedBackend } from '../registry/backend.ts';
import { lyingAround } from '../registry/installed-plugins.ts';
import type { PluginStatus } from '../registry/load-registry.ts';

const schema = z.object({ backend: z.string().optional() });

const mark = { chosen: 'chosen', available: 'yes', unavailable: 'no', 'not tried': 'yes' } as const;

function format(report: DoctorReport, plugins: readonly PluginStatus[]): string {
  const backends = report.backends.map((b) => [b.name, mark[b.outcome], b.hint ? `${b.detail} (${b.hint})` : b.detail]);
  const rows = plugins.flatMap(({ package: name, origin, failure }) =>
    origin === 'built-in' ? [] : [[name, origin === 'not run' ? origin : failure ? 'failed' : 'loaded', failure ?? '']],
  );
  return [
    `Runtime    ${report.runtime}`,
    `tfjs-core  ${report.tfjs}`,
    `Backend    ${report.current ?? 'none'}`,
    `Memory     ${report.tensors} tensors, ${formatBytes(report.bytes)}`,
    '',
    formatTable({ head: ['Backend', 'Usable', 'Detail'], rows: backends }),
    ...(rows.length > 0 ? ['', formatTable({ head: ['Plug-in', 'State', 'Reason'], rows })] : []),
    ...(report.fallbackKernels.length > 0
      ? ['', `Left to plain JavaScript: ${report.fallbackKernels.join(', ')}`]
      : []),
    '',
    ...(report.problems.length > 0 ? report.problems.map((problem) => `Problem: ${problem}`) : ['No problems found.']),
  ].join('\n');
}

/** Packages that call themselves plug-ins and lie where the user works, but that neither the user nor the project names. */
async function notRun(cwd: string, ran: readonly PluginStatus[]): Promise<PluginStatus[]> {
  const known = new Set(ran.map((plugin) => plugin.package));
  const others = (await lyingAround(cwd)).filter((name) => !known.has(name));
  return others.map((name) => ({
    package: name,
    origin: 'not run',
    failure: `only what --plugin or the project's package.json names is run`,
  }));
}

/** `zoo doctor`: exit code 1 when no backend can be used. */
export const doctorCommand: Command = async ({ io, output, registry, plugins: ran }, _operands, raw) => {
  const { backend } = checkOptions(schema, raw);
  const plugins = [...ran, ...(await notRun(io.cwd, ran))];
  let refusal: string | undefined;
  let tried = new Map<string, string>();
  try {
    const choice = await chooseBackend({ registry, ...forcedBackend(backend, io.env) });
    tried = new Map(choice.tried.filter((b) => b.outcome === 'unavailable').map((b) => [b.name, b.detail]));
  } catch (error) {
    refusal = describeFailure(error).message;
  }
  const report = await doctor(registry);
  if (refusal) report.problems.push(refusal);
  // A probe can be content with a backend that then fails to start.
  for (const entry of report.backends) {
    const detail = tried.get(entry.name);
    if (detail) Object.assign(entry, { outcome: 'unavailable', detail });
  }
  for (const plugin of ran)
    if (plugin.failure) report.problems.push(`Plug-in ${plugin.package} was left out: ${plugin.failure}.`);
  output.result({ ...report, plugins }, format(report, plugins));
  return refusal ? exitCodes.error : exitCodes.ok;
};
