import { describe, expect, it } from 'vitest';
import { extractExamples } from '../pack-test/examples.ts';

describe('README examples', () => {
  it('takes the js blocks that name themselves, and no others', () => {
    const markdown = [
      '```js',
      '// example: first net',
      "import '@zoo/core';",
      '```',
      '```js',
      'const fragment = true;',
      '```',
      '```ts',
      '// example: typescript does not run in Node 20',
      '```',
      '```js',
      '// example: second',
      '```',
    ].join('\n');
    expect(extractExamples(markdown, 'README.md')).toEqual([
      { name: 'first net', source: 'README.md', code: "// example: first net\nimport '@zoo/core';\n" },
      { name: 'second', source: 'README.md', code: '// example: second\n' },
    ]);
  });
});
