import { resolve } from 'node:path';
import { z } from 'zod';
import type { Command } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { readExperiment } from '../experiment/read-experiment.ts';
import { checkOptions } from '../options/values.ts';
import { shownPath, withOutputFolder } from '../output/output-folder.ts';
import { formatStandings } from '../output/standings.ts';
import { formatPlan, planStudy } from '../study/plan.ts';
import { runStudy } from '../study/run-study.ts';
import { writeStudy } from '../study/write-study.ts';

const schema = z.object({
  dryRun: z.boolean().default(false),
  out: z.string().optional(),
  overwrite: z.boolean().default(false),
  backend: z.string().optional(),
});

/** `zoo run EXPERIMENT`. */
export const runCommand: Command = async ({ io, output, registry }, [path = ''], raw) => {
  const { dryRun, out, overwrite, backend } = checkOptions(schema, raw);
  const file = await readExperiment(resolve(io.cwd, path));
  const plan = planStudy(file, { out, overwrite, backend, cwd: io.cwd, registry });
  if (dryRun) {
    output.result(plan, formatPlan(plan, { cwd: io.cwd }));
    return exitCodes.ok;
  }
  return withOutputFolder(io.cwd, plan.out, async () => {
    const study = await runStudy(plan, { io, output, registry });
    try {
      const files = await writeStudy(study);
      const { result } = study;
      const shown = shownPath(io.cwd, files.report);
      output.result({ ...result, files }, `${formatStandings(result)}\n\nreport  ${shown}`);
      return exitCodes.ok;
    } finally {
      study.dispose();
    }
  });
};
