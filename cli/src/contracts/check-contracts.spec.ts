import { Type, type TSchema } from 'typebox';
import { CONTRACTS, defineEvent, type EventContract } from '#contracts';
import { checkContracts, freeze } from './check-contracts';
import { illegalChanges, type JsonSchema } from './compare-schemas';

const SCHEMA = Type.Object({
  card: Type.String({ description: 'whose' }),
  amount: Type.Number({ minimum: 0 }),
  state: Type.Enum(['open', 'closed', 'lost']),
  note: Type.Optional(Type.String()),
  tags: Type.Array(Type.String()),
  metrics: Type.Record(Type.String(), Type.Union([Type.Number(), Type.Null()])),
  outcome: Type.Union([
    Type.Object({ kind: Type.Literal('done'), seconds: Type.Optional(Type.Number()) }),
    Type.Object({ kind: Type.Literal('failed'), message: Type.String() }),
  ]),
});
const SAMPLE = { card: 'a', amount: 1, state: 'open', tags: [], metrics: {}, outcome: { kind: 'done' } };

const contract = (change: Partial<EventContract> = {}): EventContract => ({
  ...(defineEvent({
    type: 'ingestion.payment.seen',
    version: 1,
    topic: 'ingestion.payments',
    key: 'card',
    owner: 'ingestion',
    meaning: 'An example.',
    schema: SCHEMA as TSchema,
    sample: SAMPLE,
  }) as EventContract),
  ...change,
});

const withField = (name: string, field: TSchema): TSchema =>
  Type.Object({ ...SCHEMA.properties, [name]: field });
const rulesOf = (now: EventContract, ...frozen: EventContract[]): string[] =>
  checkContracts([now], frozen.map(freeze)).map(({ rule }) => rule);

describe('a change between two versions', () => {
  const ILLEGAL: readonly (readonly [change: string, schema: TSchema, fault: string])[] = [
    ['a field turned required', withField('note', Type.String()), 'note turned required'],
    ['a new field that is required', withField('city', Type.String()), 'city turned required'],
    [
      'an enum that shrank',
      withField('state', Type.Enum(['open', 'closed'])),
      'state: "lost" is no longer allowed',
    ],
    [
      'a value of an enum that got another name',
      withField('state', Type.Enum(['open', 'closed', 'stolen'])),
      'state: "lost" is no longer allowed',
    ],
    ['a type that changed', withField('card', Type.Integer()), 'card: string became integer'],
    [
      'a number that must be whole',
      withField('amount', Type.Integer({ minimum: 0 })),
      'amount: number became integer',
    ],
    ['a type that became an enum', withField('card', Type.Literal('a')), 'card: string became "a"'],
    [
      'the type of the items of a list',
      withField('tags', Type.Array(Type.Number())),
      'tags[]: string became number',
    ],
    [
      'the type of the values of a map',
      withField('metrics', Type.Record(Type.String(), Type.Number())),
      'metrics.*: null is no longer allowed',
    ],
    ['a map that became an object', withField('metrics', Type.Object({})), 'metrics: a map became object'],
    ['a bound that narrowed', withField('amount', Type.Number({ minimum: 1 })), 'amount: minimum 0 became 1'],
    [
      'a pattern that was put on',
      withField('card', Type.String({ pattern: '^a' })),
      'card: pattern none became ^a',
    ],
    [
      'a field within one alternative turned required',
      withField(
        'outcome',
        Type.Union([
          Type.Object({ kind: Type.Literal('done'), seconds: Type.Number() }),
          SCHEMA.properties.outcome.anyOf[1],
        ]),
      ),
      'outcome.seconds turned required',
    ],
  ];
  it.each(ILLEGAL)('refuses %s', (_, schema, fault) => {
    expect(illegalChanges(freeze(contract()).schema, freeze(contract({ schema })).schema)).toEqual([fault]);
  });

  const LEGAL: readonly (readonly [change: string, schema: TSchema])[] = [
    ['a new field that may be absent', withField('city', Type.Optional(Type.String()))],
    ['a field that may be absent now', withField('card', Type.Optional(Type.String()))],
    ['an enum that grew', withField('state', Type.Enum(['open', 'closed', 'lost', 'stolen']))],
    ['an enum that became any text', withField('state', Type.String())],
    ['a type beside the one there was', withField('card', Type.Union([Type.String(), Type.Null()]))],
    ['a bound that was taken off', withField('amount', Type.Number())],
    ['a field that nobody reads any more', Type.Omit(SCHEMA, ['note'])],
  ];
  it.each(LEGAL)('allows %s', (_, schema) => {
    expect(illegalChanges(freeze(contract()).schema, freeze(contract({ schema })).schema)).toEqual([]);
  });

  it('takes a schema for compatible with itself', () => {
    for (const { schema } of CONTRACTS)
      expect(illegalChanges(schema as JsonSchema, schema as JsonSchema)).toEqual([]);
  });
});

