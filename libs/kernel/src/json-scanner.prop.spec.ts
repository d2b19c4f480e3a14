import fc from 'fast-check';
import { JsonScanner } from './json-scanner';

const scannerOf = (text: string): JsonScanner => {
  const scanner = new JsonScanner();
  scanner.start(new TextEncoder().encode(text));
  return scanner;
};

describe('a JSON scanner', () => {
  it('reads a number as JSON.parse does, or leaves it', () => {
    const decimals = fc
      .tuple(fc.bigInt({ min: -(10n ** 22n), max: 10n ** 22n }), fc.nat({ max: 22 }))
      .map(([digits, places]) => {
        const text = `${digits < 0n ? -digits : digits}`.padStart(places + 1, '0');
        const point = text.length - places;
        return `${digits < 0n ? '-' : ''}${text.slice(0, point)}${places > 0 ? `.${text.slice(point)}` : ''}`;
      });
    const numbers = fc.oneof(
      decimals,
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
      fc.integer().map((hundredths) => JSON.stringify(hundredths / 100)),
      fc.constantFrom('0', '-0', '0.1', '5e-324', '1e21', '9007199254740993', '0.30000000000000004'),
    );
    fc.assert(
      fc.property(numbers, (text) => {
        const scanner = scannerOf(`${text},`);
        const value = scanner.number();
        if (value === undefined) {
          expect(scanner.at).toBe(0);
          expect(text).toMatch(/e/);
        } else {
          expect(value).toBe(JSON.parse(text));
          expect(scanner.passByte(44) && scanner.atEnd).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(['', '-', '01', '-01.5', '1.', '.5', '+1', 'NaN', 'null', '"1"', '1e5'])(
    'leaves what is no plain decimal: %s',
    (text) => {
      expect(scannerOf(text).number()).toBeUndefined();
    },
  );

  it('passes texts and objects of texts where nothing is escaped', () => {
    const texts = fc.oneof(fc.string(), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(texts, fc.dictionary(texts, texts), (text, object) => {
        const json = `${JSON.stringify(text)}:${JSON.stringify(object)}`;
        const scanner = scannerOf(json);
        const passed = scanner.passString() && scanner.passByte(58) && scanner.passTexts() && scanner.atEnd;
        expect(passed).toBe(!json.includes('\\'));
      }),
    );
  });

  it('says whether the text it passed is ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (first, second) => {
        const scanner = scannerOf(`${JSON.stringify(first)}${JSON.stringify(second)}`);
        for (const text of [first, second]) {
          if (!scanner.passString()) return;
          expect(scanner.ascii).toBe(Buffer.byteLength(text) === text.length);
          const json = Buffer.from(`${JSON.stringify(first)}${JSON.stringify(second)}`);
          expect(json.toString('utf8', scanner.textFrom, scanner.textTo)).toBe(
            JSON.stringify(text).slice(1, -1),
          );
        }
      }),
    );
  });

  it.each(['true', 'false', 'null', '1.5', '"text"'])('passes a scalar: %s', (text) => {
    const scanner = scannerOf(`${text},`);
    expect(scanner.passScalar() && scanner.passByte(44) && scanner.atEnd).toBe(true);
    expect(scannerOf(text).constant()).toBe(/^[tfn]/.test(text) ? JSON.parse(text) : undefined);
  });

  it.each(['', 'tru', 'nul', 'True', '{}', '[]', '1e5', '"open'])('passes no scalar: %s', (text) => {
    const scanner = scannerOf(text);
    expect(scanner.passScalar()).toBe(false);
    expect(scanner.at).toBe(0);
  });

  it.each(['"open', '"open\\"', '"a\nb"', 'x', '{"a":1}', '{"a":"b"', '{"a"}', '{,}', ''])(
    'does not pass what is neither: %s',
    (text) => {
      expect(scannerOf(text).passString()).toBe(false);
      expect(scannerOf(text).passTexts()).toBe(false);
    },
  );
});
