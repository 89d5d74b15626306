import { parseHTML } from 'linkedom';

export interface SvgElement {
  setAttribute(name: string, value: string): void;
  append(...children: unknown[]): void;
  prepend(...children: unknown[]): void;
  querySelectorAll(selector: string): Iterable<SvgElement>;
  outerHTML: string;
  textContent: string | null;
}

const svgNamespace = 'http://www.w3.org/2000/svg';

/** A document to draw in where there is no browser. */
export const newDocument = (): Document => parseHTML('<!doctype html><html><body></body></html>').document as never;

/** A new SVG element with attributes and, possibly, a text. */
export function svgElement(
  document: Document,
  name: string,
  { text, ...attributes }: Record<string, string | number>,
): SvgElement {
  const element = document.createElementNS(svgNamespace, name) as unknown as SvgElement;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== undefined) element.textContent = String(text);
  return element;
}

/** The drawing as a file of its own, on a white ground. */
export function standaloneSvg(document: Document, drawing: SvgElement): string {
  drawing.setAttribute('xmlns', svgNamespace);
  drawing.setAttribute('style', 'font-family: sans-serif');
  drawing.prepend(svgElement(document, 'rect', { width: '100%', height: '100%', fill: 'white' }));
  return drawing.outerHTML;
}
