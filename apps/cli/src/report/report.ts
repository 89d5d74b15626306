import { type Measurement, mostConfused } from '../net/measure.ts';
import { percent } from '../output/format-measurement.ts';
import { confusionTable } from './confusion-table.ts';
import { Html, type HtmlPart, html } from './html.ts';
import type { Sample } from './samples.ts';
import { style } from './style.ts';

/** Everything the report shows. */
export interface ReportContent {
  title: string;
  /** One line below the title. */
  subtitle: string;
  /** Figures at the top: value and what it is. */
  tiles: readonly (readonly [value: string, label: string])[];
  /** Curves of the training as SVG markup. */
  curves: string;
  measurement: Measurement;
  samples: readonly Sample[];
  mistakes: readonly Sample[];
  settings: Readonly<Record<string, string>>;
  timing: Readonly<Record<string, string>>;
  environment: Readonly<Record<string, string>>;
  files: readonly string[];
}

const list = (entries: Readonly<Record<string, string>>): Html => {
  const rows = Object.entries(entries).map(
    ([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`,
  );
  return html`<table><tbody>${rows}</tbody></table>`;
};

const figure = ({ image, actual, predicted, probability, right }: Sample): Html =>
  html`<figure${right ? '' : new Html(' class="wrong"')}><img src="${image}" alt="${actual}"><figcaption><b>${predicted}</b><span>${percent(probability)}, ${right ? 'right' : 'wrong'}</span>${right ? '' : html`<span>is ${actual}</span>`}</figcaption></figure>`;

const gallery = (title: string, samples: readonly Sample[]): HtmlPart =>
  samples.length > 0 ? html`<h2>${title}</h2><div class="samples">${samples.map(figure)}</div>` : '';

function perClassTable({ perClass }: Measurement): Html {
  const rows = perClass.map(({ name, count, accuracy }) => {
    const width = new Html(`width: ${(100 * (accuracy ?? 0)).toFixed(1)}%`);
    return html`<tr><td>${name}</td><td class="number">${count}</td><td class="number">${percent(accuracy)}<span class="bar"><i style="${width}"></i></span></td></tr>`;
  });
  return html`<table><thead><tr><th>Class</th><th class="number">Images</th><th class="number">Recognized</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function confusedTable(measurement: Measurement): HtmlPart {
  const rows = mostConfused(measurement, 10).map(
    ({ actual, predicted, count }) =>
      html`<tr><td>${actual}</td><td>${predicted}</td><td class="number">${count}</td></tr>`,
  );
  if (rows.length === 0) return html`<p>No mistakes.</p>`;
  return html`<table><thead><tr><th>Class</th><th>Taken for</th><th class="number">Times</th></tr></thead><tbody>${rows}</tbody></table>`;
}

/** The report as one HTML page that needs no other file and no network. */
export function renderReport(content: ReportContent): string {
  const { title, subtitle, tiles, curves, measurement, samples, mistakes, settings, timing, environment, files } =
    content;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<h1>${title}</h1>
<p class="sub">${subtitle}</p>
<div class="tiles">${tiles.map(([value, label]) => html`<div class="tile"><b>${value}</b><span>${label}</span></div>`)}</div>
<h2>Training</h2>
<div class="curves">${new Html(curves)}</div>
<h2>Confusion matrix</h2>
<p class="sub">Rows are the true class, columns the net's answer, on the test images.</p>
${confusionTable(measurement)}
<div class="columns">
<div><h2>Classes</h2>${perClassTable(measurement)}</div>
<div><h2>Most confused</h2>${confusedTable(measurement)}</div>
</div>
${gallery('Test images', samples)}
${gallery('Surest mistakes', mistakes)}
<div class="columns">
<div><h2>Settings</h2>${list(settings)}</div>
<div><h2>Timing</h2>${list(timing)}<h2>Environment</h2>${list(environment)}</div>
</div>
<h2>Files beside this one</h2>
<p>${files.map((file) => html`<code>${file}</code> `)}</p>
</body>
</html>
`;
  return page.text;
}
