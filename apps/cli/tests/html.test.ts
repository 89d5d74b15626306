import { expect, it } from 'vitest';
import { Html, html } from '../src/report/html.ts';

it('escapes what is put in, in text and attributes, but no markup', () => {
  const name = `<b title="x">'&'</b>`;
  expect(html`<i title="${name}">${name}</i>`.text).toBe(
    '<i title="&lt;b title=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/b&gt;">&lt;b title=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/b&gt;</i>',
  );
  expect(html`${[html`<p>${1}</p>`, new Html('<hr>'), 'a<b']}`.text).toBe('<p>1</p><hr>a&lt;b');
});
