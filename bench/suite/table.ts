import { ratioPeers } from './ratios.ts';
import type { CaseResult, Machine, Row } from './result.ts';

/** Three significant digits, and no digits behind the point from 100 on. */
function number(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const peerTitles: Readonly<Record<string, string>> = { pytorch: 'PyTorch', onnxruntime: 'ORT' };

interface Column {
  title: string;
  cell(row: Row): string | undefined;
}

function columns(result: CaseResult, threads: number): Column[] {
  const ratioColumns = ratioPeers.flatMap((peer): Column[] => [
    { title: `/ ${peerTitles[peer]}`, cell: (row) => row.ratio[peer]?.toFixed(2) },
    { title: `CPU / ${peerTitles[peer]}`, cell: (row) => row.cpuRatio[peer]?.toFixed(2) },
    { title: `MB / ${peerTitles[peer]}`, cell: (row) => row.peakRatio[peer]?.toFixed(2) },
  ]);
  const perSecond: Column = { title: 'images/s', cell: ({ wallMs }) => wallMs && number(1000 / wallMs.median) };
  const all: Column[] = [
    { title: 'engine', cell: (row) => mark(row, threads) },
    { title: `ms per ${result.unit}`, cell: ({ wallMs }) => wallMs && number(wallMs.median) },
    { title: 'quartiles', cell: ({ wallMs }) => wallMs && `${number(wallMs.q1)}-${number(wallMs.q3)}` },
    { title: 'CPU ms', cell: ({ cpuMs }) => cpuMs && number(cpuMs.min) },
    ...(result.unit === 'image' ? [perSecond] : []),
    {
      title: 'first ms',
      cell: ({ firstMs, wallMs }) => (wallMs && firstMs !== undefined ? number(firstMs) : undefined),
    },
    {
      title: 'compiling',
      cell: ({ compileMs, wallMs }) => (wallMs && compileMs !== undefined ? number(compileMs) : undefined),
    },
    { title: 'peak MB', cell: ({ peakMB }) => peakMB?.toFixed(0) },
    ...ratioColumns,
    { title: 'differs by', cell: ({ error, wallMs }) => (wallMs ? error?.toExponential(0) : undefined) },
  ];
  return all.filter(({ cell }) => result.rows.some((row) => cell(row) !== undefined));
}

/** `*` where no peer ran beside it, `?` where nobody could check its output. */
function mark({ engine, kind, threads, ratio, error, wallMs }: Row, wanted: number): string {
  const few = threads > 0 && threads !== wanted ? ` (${threads} thread${threads === 1 ? '' : 's'})` : '';
  if (kind === 'peer' || !wallMs) return `${engine}${few}`;
  return `${engine}${few}${Object.keys(ratio).length === 0 ? ' *' : ''}${error === undefined ? ' ?' : ''}`;
}

export interface FormatOptions {
  threads: number;
  /** Reasons for which engines of ours did not run that stand below an earlier table; new ones are added. */
  told?: Set<string>;
}

/** What did not run and why: peers below every table, engines of ours once per reason. */
function notRun(rows: readonly Row[], told: Set<string>): string[] {
  const lines: string[] = [];
  const known: string[] = [];
  for (const { engine, kind, missing, wallMs } of rows) {
    if (wallMs) continue;
    const line = `not run: ${engine}: ${missing ?? 'no rounds'}`;
    if (kind === 'ours' && told.has(line)) known.push(engine);
    else lines.push(line);
    told.add(line);
  }
  return known.length > 0 ? [...lines, `not run, as above: ${known.join(', ')}`] : lines;
}

/** One case as an aligned table, with what did not run and why below it. */
export function formatCase(result: CaseResult, { threads, told = new Set() }: FormatOptions): string {
  const measured = result.rows.filter(({ wallMs }) => wallMs);
  const shown = columns(result, threads);
  const cells = [shown.map(({ title }) => title), ...measured.map((row) => shown.map(({ cell }) => cell(row) ?? ''))];
  const widths = shown.map((_, i) => Math.max(...cells.map((line) => line[i]!.length)));
  const align = (text: string, i: number) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!));
  const lines = cells.map((line) => `  ${line.map(align).join('  ')}`.trimEnd());
  const notes: string[] = [];
  if (measured.some((row) => mark(row, threads).includes(' *'))) {
    notes.push('* no peer ran beside it: a time without a ratio says little');
  }
  if (measured.some((row) => mark(row, threads).endsWith(' ?'))) notes.push('? its output was compared with nobody');
  const busy = measured.filter(({ cpuMs, wallMs, threads: used }) => cpuMs!.median > 1.2 * used * wallMs!.median);
  if (result.unit === 'batch' || result.unit === 'step') {
    for (const { engine, threads: used } of busy)
      notes.push(`${engine} used more CPU time than ${used} thread${used === 1 ? '' : 's'} can give`);
  }
  for (const { engine, versions } of measured) {
    if (!versions['blas']?.startsWith('reference')) continue;
    notes.push(`${engine} multiplies matrices with the slow reference BLAS: its ratios flatter us (README)`);
  }
  return [
    result.title,
    ...(measured.length > 0 ? lines : []),
    ...notes.map((note) => `  ${note}`),
    ...notRun(result.rows, told).map((line) => `  ${line}`),
  ].join('\n');
}

/** What stands above all tables. */
export function formatMachine(machine: Machine, { threads, date }: { threads: number; date: string }): string {
  const { cpu, cores, memoryGB, os, node, load } = machine;
  return `${cpu}, ${cores} cores, ${memoryGB} GB, ${os}, Node ${node}, ${threads} thread${threads === 1 ? '' : 's'}, load ${load[0].toFixed(1)}, ${date}`;
}

/** Every engine that ran, with its versions. */
export function formatVersions(cases: readonly CaseResult[]): string {
  const engines = new Map<string, Readonly<Record<string, string>>>();
  for (const { engine, versions, wallMs } of cases.flatMap(({ rows }) => rows)) {
    if (wallMs) engines.set(engine, { ...engines.get(engine), ...versions });
  }
  const list = (versions: Readonly<Record<string, string>>) =>
    Object.entries(versions)
      .map((entry) => entry.join(' '))
      .join(', ');
  return [...engines].map(([engine, versions]) => `  ${engine}: ${list(versions)}`).join('\n');
}
