import { Html, type HtmlPart, html } from './html.ts';
import { style } from './style.ts';

/** A whole page that needs no other file and no network. */
export function page(title: string, body: HtmlPart): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`.text;
}

/** Figures at the top: value and what it is. */
export const tilesOf = (tiles: readonly (readonly [value: string, label: string])[]): Html =>
  html`<div class="tiles">${tiles.map(([value, label]) => html`<div class="tile"><b>${value}</b><span>${label}</span></div>`)}</div>`;

/** Names and values, a row each. */
export function listOf(entries: Readonly<Record<string, string>>): Html {
  const rows = Object.entries(entries).map(
    ([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`,
  );
  return html`<table><tbody>${rows}</tbody></table>`;
}

/** A bar whose length is a share of 1. */
export const bar = (share: number): Html =>
  html`<span class="bar"><i style="${new Html(`width: ${(100 * share).toFixed(1)}%`)}"></i></span>`;
