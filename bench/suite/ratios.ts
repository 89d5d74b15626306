import type { Row } from './result.ts';

/** The peers that rows are compared with. */
export const ratioPeers = ['pytorch', 'onnxruntime'] as const;

type Measured = Pick<Row, 'engine' | 'wallMs' | 'cpuMs' | 'peakMB'>;

/** The row's time, CPU time and memory over that of each peer which was measured in the same case. */
export function ratios(row: Measured, rows: readonly Measured[]): Pick<Row, 'ratio' | 'cpuRatio' | 'peakRatio'> {
  const ratio: Record<string, number> = {};
  const cpuRatio: Record<string, number> = {};
  const peakRatio: Record<string, number> = {};
  for (const name of ratioPeers) {
    const peer = rows.find(({ engine }) => engine === name);
    if (!peer?.wallMs || !row.wallMs || peer.engine === row.engine) continue;
    ratio[name] = row.wallMs.median / peer.wallMs.median;
    if (peer.cpuMs && row.cpuMs) cpuRatio[name] = row.cpuMs.min / peer.cpuMs.min;
    if (peer.peakMB && row.peakMB) peakRatio[name] = row.peakMB / peer.peakMB;
  }
  return { ratio, cpuRatio, peakRatio };
}
