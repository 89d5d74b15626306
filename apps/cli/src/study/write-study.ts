import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeFileAtomic } from '@zoo/weights/node';
import { renderStudyReport } from '../report/study-report.ts';
import { explainImages } from './explain-study.ts';
import { confusedImages, drawCurves, showImages } from './pictures.ts';
import type { StudyPictures } from './result.ts';
import type { FinishedStudy } from './run-study.ts';
import { saveFused } from './save-member.ts';
import { answersOf } from './scores.ts';

/** Names of what a study writes. */
const studyFiles = { results: 'results.json', report: 'report.html' } as const;

/** Absolute paths of what a study wrote. */
export interface StudyPaths {
  results: string;
  report: string;
  /** Weight files by the members' names. */
  members: Readonly<Record<string, string>>;
}

async function takePictures(study: FinishedStudy): Promise<StudyPictures> {
  const { plan, data, result, probabilities, laps } = study;
  const { labels } = data.test;
  const answers = answersOf(probabilities);
  const { measurement } = result;
  const mistakes = confusedImages({ labels, answers, measurement }, plan.report.confused);
  const curves = await drawCurves(study);
  const shown = await showImages(study, mistakes);
  laps.lap('Drawing');
  const explained = await explainImages(study, plan.report.explain);
  laps.lap('Explaining');
  return { curves, mistakes: shown, explained };
}

/** Saves every member of the ensemble as one net; returns the files' names by the members'. */
async function saveMembers({ plan, members, backbones, data, laps }: FinishedStudy): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  await mkdir(join(plan.out, 'members'), { recursive: true });
  for (const member of members) {
    const file = `members/${member.planned.backbone.replace(/[^\w.-]+/g, '-')}.safetensors`;
    await saveFused(join(plan.out, file), backbones.get(member.planned.backbone)!, member, data.classNames);
    files.set(member.planned.name, file);
  }
  laps.lap('Saving the members');
  return files;
}

/** Writes results and report into the study's folder, which the caller holds; returns their paths. */
export async function writeStudy(study: FinishedStudy): Promise<StudyPaths> {
  const { plan, result } = study;
  const members = await saveMembers(study);
  const pictures = await takePictures(study);
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(plan.out, name);
    await writeFileAtomic(path, [Buffer.from(text)]);
    return path;
  };
  const whole = {
    ...result,
    members: result.members.map((member) => {
      const own = members.get(member.name);
      return own === undefined ? member : { ...member, file: own };
    }),
  };
  const file = { name: basename(plan.path), text: plan.text };
  return {
    results: await write(studyFiles.results, `${JSON.stringify({ experiment: file.name, ...whole }, null, 2)}\n`),
    report: await write(studyFiles.report, renderStudyReport({ result: whole, pictures, file })),
    members: Object.fromEntries([...members].map(([name, path]) => [name, join(plan.out, path)])),
  };
}
