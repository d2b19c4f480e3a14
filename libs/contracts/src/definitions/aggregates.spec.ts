import { compileProject, formatFault, loadDefinitions, parseDefinitions, resolveProject } from '.';
import type { CompiledFeatureService } from './compiled';

const STREAM = `
kind: Stream
name: payments
spec:
  key: customer
  id: id
  time: at
  fields:
    id: { type: string }
    at: { type: timestamp }
    customer: { type: string }
    amount: { type: number, decimals: 2 }
    declined: { type: boolean }
`;
const projectWith = (features: readonly string[], options = ''): string =>
  `${STREAM}---
kind: FeatureView
name: spend
spec:
  stream: payments
  entity: customer${options}
  features:
${features.map((feature) => `    - ${feature}\n`).join('')}---
kind: FeatureService
name: spend
spec: { trigger: payments, views: [spend] }
`;

const faultsIn = (text: string): string[] => {
  const parsed = parseDefinitions([{ path: 'p.yaml', text }]);
  const { faults } = resolveProject(parsed.definitions, { broken: parsed.broken });
  return [...parsed.faults, ...faults]
    .map(formatFault)
    .map((fault) => fault.replace(/^\S+ FeatureView spend: /, ''));
};

const compile = (text: string): CompiledFeatureService =>
  compileProject(loadDefinitions([{ path: 'p.yaml', text }]).project, '1').find(
    ({ key }) => key === 'FeatureService/spend',
  )!.compiled as CompiledFeatureService;

describe('what does not go together', () => {
  it.each<[string, string, string]>([
    ['k of a sum', 'aggregate: sum, of: amount, k: 3', '`k` is for last_k and top_k; feature `f` is a sum'],
    [
      'last_k without k',
      'aggregate: last_k, of: amount',
      'feature `f` does not say `k`: how many values it gives',
    ],
    [
      'half of a value',
      'aggregate: last_k, of: amount, k: 0.5',
      'spec.features[0].k must be a whole number from 1 to 100, not 0.5',
    ],
    ['n of a count', 'aggregate: count, n: 1', '`n` is for lag; feature `f` is a count'],
    [
      'a quantile of which',
      'aggregate: quantile, of: amount, window: 1d',
      'feature `f` does not say `q`: which quantile, such as 0.95',
    ],
    [
      'a percentage',
      'aggregate: quantile, of: amount, q: 95',
      'spec.features[0].q must be a number from 0 to 1, not 95',
    ],
    [
      'ewma without a half-life',
      'aggregate: ewma, of: amount',
      'feature `f` does not say `half_life`: after how long an event weighs half',
    ],
    [
      'a half-life of nothing',
      'aggregate: ewma, of: amount, half_life: 0s',
      'feature `f` has a half-life of nothing',
    ],
    [
      'a ratio of which events',
      'aggregate: ratio',
      'feature `f` does not say `where`: the ratio of which events',
    ],
    [
      'where of a value',
      'value: amount, where: declined',
      '`where` is for aggregates; feature `f` is a value',
    ],
    [
      'where that is no condition',
      'aggregate: count, where: amount',
      '"amount" gives a number; it must give a boolean',
    ],
    ['a lag of nothing', 'aggregate: lag', 'feature `f` does not say `of` what the lag is'],
    [
      'another calendar',
      'aggregate: count, window: { calendar: year }',
      'spec.features[0].window.calendar must be one of day, week, month, not "year"',
    ],
    [
      'another zone',
      'aggregate: count, window: { calendar: day, zone: CET }',
      'spec.features[0].window.zone must be `UTC`, not "CET"',
    ],
    [
      'a window that is none',
      'aggregate: count, window: day',
      'spec.features[0].window must be a duration such as 30s, 15m, 1h or 7d or a mapping (`calendar: day`, `week` or `month`), not "day"',
    ],
    [
      'endless distinct values',
      'aggregate: count_distinct, of: customer',
      'feature `f` would keep every value for ever: a count_distinct needs `window`',
    ],
    [
      'an endless exact quantile',
      'aggregate: quantile, of: amount, q: 0.5',
      'feature `f` would keep every value for ever: a quantile needs `window`, or `accuracy: sketch`',
    ],
    [
      'a sketch of a sum',
      'aggregate: sum, of: amount, accuracy: sketch',
      'only a quantile can be a sketch; a sum is exact or tiled',
    ],
    [
      'tiles without a width',
      'aggregate: count, window: 30d, accuracy: tiled',
      'feature `f` does not say how wide a `tile` is',
    ],
    [
      'tiles without a window',
      'aggregate: count, accuracy: tiled, tile: 1h',
      'feature `f` is tiled and has no `window`',
    ],
    [
      'a tile of an exact window',
      'aggregate: count, window: 30d, tile: 1h',
      '`tile` is for `accuracy: tiled`',
    ],
    [
      'a tile wider than the window',
      'aggregate: count, window: 1h, accuracy: tiled, tile: 2h',
      'feature `f`: a tile of 2h is wider than its window',
    ],
    [
      'a tile of nothing',
      'aggregate: count, window: 1h, accuracy: tiled, tile: 0s',
      'feature `f` has an empty tile',
    ],
    [
      'last_k over tiles',
      'aggregate: last_k, k: 2, of: amount, window: 1d, accuracy: tiled, tile: 1h',
      'a last_k cannot be tiled; there are count, sum, mean, min, max, variance, std, first, last, ratio, quantile',
    ],
  ])('%s', (_name, options, fault) => {
    expect(faultsIn(projectWith([`{ name: f, ${options} }`]))).toEqual([fault]);
  });

  it('a name that another feature gives one of its values', () => {
    const features = ['{ name: f, aggregate: last_k, of: amount, k: 2 }', '{ name: f_2, value: amount }'];
    expect(faultsIn(projectWith(features))).toEqual(['feature `f_2` stands here twice']);
  });

  it('a ttl of nothing, and two of one fold', () => {
    expect(faultsIn(projectWith(['{ name: f, aggregate: count }'], '\n  ttl: 0d'))).toEqual([
      'a ttl of nothing would forget every entity at once',
    ]);
    const other = projectWith(['{ name: f, aggregate: count }'], '\n  ttl: 7d')
      .replace('views: [spend]', 'views: [spend, other]')
      .concat(
        '---\nkind: FeatureView\nname: other\nspec: { stream: payments, entity: customer, features: [{ name: g, value: amount }] }\n',
      );
    expect(faultsIn(other)).toEqual([
      'p.yaml:26:43 FeatureService spend: view `other` has ttl none and view `spend`, of the same stream and entity, 7d; give both the same',
    ]);
  });
});

