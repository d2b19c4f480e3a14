import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isPlatformError } from '#kernel';
import {
  compileFeatureService,
  compileProject,
  definitionDigest,
  diffDefinitions,
  formatDiff,
  loadDefinitions,
  loadDefinitionValues,
  type Definition,
  type LoadedDefinitions,
} from '.';

const SMALLEST = readFileSync(join(__dirname, 'golden', 'smallest.yaml'), 'utf8');
const load = (text: string, known?: readonly Definition[]): LoadedDefinitions =>
  loadDefinitions([{ path: 'p.yaml', text }], { known });
const changed = (from: string, to: string): string => {
  expect(SMALLEST).toContain(from);
  return SMALLEST.replace(from, to);
};
const refusal = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    if (isPlatformError(error))
      return { code: error.code, faults: error.details['faults'], message: error.message };
    throw error;
  }
  return 'nothing was refused';
};
/** As the registry keeps them. */
const stored = ({ project }: LoadedDefinitions): Definition[] =>
  JSON.parse(
    JSON.stringify(project.definitions.map(({ kind, name, spec }) => ({ kind, name, spec }))),
  ) as Definition[];

const KNOWN = stored(load(SMALLEST));
const documentOf = (kind: string, text = SMALLEST): string =>
  text.split('---\n').find((document) => document.startsWith(`kind: ${kind}\n`))!;

describe('refusal', () => {
  it('lists every fault, with its place', () => {
    expect(refusal(() => load('kind: Stream\nname: s\nspec: { kye: a }\n'))).toEqual({
      code: 'PLAYHEAD_DEFINITION_INVALID',
      message:
        'the definitions have 5 faults:\n' +
        '  p.yaml:3:1 Stream s: missing `key` in spec\n' +
        '  p.yaml:3:1 Stream s: missing `id` in spec\n' +
        '  p.yaml:3:1 Stream s: missing `time` in spec\n' +
        '  p.yaml:3:1 Stream s: missing `fields` in spec\n' +
        '  p.yaml:3:9 Stream s: unknown key `kye` in spec; did you mean `key`?',
      faults: expect.arrayContaining([
        {
          path: 'p.yaml',
          line: 3,
          column: 9,
          message: 'Stream s: unknown key `kye` in spec',
          suggestion: 'key',
        },
      ]) as unknown,
    });
  });

  it('reads several files as one project, and several faults in each', () => {
    const [first, ...rest] = SMALLEST.split('---\n');
    const files = [
      { path: 'a.yaml', text: first! },
      { path: 'b.yaml', text: rest.join('---\n') },
    ];
    expect(loadDefinitions(files).definitions).toHaveLength(7);
    const broken = files.map(({ path, text }) => ({
      path,
      text: text.replace('partitions: 4', 'partitions: four'),
    }));
    expect(refusal(() => loadDefinitions(broken))).toMatchObject({
      faults: [
        { path: 'a.yaml', line: 7 },
        { path: 'b.yaml', line: 7 },
      ],
    });
  });

  it('says what a trainer says of its parameters', () => {
    const trainerFaults = (trainer: string, task: string, parameters: object): string[] => [
      `parameter "depth" of ${trainer} for ${task} must be less than 6, not ${JSON.stringify(parameters)}`,
    ];
    expect(
      refusal(() => loadDefinitions([{ path: 'p.yaml', text: SMALLEST }], { trainerFaults })),
    ).toMatchObject({
      faults: [
        {
          line: 55,
          column: 52,
          message:
            'Model fraud: parameter "depth" of gbdt for binary must be less than 6, not {"trees":100,"depth":6}',
        },
      ],
    });
  });

  it('takes nothing, a comment and an empty document as no definitions', () => {
    for (const text of ['', '# nothing\n', '---\n---\n']) expect(load(text).definitions).toEqual([]);
  });

  it.each(['[1]', 'text', '42', 'kind: Stream', '? [a]\n: b'])(
    'refuses what is no definition: %j',
    (text) => {
      expect(refusal(() => load(text))).toMatchObject({ code: 'PLAYHEAD_DEFINITION_INVALID' });
    },
  );
});

