import fc from 'fast-check';
import { jsonString } from './json-text';

describe('jsonString', () => {
  it('gives what JSON.stringify gives', () => {
    const texts = fc.oneof(
      fc.string({ maxLength: 80 }),
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
    );
    fc.assert(fc.property(texts, (text) => expect(jsonString(text)).toBe(JSON.stringify(text))));
  });
});
