import fc from 'fast-check';
import { cutJsonArray, cutLines, trimmed } from './cut-json-array';

const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/);
const seed = Number(process.env.PROPERTY_SEED ?? Date.now() % 2_147_483_647);

it('gives each element of any array as it was written', () => {
  const element = fc.tuple(space, fc.json({ maxDepth: 4 }), space);
  fc.assert(
    fc.property(fc.array(element, { maxLength: 8 }), (elements) => {
      const body = Buffer.from(`[${elements.map((parts) => parts.join('')).join(',')}]`);
      expect(cutJsonArray(body)!.map(String)).toEqual(elements.map(([, json]) => json.trim()));
    }),
    { seed },
  );
});

it('agrees with JSON.parse on what is an array, or leaves the doubt to the elements', () => {
  const text = fc.stringMatching(/^[[\]{}",:\\1a ]{0,12}$/);
  fc.assert(
    fc.property(text, (inner) => {
      const body = `[${inner}]`;
      let parsed: unknown[] | undefined;
      try {
        parsed = JSON.parse(body) as unknown[];
      } catch {
        parsed = undefined;
      }
      const cut = cutJsonArray(Buffer.from(body));
      if (parsed) expect(cut!.map((json) => JSON.parse(String(json)) as unknown)).toEqual(parsed);
      else for (const json of cut ?? []) expect(body).toContain(String(json));
    }),
    { seed },
  );
});

it.each(['', '{}', '[', '[1', '[1,]', '[,1]', '[1,,2]', '[1]x', '["a]', '[{]'])('does not cut %s', (body) => {
  expect(cutJsonArray(Buffer.from(body))).toBeUndefined();
});

it('cuts an element that is no JSON, for the inbox keeps what was sent', () => {
  expect(cutJsonArray(Buffer.from('[{"a":1}, {bad} ,"x\\"]"]'))!.map(String)).toEqual([
    '{"a":1}',
    '{bad}',
    '"x\\"]"',
  ]);
});

it('cuts a body of 16 MiB that opens brackets only without taking long', () => {
  expect(cutJsonArray(Buffer.alloc(1 << 24, '['))).toBeUndefined();
});

it('cuts lines, whatever ends them, and passes over empty ones', () => {
  expect(cutLines(Buffer.from('{"a":1}\r\n\n  {"b":2}\n{bad')).map(String)).toEqual([
    '{"a":1}',
    '{"b":2}',
    '{bad',
  ]);
  expect(cutLines(Buffer.alloc(0))).toEqual([]);
  expect(trimmed(Buffer.from(' \n')).length).toBe(0);
});

it('stops behind the most that may be', () => {
  expect(cutJsonArray(Buffer.from('[1,2,3,4]'), 4)!.length).toBe(4);
  expect(cutJsonArray(Buffer.from('[1,2,3,4,5,6'), 4)!.length).toBe(5);
  expect(cutLines(Buffer.from('1\n2\n3\n4\n'), 4).length).toBe(4);
  expect(cutLines(Buffer.from('1\n2\n3\n4\n5\n6\n'), 4).length).toBe(5);
});