describe('definitions as JSON', () => {
  it('are the same as in YAML', () => {
    const values = load(SMALLEST).definitions.map(({ kind, name, options }) => ({
      kind,
      name,
      spec: options,
    }));
    expect(stored(loadDefinitionValues(JSON.parse(JSON.stringify(values)) as unknown[]))).toEqual(KNOWN);
  });

  it('have faults without a line', () => {
    const value = { kind: 'Label', name: 'l', spec: { stream: 's', on: 'id', value: 'v', maturty: '7d' } };
    expect(refusal(() => loadDefinitionValues([value]))).toMatchObject({
      faults: [
        {
          path: 'request',
          line: 0,
          column: 0,
          message: 'Label l: unknown key `maturty` in spec',
          suggestion: 'maturity',
        },
      ],
    });
  });
});

describe('beside what the registry knows', () => {
  it('a part of a project is enough', () => {
    expect(load(documentOf('Model'), KNOWN).definitions).toHaveLength(1);
    expect(refusal(() => load(documentOf('Model')))).toMatchObject({
      faults: [
        { message: 'Model fraud: there is no FeatureService `fraud`' },
        { message: 'Model fraud: there is no Label `fraud`' },
      ],
    });
  });

  it('a change that breaks a known definition is refused', () => {
    const stream = documentOf(
      'Stream',
      changed('    amount: {', '    sum: {').replace('amount < 50000.0', 'sum < 50000.0'),
    );
    expect(refusal(() => load(stream, KNOWN))).toMatchObject({
      message:
        'the definitions have 2 faults:\n' +
        '  registry FeatureView customer-spend: "amount": Unknown variable: amount; the fields are transaction_id, event_time, customer_id, terminal_id, sum\n' +
        '  registry FeatureView customer-spend: "amount": Unknown variable: amount; the fields are transaction_id, event_time, customer_id, terminal_id, sum',
    });
  });

  it('partitions and key of a stream are for ever', () => {
    expect(refusal(() => load(changed('partitions: 4  ', 'partitions: 8  '), KNOWN))).toMatchObject({
      faults: [
        {
          line: 7,
          message:
            'Stream transactions: `partitions` is for ever: 4 cannot become 8; define a new generation, Stream transactions-g2, and fill it by `playhead produce transactions --generation 2`',
        },
      ],
    });
  });

  it('the feature service of a deployment is for ever', () => {
    const other = `${documentOf('FeatureService').replace('name: fraud', 'name: other')}---\n${documentOf('Model').replace('features: fraud', 'features: other')}`;
    expect(refusal(() => load(other, KNOWN))).toMatchObject({
      faults: [
        {
          path: 'registry',
          message:
            'Deployment fraud: a deployment reads one feature service for ever; this one reads fraud, and model `fraud` reads other: write a new deployment',
        },
      ],
    });
  });
});

describe('digests', () => {
  const digests = (text: string, engine = '1'): Record<string, string> =>
    Object.fromEntries(compileProject(load(text).project, engine).map(({ key, digest }) => [key, digest]));
  const differing = (text: string, engine?: string): string[] => {
    const [before, after] = [digests(SMALLEST), digests(text, engine)];
    return Object.keys(after).filter((key) => before[key] !== after[key]);
  };

  it.each([
    ['another text for the same duration', 'lateness: 1d ', 'lateness: 24h ', []],
    ['a default written out', 'lateness: 1d ', 'lateness: 1d\n  skew: 300s ', []],
    ['a limit', 'max: 100000', 'max: 200000', ['Stream/transactions']],
    [
      'a field that no view reads',
      'terminal_id: { type: string }\n    amount',
      'terminal: { type: string }\n    amount',
      ['Stream/transactions'],
    ],
    [
      'decimals of a field that a view reads',
      'decimals: 2',
      'decimals: 3',
      ['Stream/transactions', 'FeatureService/fraud'],
    ],
    ['a window', 'window: 7d', 'window: 8d', ['FeatureView/customer-spend', 'FeatureService/fraud']],
    ['a gate', 'min: 0.1', 'min: 0.2', ['Model/fraud']],
  ])('%s', (_what, from, to, keys) => {
    expect(differing(changed(from, to))).toEqual(keys);
  });

  it('the order of fields counts', () => {
    const moved = changed(
      '    customer_id: { type: string }\n    terminal_id: { type: string }\n',
      '    terminal_id: { type: string }\n    customer_id: { type: string }\n',
    );
    expect(differing(moved)).toEqual(['Stream/transactions']);
  });

  it('another engine is another service', () => {
    expect(differing(SMALLEST, '2')).toEqual(['FeatureService/fraud']);
  });

  it('survive the way through the log', () => {
    for (const { kind, name, spec } of KNOWN) {
      const original = load(SMALLEST).project.find(kind, name)!;
      expect(definitionDigest(kind, name, spec)).toBe(definitionDigest(kind, name, original.spec));
    }
    expect(compileFeatureService(load(documentOf('Label'), KNOWN).project, 'fraud', '1')).toEqual(
      compileFeatureService(load(SMALLEST).project, 'fraud', '1'),
    );
  });
});

