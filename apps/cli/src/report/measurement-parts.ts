import { type Measurement, mostConfused } from '../net/measure.ts';
import { percent } from '../output/format-measurement.ts';
import { type Html, type HtmlPart, html } from './html.ts';
import { bar } from './page.ts';

/** Images and accuracy of every class. */
export function perClassTable({ perClass }: Measurement): Html {
  const rows = perClass.map(
    ({ name, count, accuracy }) =>
      html`<tr><td>${name}</td><td class="number">${count}</td><td class="number">${percent(accuracy)}${bar(accuracy ?? 0)}</td></tr>`,
  );
  return html`<table><thead><tr><th>Class</th><th class="number">Images</th><th class="number">Recognized</th></tr></thead><tbody>${rows}</tbody></table>`;
}

/** Pairs of classes by how often one was taken for the other. */
export function confusedTable(measurement: Measurement): HtmlPart {
  const rows = mostConfused(measurement, 10).map(
    ({ actual, predicted, count }) =>
      html`<tr><td>${actual}</td><td>${predicted}</td><td class="number">${count}</td></tr>`,
  );
  if (rows.length === 0) return html`<p>No mistakes.</p>`;
  return html`<table><thead><tr><th>Class</th><th>Taken for</th><th class="number">Times</th></tr></thead><tbody>${rows}</tbody></table>`;
}
