import { Html } from './html.ts';

/** Styles of the report; light and dark after the reader's system. */
export const style = new Html(`
:root { color-scheme: light dark; --text: #1c2024; --soft: #60646c; --line: #d9dce3; --back: #fff; --panel: #f6f7f9;
  --right: 37, 117, 80; --wrong: 196, 60, 40; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e8eaed; --soft: #a0a5ae; --line: #3a3f47; --back: #16181b; --panel: #1f2226; --right: 74, 180, 125; --wrong: 229, 105, 84; }
  .curves { background: #fff; color: #1c2024; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1080px; padding: 32px 24px 64px; background: var(--back); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', sans-serif; }
h1 { margin: 0; font-size: 26px; } h2 { margin: 40px 0 12px; font-size: 18px; }
.sub { margin: 4px 0 24px; color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; }
.tile { padding: 12px 16px; border-radius: 8px; background: var(--panel); }
.tile b { display: block; font-size: 22px; font-weight: 600; } .tile span { color: var(--soft); font-size: 13px; }
.curves { padding: 8px; border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; } .curves svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 0 40px; align-items: start; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 8px; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { color: var(--soft); font-weight: 500; } .number { text-align: right; }
.matrix { width: auto; } .matrix th, .matrix td { border: 0; padding: 0; white-space: nowrap; }
.matrix tbody th { padding-right: 10px; text-align: right; }
.matrix td { width: 46px; height: 34px; text-align: center; vertical-align: middle; border: 1px solid var(--back); border-radius: 4px; }
.matrix thead th { height: 92px; vertical-align: bottom; } .matrix thead div { width: 46px; transform: rotate(-45deg) translate(12px, 4px); transform-origin: left bottom; }
.bar { display: inline-block; width: 90px; height: 8px; margin-left: 8px; border-radius: 4px; background: var(--line); overflow: hidden; }
.bar i { display: block; height: 100%; background: rgb(var(--right)); }
.samples { display: grid; grid-template-columns: repeat(auto-fill, minmax(104px, 1fr)); gap: 14px 10px; }
figure { margin: 0; text-align: center; font-size: 12px; line-height: 1.35; }
figure img { width: 84px; height: 84px; image-rendering: pixelated; border-radius: 6px; border: 3px solid rgb(var(--right)); }
figure.wrong img { border-color: rgb(var(--wrong)); } figure.wrong b { color: rgb(var(--wrong)); }
figcaption span { display: block; color: var(--soft); } figcaption b { font-weight: 600; }
.samples.wide { grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); }
.small { font-size: 11px; }
tr.chosen td { font-weight: 600; background: var(--panel); }
.curve-grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 12px; }
.explanations { display: grid; grid-template-columns: repeat(auto-fill, minmax(420px, 1fr)); gap: 18px; }
.explained { display: flex; gap: 8px; flex-wrap: wrap; } .explained figure { width: 96px; }
figure.plain img { border-color: transparent; image-rendering: auto; }
pre { padding: 14px 16px; border-radius: 8px; background: var(--panel); font: 13px/1.45 ui-monospace, monospace; overflow-x: auto; }
code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
@media print { body { max-width: none; padding: 0; } h2 { break-after: avoid; } figure { break-inside: avoid; } }
`);