describe('the compiled form', () => {
  it('has every option in ms, its defaults, the fields of `where`, and one name for each value', () => {
    const { features, views } = compile(
      projectWith(
        [
          '{ name: top, aggregate: top_k, of: amount, k: 2, window: { calendar: week, zone: UTC } }',
          '{ name: lag, aggregate: lag, of: amount, accuracy: exact }',
          '{ name: rate, aggregate: ratio, where: " declined ", window: 30d, accuracy: tiled, tile: 60m, empty: 0 }',
          '{ name: ewma, aggregate: ewma, of: amount, half_life: 48h }',
          '{ name: median, aggregate: quantile, of: amount, q: 0.5, accuracy: sketch }',
          '{ name: days, aggregate: count_distinct, of: customer, window: 7d }',
        ],
        '\n  ttl: 90d',
      ),
    );
    expect(features).toEqual(['top_1', 'top_2', 'lag', 'rate', 'ewma', 'median', 'days']);
    const day = 86_400_000;
    expect(views[0]).toMatchObject({ entity: 'customer', ttl: 90 * day });
    expect(views[0]!.stream.fields.map(({ name }) => name)).toEqual([
      'id',
      'at',
      'customer',
      'amount',
      'declined',
    ]);
    expect(views[0]!.features).toEqual([
      {
        name: 'top',
        aggregate: 'top_k',
        of: 'amount',
        window: { calendar: 'week' },
        empty: null,
        k: 2,
        by: 'value',
      },
      { name: 'lag', aggregate: 'lag', of: 'amount', empty: null, n: 1 },
      {
        name: 'rate',
        aggregate: 'ratio',
        where: 'declined',
        window: 30 * day,
        empty: 0,
        accuracy: 'tiled',
        tile: day / 24,
      },
      { name: 'ewma', aggregate: 'ewma', of: 'amount', empty: null, halfLife: 2 * day },
      { name: 'median', aggregate: 'quantile', of: 'amount', empty: null, q: 0.5, accuracy: 'sketch' },
      { name: 'days', aggregate: 'count_distinct', of: 'customer', window: 7 * day, empty: 0 },
    ]);
  });
});
