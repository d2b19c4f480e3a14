import { EXPERIMENT_FILTERS, RUNS } from './dialects';
import { parseFilter } from './filter';
import { parseOrder } from './order';

const clauses = (text: string): string[] =>
  parseFilter(text, RUNS).map(
    ({ kind, key, operator, value }) => `${kind} ${key} ${operator} ${JSON.stringify(value)}`,
  );

it.each([
  ['', []],
  ["metrics.auc > 0.5 and params.kind = 'gbdt'", ['metric auc > 0.5', 'param kind = "gbdt"']],
  ['metrics.loss<=-1.5e-3', ['metric loss <= -0.0015']],
  ["params.`learning rate` != '0.1'", ['param learning rate != "0.1"']],
  ['tags."mlflow.source.name" LIKE \'%.py\'', ['tag mlflow.source.name LIKE "%.py"']],
  [
    'tags.mlflow.parentRunId = \'a\' AND run_name ilike "b%"',
    ['tag mlflow.parentRunId = "a"', 'attribute run_name ILIKE "b%"'],
  ],
  ["run_id not in ('a', 'b')", ['attribute run_id NOT IN ["a","b"]']],
  ['attributes.created >= 1000', ['attribute start_time >= 1000']],
  ['params.x IS NULL and tags.y is not null', ['param x IS NULL null', 'tag y IS NOT NULL null']],
  ["dataset.context = 'training'", ['dataset context = "training"']],
  ["params.quoted = 'it''s'", ['param quoted = "it\'s"']],
  ["params.`AND` = 'or'", ['param AND = "or"']],
])('reads %s', (text, expected) => {
  expect(clauses(text)).toEqual(expected);
});

it.each([
  ["metrics.auc > 'x'", 'Expected numeric value type'],
  ['params.kind = 3', 'Expected a quoted string value'],
  ["params.kind > 'a'", 'Invalid comparator'],
  ['metrics.auc LIKE 3', 'Invalid comparator'],
  ['metrics.a > 1 or metrics.b > 2', 'Invalid clause'],
  ['metrics.auc >', 'Invalid clause'],
  ['metrics.a > 1 metrics.b > 2', 'Invalid clause'],
  ["nonsense.x = 'a'", 'Invalid entity type'],
  ["nonsense = 'a'", 'Invalid attribute key'],
  ["dataset.owner = 'a'", 'Invalid dataset key'],
  ["run_name = 'a", 'Invalid clause'],
  ['run_id IN ()', 'non-empty list'],
  ['metrics.auc IN (1)', 'Only string attributes'],
  ['metrics.auc IS NULL', 'only supported for tags and params'],
  ["run_name = 'a' AND", 'Invalid clause'],
])('refuses %s', (text, message) => {
  expect(() => clauses(text)).toThrow(message);
});

it('knows which kind of entity it searches', () => {
  expect(() => parseFilter('metrics.auc > 1', EXPERIMENT_FILTERS)).toThrow('Invalid entity type');
  expect(parseFilter("experiment_id IN ('1')", EXPERIMENT_FILTERS)).toHaveLength(1);
});

it.each([
  ['metrics.auc DESC', { kind: 'metric', key: 'auc', ascending: false }],
  ['start_time', { kind: 'attribute', key: 'start_time', ascending: true }],
  ['params.`a b` asc', { kind: 'param', key: 'a b', ascending: true }],
])('reads the order %s', (text, expected) => {
  expect(parseOrder(text, RUNS)).toEqual(expected);
});

it.each(['', 'metrics.auc sideways', 'metrics.auc DESC, start_time', '= 3'])(
  'refuses the order %s',
  (text) => {
    expect(() => parseOrder(text, RUNS)).toThrow('Invalid');
  },
);