describe('checkContracts', () => {
  it('finds nothing where code and frozen copies agree', () => {
    expect(checkContracts(CONTRACTS, CONTRACTS.map(freeze))).toEqual([]);
  });

  it('wants a frozen copy of every contract', () => {
    expect(rulesOf(contract())).toEqual(['not-frozen']);
  });

  it('refuses a shape that is not the frozen one, even a wider one', () => {
    expect(
      rulesOf(contract({ schema: withField('city', Type.Optional(Type.String())) }), contract()),
    ).toEqual(['differs']);
    expect(rulesOf(contract({ topic: 'ingestion.other' }), contract())).toEqual(['differs']);
  });

  it('tells words and order from shape', () => {
    const reworded = withField('card', Type.String({ description: 'the card that was used' }));
    expect(rulesOf(contract({ schema: reworded }), contract())).toEqual(['words']);
    expect(rulesOf(contract({ meaning: 'Another example.' }), contract())).toEqual(['words']);
    const { tags, ...others } = SCHEMA.properties;
    expect(rulesOf(contract({ schema: Type.Object({ tags, ...others }) }), contract())).toEqual(['words']);
  });

  it('does not take a field called description for words', () => {
    expect(
      rulesOf(contract({ schema: withField('description', Type.Optional(Type.String())) }), contract()),
    ).toEqual(['differs']);
  });

  it('refuses a sample that breaks its schema', () => {
    const broken = contract({ sample: { ...SAMPLE, amount: 'much' } });
    expect(checkContracts([broken], [freeze(broken)])).toEqual([
      {
        type: 'ingestion.payment.seen',
        version: 1,
        rule: 'sample',
        message:
          'its sample breaks its schema: a ingestion.payment.seen breaks its contract: /amount must be number',
      },
    ]);
  });

  it('takes a raised version that only widens, and refuses one that narrows', () => {
    const wider = contract({ version: 2, schema: withField('city', Type.Optional(Type.String())) });
    expect(rulesOf(wider, contract(), wider)).toEqual([]);
    const narrower = contract({
      version: 2,
      schema: withField('note', Type.String()),
      sample: { ...SAMPLE, note: '' },
    });
    expect(
      checkContracts([narrower], [contract(), narrower].map(freeze)).map(({ rule, message }) => [
        rule,
        message,
      ]),
    ).toEqual([['illegal-change', 'since version 1: note turned required']]);
  });

  it('takes a version that narrows when its upcaster carries old values over', () => {
    const next = { version: 2, schema: withField('note', Type.String()), sample: { ...SAMPLE, note: '' } };
    const carried = contract({ ...next, upcasters: { 1: (value) => ({ note: '', ...value }) } });
    expect(rulesOf(carried, contract(), carried)).toEqual([]);
    const lazy = contract({ ...next, upcasters: { 1: (value) => value } });
    expect(rulesOf(lazy, contract(), lazy)).toEqual(['illegal-change']);
  });

  it('misses what was frozen and is gone', () => {
    expect(checkContracts([], [freeze(contract())]).map(({ rule }) => rule)).toEqual(['gone']);
    expect(rulesOf(contract({ version: 2 }), contract({ version: 2 }))).toEqual(['gone']);
    expect(rulesOf(contract(), contract(), contract({ version: 2 }))).toEqual(['gone']);
  });
});
