import type { Measurement } from '../net/measure.ts';
import { percent } from '../output/format-measurement.ts';
import { confusionTable } from './confusion-table.ts';
import { Html, type HtmlPart, html } from './html.ts';
import { confusedTable, perClassTable } from './measurement-parts.ts';
import { listOf, page, tilesOf } from './page.ts';
import type { Sample } from './samples.ts';

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

const figure = ({ image, actual, predicted, probability, right }: Sample): Html =>
  html`<figure${right ? '' : new Html(' class="wrong"')}><img src="${image}" alt="${actual}"><figcaption><b>${predicted}</b><span>${percent(probability)}, ${right ? 'right' : 'wrong'}</span>${right ? '' : html`<span>is ${actual}</span>`}</figcaption></figure>`;

const gallery = (title: string, samples: readonly Sample[]): HtmlPart =>
  samples.length > 0 ? html`<h2>${title}</h2><div class="samples">${samples.map(figure)}</div>` : '';

/** The report as one HTML page that needs no other file and no network. */
export function renderReport(content: ReportContent): string {
  const { title, subtitle, tiles, curves, measurement, samples, mistakes, settings, timing, environment, files } =
    content;
  const body = html`<h1>${title}</h1>
<p class="sub">${subtitle}</p>
${tilesOf(tiles)}
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
<div><h2>Settings</h2>${listOf(settings)}</div>
<div><h2>Timing</h2>${listOf(timing)}<h2>Environment</h2>${listOf(environment)}</div>
</div>
<h2>Files beside this one</h2>
<p>${files.map((file) => html`<code>${file}</code> `)}</p>`;
  return page(title, body);
}
