import { percent } from '../output/format-measurement.ts';
import type { Explained, ShownImage, Standing, StudyPictures, StudyResult } from '../study/result.ts';
import { confusionTable } from './confusion-table.ts';
import { Html, type HtmlPart, html } from './html.ts';
import { confusedTable, perClassTable } from './measurement-parts.ts';
import { bar, listOf, page, tilesOf } from './page.ts';

export interface StudyReportContent {
  result: StudyResult;
  pictures: StudyPictures;
  /** The experiment file: its name and text. */
  file: { name: string; text: string };
}

const seconds = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} s`;
const count = (n: number): string => n.toLocaleString('en-US');

function standingRow(standing: Standing, { kind, chosen }: { kind: string; chosen: boolean }): Html {
  const { name, detail, validation, test } = standing;
  return html`<tr${chosen ? new Html(' class="chosen"') : ''}><td>${name}</td><td>${kind}</td><td>${detail}</td><td class="number">${percent(validation.accuracy)}</td><td class="number">${percent(test.accuracy)}${bar(test.accuracy)}</td><td class="number">${test.loss.toFixed(3)}</td><td class="number">${seconds(standing.seconds)}</td></tr>`;
}

function accuracyTable({ members, ensembles }: StudyResult): Html {
  const rows = [
    ...members.map((member) => standingRow(member, { kind: 'member', chosen: false })),
    ...ensembles.map((ensemble) => standingRow(ensemble, { kind: 'ensemble', chosen: ensemble.chosen })),
  ];
  return html`<div class="scroll"><table><thead><tr><th>Name</th><th>Kind</th><th>How</th><th class="number">Validation</th><th class="number">Test</th><th class="number">Test loss</th><th class="number">Fitted in</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

const caption = ({ actual, predicted, probability, right }: ShownImage): Html =>
  html`<b>${predicted}</b><span>${percent(probability)}, ${right ? 'right' : 'wrong'}</span>${right ? '' : html`<span>is ${actual}</span>`}`;

const wrong = ({ right }: ShownImage): HtmlPart => (right ? '' : new Html(' class="wrong"'));

const mistake = (shown: ShownImage): Html =>
  html`<figure${wrong(shown)}><img src="${shown.image}" alt="${shown.actual}"><figcaption>${caption(shown)}${shown.members.map(({ name, answer }) => html`<span class="small">${name}: ${answer}</span>`)}</figcaption></figure>`;

const explanation = (shown: Explained): Html =>
  html`<div class="explained"><figure${wrong(shown)}><img src="${shown.image}" alt="${shown.actual}"><figcaption>${caption(shown)}</figcaption></figure>${shown.maps.map(({ name, image }) => html`<figure class="plain"><img src="${image}" alt="What ${name} looks at"><figcaption><span>${name}</span></figcaption></figure>`)}</div>`;

function pictureParts({ curves, mistakes, explained }: StudyPictures): HtmlPart {
  return [
    curves.length > 0
      ? html`<h2>Training of the heads</h2><div class="curve-grid">${curves.map(({ svg }) => html`<div class="curves">${new Html(svg)}</div>`)}</div>`
      : '',
    mistakes.length > 0
      ? html`<h2>Most-confused images</h2><p class="sub">Mistakes of the ensemble on the test images, those of the classes it confuses most first, with what each member said.</p><div class="samples wide">${mistakes.map(mistake)}</div>`
      : '',
    explained.length > 0
      ? html`<h2>What the members look at</h2><p class="sub">Grad-CAM: the warmer a place, the more it spoke for the ensemble's answer; in a map without colour, no place did.</p><div class="explanations">${explained.map(explanation)}</div>`
      : '',
  ];
}

function tiles({ members, ensembles, measurement, data, timing }: StudyResult): [string, string][] {
  const best = members.reduce((a, b) => (b.test.accuracy > a.test.accuracy ? b : a));
  const chosen = ensembles.find((ensemble) => ensemble.chosen);
  const total = Object.values(timing).reduce((a, b) => a + b, 0);
  return [
    [percent(measurement.accuracy), `test accuracy of the ensemble${chosen ? ` (${chosen.name})` : ''}`],
    [percent(best.test.accuracy), `best member: ${best.name}`],
    [percent(measurement.topK.accuracy), `top ${measurement.topK.k} of the ensemble`],
    [count(data.train), 'training images'],
    [count(data.test), 'test images'],
    [seconds(total), 'in all'],
  ];
}

/** The report of a study as one HTML page that needs no other file and no network. */
export function renderStudyReport({ result, pictures, file }: StudyReportContent): string {
  const { title, data, measurement, timing, environment, seed } = result;
  const times = Object.fromEntries(Object.entries(timing).map(([what, time]) => [what, seconds(time)]));
  const body = html`<h1>${title}</h1>
<p class="sub">${count(data.train)} training, ${count(data.validation)} validation and ${count(data.test)} test images in ${data.classNames.length} classes; seed ${seed}.</p>
${tilesOf(tiles(result))}
<h2>Accuracy</h2>
<p class="sub">Heads and the ensemble were chosen on the validation images; the test images serve for these figures alone.</p>
${accuracyTable(result)}
<h2>Confusion matrix</h2>
<p class="sub">Rows are the true class, columns the ensemble's answer, on the test images.</p>
${confusionTable(measurement)}
<div class="columns">
<div><h2>Classes</h2>${perClassTable(measurement)}</div>
<div><h2>Most confused</h2>${confusedTable(measurement)}</div>
</div>
${pictureParts(pictures)}
<div class="columns">
<div><h2>Timing</h2>${listOf(times)}</div>
<div><h2>Environment</h2>${listOf(environment)}</div>
</div>
<h2>Experiment</h2>
<p class="sub">${file.name}</p>
<pre>${file.text}</pre>`;
  return page(title, body);
}
