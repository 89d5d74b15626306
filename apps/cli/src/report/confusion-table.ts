import type { Measurement } from '../net/measure.ts';
import { Html, type HtmlPart, html } from './html.ts';

/** Green on the diagonal, red beside it, the stronger the larger the share of the row. */
function cell(count: number, { total, right, title }: { total: number; right: boolean; title: string }): Html {
  const share = total > 0 ? count / total : 0;
  // Mistakes are rare: a steeper scale makes them visible.
  const alpha = count === 0 ? 0.04 : right ? 0.15 + 0.65 * share : Math.min(0.85, 0.1 + 1.8 * share);
  const colour = new Html(`background: rgba(var(--${right ? 'right' : 'wrong'}), ${alpha.toFixed(2)})`);
  return html`<td style="${colour}" title="${title}">${count === 0 ? '' : count}</td>`;
}

/** The confusion matrix as a coloured table. */
export function confusionTable({ confusion, perClass }: Measurement): HtmlPart {
  const names = perClass.map(({ name }) => name);
  const rows = confusion.map((row, i) => {
    const total = perClass[i]!.count;
    const cells = row.map((count, j) =>
      cell(count, { total, right: i === j, title: `${names[i]} taken for ${names[j]}: ${count} of ${total}` }),
    );
    return html`<tr><th scope="row">${names[i]!}</th>${cells}</tr>`;
  });
  const head = names.map((name) => html`<th scope="col"><div>${name}</div></th>`);
  return html`<div class="scroll"><table class="matrix"><thead><tr><th></th>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