describe('diff', () => {
  const diff = (text: string): string => formatDiff(diffDefinitions(KNOWN, load(text).definitions));

  it('creates everything where nothing is', () => {
    expect(diffDefinitions([], load(SMALLEST).definitions).map(({ change }) => change)).toEqual(
      Array(7).fill('created'),
    );
  });

  it('finds nothing in the same project', () => {
    expect(diff(SMALLEST)).toBe('');
    expect(diffDefinitions(KNOWN, load(SMALLEST).definitions).map(({ change }) => change)).toEqual(
      Array(7).fill('unchanged'),
    );
  });

  it('does not look at the order in which a store gives keys back', () => {
    const turned = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(turned);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, inside]) => [key, turned(inside)]),
      );
    };
    expect(formatDiff(diffDefinitions(turned(KNOWN) as Definition[], load(SMALLEST).definitions))).toBe('');
  });

  it('names changed options, and services that change through them', () => {
    const text = changed(
      'decimals: 2, min: 0, max: 100000',
      'decimals: 2, max: 90000, min: 0, required: false',
    )
      .replace(
        '{ name: tx_count_1d, aggregate: count, window: 1d }',
        '{ name: tx_count_2d, aggregate: count, window: 2d }',
      )
      .replace('threshold: 0.5, ', '');
    expect(diff(text)).toBe(
      [
        '~ Stream transactions',
        '    ~ fields.amount.required: true -> false',
        '    ~ fields.amount.max: 100000 -> 90000',
        '~ FeatureView customer-spend',
        '    - features.tx_count_1d: {"name":"tx_count_1d","aggregate":"count","window":"1d","empty":0}',
        '    + features.tx_count_2d: {"name":"tx_count_2d","aggregate":"count","window":"2d","empty":0}',
        '~ FeatureService fraud (through Stream transactions, FeatureView customer-spend)',
        '~ Deployment fraud',
        '    - threshold: 0.5',
      ].join('\n'),
    );
  });

  it('lists a service that is not named but changes', () => {
    const view = documentOf('FeatureView').replace('window: 7d', 'window: 8d');
    expect(diffDefinitions(KNOWN, load(view, KNOWN).definitions)).toEqual([
      {
        kind: 'FeatureView',
        name: 'customer-spend',
        change: 'changed',
        paths: [{ path: 'features.amount_mean_7d.window', from: '7d', to: '8d' }],
        through: [],
      },
      {
        kind: 'FeatureService',
        name: 'fraud',
        change: 'changed',
        paths: [],
        through: ['FeatureView customer-spend'],
      },
    ]);
  });

  it('sees a changed order', () => {
    const text = changed('    - { name: amount, value: amount }\n', '').replace(
      'window: 7d }\n',
      'window: 7d }\n    - { name: amount, value: amount }\n',
    );
    expect(diff(text)).toContain(
      'features (order): ["amount","is_night","tx_count_1d","amount_mean_7d"] -> ["is_night","tx_count_1d","amount_mean_7d","amount"]',
    );
  });
});
