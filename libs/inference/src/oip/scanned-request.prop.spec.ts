import * as fc from 'fast-check';
import { parseInferRequest, type InferRequest, type ModelSignature } from './infer-request';
import { decodeInferRequest } from './infer-bytes';
import { ScannedRequests } from './scanned-request';

const model: ModelSignature = { featureCount: 3, outputName: 'probability' };

const numberText = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -3e38, max: 3e38 }).map(String),
  fc.integer().map(String),
  fc.tuple(fc.integer({ min: -999, max: 999 }), fc.nat({ max: 9_999 })).map(([a, b]) => `${a}.${b}`),
  fc.constantFrom(
    'null',
    '-0',
    '0.1',
    '1e5',
    '01',
    '1.',
    '-',
    'NaN',
    '1e39',
    '"3"',
    '[1]',
    '',
    '9'.repeat(60),
  ),
);

/** What stands around the numbers, as clients write it or as nobody should. */
const frame = fc.record({
  space: fc.constantFrom('', ' ', '  ', '\n'),
  id: fc.option(fc.constantFrom('', 'a', 'é', '\\"data\\":[1]', '<numbers>'), { nil: undefined }),
  shape: fc.constantFrom('[2,3]', '[1,3]', '[3,2]', '[2, 3]', '[-1,3]', '6'),
  datatype: fc.constantFrom('FP32', 'FP32', 'FP64', 'INT64', 'BYTES'),
  before: fc.constantFrom('', '"parameters":{"data":[1,2,3]},', '"data":[9,9,9,9,9,9],', '"\\"data":[1],'),
  after: fc.constantFrom(
    '',
    ',"outputs":[{"name":"probability"}]',
    ',"parameters":{"binary_data_output":true,"entity":"C1","timeout":5}',
    ',"data":[1]',
    ',"outputs":[{"name":"other"}]',
    '}',
  ),
});

const bodyOf = (
  around: typeof frame extends fc.Arbitrary<infer F> ? F : never,
  numbers: string[],
): string => {
  const { space, id, shape, datatype, before, after } = around;
  const data = `[${numbers.join(`,${space}`)}]`;
  const tensor = `{"name":"input",${before}"shape":${shape},"datatype":"${datatype}","data":${space}${data}}`;
  return `{${id === undefined ? '' : `"id":"${id}",`}"inputs":[${tensor}]${after}}`;
};

const NO_NAN = ': it has no NaN, null says that a value is missing';

type Outcome = InferRequest | string;

const outcomeOf = (read: () => InferRequest): Outcome => {
  try {
    return read();
  } catch (error) {
    return (error as Error).message;
  }
};

const parsed = (body: string): Outcome =>
  outcomeOf(() => {
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      throw new Error(`the body is not JSON${body.includes('NaN') ? NO_NAN : ''}`);
    }
    return parseInferRequest(value, model, { maxRows: 4 });
  });

const bitsOf = (outcome: Outcome): unknown =>
  typeof outcome === 'string'
    ? outcome
    : { ...outcome, matrix: [...outcome.matrix].map((value) => (Object.is(value, -0) ? '-0' : value)) };

describe('requests read by hand', () => {
  it('are those that the parser reads, with the same refusals', () => {
    const numbers = fc.array(numberText, { minLength: 0, maxLength: 8 });
    fc.assert(
      fc.property(frame, numbers, (around, texts) => {
        const body = bodyOf(around, texts);
        const decoded = outcomeOf(() => decodeInferRequest(Buffer.from(body), model, { maxRows: 4 }));
        expect(bitsOf(decoded)).toEqual(bitsOf(parsed(body)));
      }),
      { numRuns: 3_000 },
    );
  });

  it('are read without the parser when they are as clients send them, form by form', () => {
    const numbers = fc.array(
      fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.integer(), fc.constant(null)),
      { minLength: 6, maxLength: 6 },
    );
    const plain = (value: number | null): boolean => !String(value).includes('e');
    const requests = new ScannedRequests();
    fc.assert(
      fc.property(fc.constantFrom('', ' '), fc.constantFrom('a', 'b'), numbers, (space, id, values) => {
        fc.pre(values.every(plain));
        const data = values.map((value) => (Object.is(value, -0) ? '-0' : String(value))).join(`,${space}`);
        const body = `{"id":"${id}","inputs":[{"name":"input","shape":[2,3],"datatype":"FP32","data":${space}[${data}]}]}`;
        const request = requests.read(Buffer.from(body), model, 4);
        expect(request && bitsOf(request)).toEqual(bitsOf(parsed(body)));
      }),
    );
  });
});
