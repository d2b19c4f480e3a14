import { doubleToHex, highWord, lowWord } from './double-bits';
import { sha256 } from './digest';
import { exp, expm1, log, log10, log1p, log2 } from './portable-math';
import { pow } from './portable-pow';
import { Rng } from './rng';

/** Doubles between two finite values of equal sign. */
const ulps = (a: number, b: number): number => {
  if (Object.is(a, b) || (a !== a && b !== b)) return 0;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return Infinity;
  const order = (x: number): bigint => {
    const bits = (BigInt(highWord(x) >>> 0) << 32n) | BigInt(lowWord(x) >>> 0);
    return bits >> 63n ? -(bits & 0x7fffffffffffffffn) : bits;
  };
  const distance = order(a) - order(b);
  return Number(distance < 0n ? -distance : distance);
};

const rng = new Rng(20260901);
const magnitudes = (count: number, low: number, high: number): number[] =>
  Array.from(
    { length: count },
    () => (1 + rng.uniform()) * 2 ** Math.floor(low + rng.uniform() * (high - low)),
  );
const spread = (count: number, low: number, high: number): number[] =>
  Array.from({ length: count }, () => low + rng.uniform() * (high - low));

const positive = [
  ...magnitudes(4000, -1074, 1023),
  ...spread(4000, 0.3, 3),
  1,
  2,
  0.5,
  10,
  1000,
  5e-324,
  Number.MAX_VALUE,
];
const exponents = [
  ...spread(4000, -750, 720),
  ...spread(4000, -2, 2),
  ...magnitudes(500, -60, 0),
  0,
  -0,
  1,
  -1,
];
const aboveMinusOne = [
  ...positive,
  ...spread(4000, -0.9999, 0.5),
  ...magnitudes(1000, -70, -1).map((x) => -x / 2),
];
const specials = [NaN, Infinity, -Infinity, 0, -0, -1, 1, -2];

interface Case {
  readonly ours: (x: number) => number;
  readonly engine: (x: number) => number;
  readonly inputs: readonly number[];
  readonly digest: string;
}

const cases: Record<string, Case> = {
  exp: {
    ours: exp,
    engine: Math.exp,
    inputs: exponents,
    digest: 'e71f7e51f4fe65b6da57edcc0b7de091d7f99a061ef097b2e26434205461a3ed',
  },
  expm1: {
    ours: expm1,
    engine: Math.expm1,
    inputs: exponents,
    digest: 'dad2aa180400bc981d45dcc56e9d26f5fac357614ecf2eb2f45a62eb6ccdff97',
  },
  log: {
    ours: log,
    engine: Math.log,
    inputs: positive,
    digest: '79ce37a1b364136d55f60257d849a37ba18fbb8dc8a7f5a38ef0bf4b37718c5a',
  },
  log1p: {
    ours: log1p,
    engine: Math.log1p,
    inputs: aboveMinusOne,
    digest: '8537d728e8810e8ff6748e2a274c9530f80e0e7453c05b273da9ea2053e647f2',
  },
  log2: {
    ours: log2,
    engine: Math.log2,
    inputs: positive,
    digest: '605b562ec0c29181760e9e101313a94d18f05086aba1eeda07f5aa1996ab248d',
  },
  log10: {
    ours: log10,
    engine: Math.log10,
    inputs: positive,
    digest: '438af7bb6fb29d416a451e3efae1abecd665a1e710e491354274ba428563d672',
  },
};

describe.each(Object.entries(cases))('%s', (_name, { ours, engine, inputs, digest }) => {
  it('is within two ulp of the engine', () => {
    const worst = inputs
      .map((x) => ({ x, distance: ulps(ours(x), engine(x)) }))
      .filter(({ distance }) => distance > 2);
    expect(worst).toEqual([]);
  });

  it('agrees with the language on special values', () => {
    for (const x of specials) expect([x, ours(x)]).toEqual([x, engine(x)]);
  });

  it('gives the golden bits', () => {
    expect(sha256(inputs.map((x) => doubleToHex(ours(x))).join())).toBe(digest);
  });
});

describe('pow', () => {
  const pairs: [number, number][] = [
    ...magnitudes(4000, -300, 300).map((x, i): [number, number] => [x, spread(1, -3, 3)[0]! + (i % 3) - 1]),
    ...spread(4000, 0, 10).map((x): [number, number] => [x, spread(1, -40, 40)[0]!]),
    ...spread(500, -10, 10).map((x, i): [number, number] => [x, (i % 41) - 20]),
    ...spread(200, 0.999999, 1.000001).map((x): [number, number] => [x, spread(1, -1e8, 1e8)[0]!]),
    ...spread(200, 1 - 1e-10, 1 + 1e-10).map((x): [number, number] => [x, spread(1, -5e12, 5e12)[0]!]),
    ...spread(200, 1.5, 2).map((x): [number, number] => [x, -1020 - spread(1, 0, 300)[0]!]),
  ];

  it('is within two ulp of the engine', () => {
    const worst = pairs
      .map(([x, y]) => ({ x, y, distance: ulps(pow(x, y), x ** y) }))
      .filter(({ distance }) => distance > 2);
    expect(worst).toEqual([]);
  });

  it('agrees with the language on special values', () => {
    const values = [...specials, 2, 3, -3, 0.5, -0.5, 2.5, 1e300, -1e300, 5e-324, 1e17];
    const far = values
      .flatMap((x) => values.map((y) => [x, y] as const))
      .filter(([x, y]) => ulps(pow(x, y), x ** y) > 1);
    expect(far).toEqual([]);
  });

  it('is exact where the result is', () => {
    for (let n = -1074; n <= 1023; n++) expect(pow(2, n)).toBe(2 ** n);
    expect(pow(10, 22)).toBe(1e22);
    expect(pow(3, 20)).toBe(3486784401);
  });

  it('gives the golden bits', () => {
    expect(sha256(pairs.map(([x, y]) => doubleToHex(pow(x, y))).join())).toBe(
      '22479245920bc17142f04d217123147c62484069683da92cf1c7463a4214b679',
    );
  });
});
