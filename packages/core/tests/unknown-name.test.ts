import { describe, expect, test } from 'vitest';
import { nameKey, refuseUnknown, unknownName } from '../src/base.ts';

describe('a suggestion', () => {
  test('is the nearest name', () => {
    expect(unknownName('class', 'dgo', ['cat', 'dog']).message).toMatch(/'dgo'\. Did you mean 'dog'\?/);
    expect(() => refuseUnknown('net', { widht: 1 }, ['width'])).toThrow(/Did you mean 'width'\?/);
  });

  test('never looks like what was asked for', () => {
    const [composed, apart] = ['caf\u00e9', 'cafe\u0301'];
    expect(nameKey(apart)).toBe(composed);
    const { message } = unknownName('class', composed, [apart, 'bar']);
    expect(message).toMatch(/another Unicode form, NFD/);
    expect(message).not.toMatch(/Did you mean/);
    expect(unknownName('class', apart, [composed]).message).toMatch(/another Unicode form, NFC/);
    expect(() => refuseUnknown('net', { [apart]: 1 }, [composed])).toThrow(/another Unicode form, NFC/);
  });
});
