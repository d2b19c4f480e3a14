import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatFault, parseDefinitions, resolveProject } from '.';

const SMALLEST = readFileSync(join(__dirname, 'golden', 'smallest.yaml'), 'utf8');

const faultsIn = (text: string): string[] => {
  const parsed = parseDefinitions([{ path: 'p.yaml', text }]);
  const { faults } = resolveProject(parsed.definitions, { broken: parsed.broken });
  return [...parsed.faults, ...faults].map(formatFault);
};

/** The smallest project with one piece of its text replaced. */
const broken = (from: string, to: string): string => {
  expect(SMALLEST).toContain(from);
  return SMALLEST.replace(from, to);
};

const TABLE: readonly (readonly [name: string, from: string, to: string, faults: readonly string[]])[] = [
  [
    'a misspelt option',
    'lateness: 1d ',
    'latenes: 1d ',
    ['p.yaml:8:3 Stream transactions: unknown key `latenes` in spec; did you mean `lateness`?'],
  ],
  [
    'a misspelt kind',
    'kind: Label',
    'kind: Lable',
    [
      'p.yaml:44:7 kind must be one of Stream, FeatureView, FeatureService, Label, Model, Deployment, Monitor, not "Lable"; did you mean `Label`?',
    ],
  ],
  [
    'a misspelt key of the document',
    'name: customer-spend\nspec:',
    'name: customer-spend\nspecs:',
    [
      'p.yaml:28:1 FeatureView customer-spend: missing `spec` in the definition',
      'p.yaml:30:1 FeatureView customer-spend: unknown key `specs` in the definition; did you mean `spec`?',
    ],
  ],
  [
    'a missing option',
    '  key: customer_id            #',
    '  #',
    ['p.yaml:3:1 Stream transactions: missing `key` in spec'],
  ],
  [
    'a wrong type',
    'partitions: 4               #',
    'partitions: "4"   #',
    ['p.yaml:7:15 Stream transactions: spec.partitions must be a whole number from 1 to 10000, not "4"'],
  ],
  [
    'a number out of range',
    'partitions: 4               #',
    'partitions: 0   #',
    ['p.yaml:7:15 Stream transactions: spec.partitions must be a whole number from 1 to 10000, not 0'],
  ],
  [
    'no duration',
    'lateness: 1d ',
    'lateness: 1 day ',
    [
      'p.yaml:8:13 Stream transactions: spec.lateness must be a duration such as 30s, 15m, 1h or 7d, not "1 day"',
    ],
  ],
  [
    'a type of another tool',
    'type: number, decimals',
    'type: float, decimals',
    [
      'p.yaml:14:21 Stream transactions: spec.fields.amount.type must be one of string, number, integer, boolean, timestamp, not "float"; did you mean `number`?',
    ],
  ],
  [
    'a field that is no identifier',
    'terminal_id: { type: string }\n    amount',
    'terminal-id: { type: string }\n    amount',
    [
      'p.yaml:13:5 Stream transactions: `terminal-id` in spec.fields is not an identifier of letters, digits and `_`',
    ],
  ],
  [
    'a field named __proto__',
    'terminal_id: { type: string }\n    amount',
    '__proto__: { type: string }\n    amount',
    [
      'p.yaml:13:5 Stream transactions: `__proto__` in spec.fields is not an identifier of letters, digits and `_`',
    ],
  ],
  [
    'a field named constructor',
    'terminal_id: { type: string }\n    amount',
    'constructor: { type: string }\n    amount',
    ['p.yaml:13:5 Stream transactions: `constructor` cannot be a field name'],
  ],
  [
    'a constraint of another type',
    'customer_id: { type: string }\n    terminal_id',
    'customer_id: { type: string, decimals: 2, min: 1 }\n    terminal_id',
    [
      'p.yaml:12:34 Stream transactions: `decimals` is for number fields; `customer_id` is a string',
      'p.yaml:12:47 Stream transactions: `min` is for number and integer fields; `customer_id` is a string',
    ],
  ],
  [
    'min above max',
    'min: 0, max: 100000',
    'min: 5, max: 1',
    ['p.yaml:14:47 Stream transactions: `min` 5 of field `amount` is above its `max` 1'],
  ],
  [
    'a pattern that is none',
    'terminal_id: { type: string }\n    amount',
    'terminal_id: { type: string, pattern: "(" }\n    amount',
    ['p.yaml:13:43 Stream transactions: the pattern of field `terminal_id` is not a regular expression'],
  ],
  [
    'a key without a field',
    '  key: customer_id            #',
    '  key: customerid #',
    ['p.yaml:4:8 Stream transactions: there is no field `customerid`; did you mean `customer_id`?'],
  ],
  [
    'a key of a wrong type',
    '  key: customer_id            #',
    '  key: amount #',
    ['p.yaml:4:8 Stream transactions: field `amount` is a number; it must be a string or integer here'],
  ],
  [
    'an optional key',
    'customer_id: { type: string }\n    terminal_id',
    'customer_id: { type: string, required: false }\n    terminal_id',
    [
      "p.yaml:12:5 Stream transactions: field `customer_id` is the stream's `key`: it must be required and not nullable",
    ],
  ],
  [
    'dedupe below lateness',
    'lateness: 1d ',
    'dedupe: 1h ',
    [
      'p.yaml:8:11 Stream transactions: `dedupe` 1h is shorter than `lateness` 1d: a late duplicate would pass',
    ],
  ],
  [
    'a rule over an unknown field',
    'amount < 50000.0',
    'amout < 50000.0',
    [
      'p.yaml:16:33 Stream transactions: "amout < 50000.0": Unknown variable: amout; the fields are transaction_id, event_time, customer_id, terminal_id, amount; did you mean `amount`?',
    ],
  ],
  [
    'a rule with an integer',
    'amount < 50000.0',
    'amount + 1 < 50000.0',
    [
      'p.yaml:16:33 Stream transactions: "amount + 1 < 50000.0": no such overload: double + int; numbers of the event are doubles: write 1.0 instead of 1, and double(...) around an integer',
    ],
  ],
  [
    'a rule that is no condition',
    'amount < 50000.0',
    'amount * 2.0',
    ['p.yaml:16:33 Stream transactions: "amount * 2.0" gives a number; it must give a boolean'],
  ],
  [
    'a rule that does not parse',
    'amount < 50000.0',
    'amount <',
    ['p.yaml:16:33 Stream transactions: "amount <": Unexpected token: EOF'],
  ],
  [
    'a personal field',
    'customer_id: { type: string }\n    terminal_id',
    'customer_id: { type: string, personal: true }\n    terminal_id',
    [
      'p.yaml:12:34 Stream transactions: spec.fields.customer_id.personal: encryption of personal fields is not built yet',
    ],
  ],
  [
    'a view of no stream',
    'stream: transactions\n',
    'stream: transaction\n',
    [
      'p.yaml:31:11 FeatureView customer-spend: there is no Stream `transaction`; did you mean `transactions`?',
    ],
  ],
  [
    'an entity without a field',
    '  entity: customer_id',
    '  entity: customer',
    [
      'p.yaml:32:11 FeatureView customer-spend: Stream transactions has no field `customer`; did you mean `customer_id`?',
    ],
  ],
  [
    'a feature that is a text',
    'value: amount }',
    'value: terminal_id }',
    [
      'p.yaml:34:30 FeatureView customer-spend: "terminal_id" gives a string; it must give a number, integer or boolean',
    ],
  ],
  [
    'a share held out by time',
    'split: { by: time, holdout: 7d, gap: 7d }',
    'split: { by: time, holdout: 0.2, seed: 3 }',
    [
      'p.yaml:54:22 Model fraud: a split by time holds out a duration such as 7d, not 0.2',
      'p.yaml:54:36 Model fraud: a split by time has no `seed`; those by entity and random have',
    ],
  ],
  [
    'a duration held out by entity',
    'split: { by: time, holdout: 7d, gap: 7d }',
    'split: { by: entity, holdout: 7d, gap: 7d }',
    [
      'p.yaml:54:24 Model fraud: a split by entity holds out a share such as 0.2, not 7d',
      'p.yaml:54:37 Model fraud: a split by entity has no `gap`; one by time has',
    ],
  ],
  [
    'a share that is none',
    'split: { by: time, holdout: 7d, gap: 7d }',
    'split: { by: random, holdout: 2 }',
    [
      'p.yaml:54:33 Model fraud: spec.split.holdout must be a duration such as 30s, 15m, 1h or 7d or a number above 0, not 2',
    ],
  ],
  [
    'a feature with value and aggregate',
    'value: amount }',
    'value: amount, aggregate: sum }',
    ['p.yaml:34:38 FeatureView customer-spend: feature `amount` has both `value` and `aggregate`'],
  ],
  [
    'an aggregate of nothing',
    'aggregate: mean, of: amount,',
    'aggregate: mean,',
    ['p.yaml:37:31 FeatureView customer-spend: feature `amount_mean_7d` does not say `of` what the mean is'],
  ],
  [
    'an aggregate of another tool',
    'aggregate: mean',
    'aggregate: avg',
    [
      'p.yaml:37:42 FeatureView customer-spend: spec.features[3].aggregate must be one of count, sum, mean, min, max, variance, std, last, first, last_k, lag, time_since_last, count_distinct, top_k, quantile, ratio, ewma, not "avg"; did you mean `mean`?',
    ],
  ],
  [
    'two features of one name',
    'name: amount_mean_7d',
    'name: tx_count_1d',
    ['p.yaml:37:15 FeatureView customer-spend: feature `tx_count_1d` stands here twice'],
  ],
  [
    'an empty window',
    'window: 7d }',
    'window: 0d }',
    ['p.yaml:37:68 FeatureView customer-spend: feature `amount_mean_7d` has an empty window'],
  ],
  [
    'a service without its view',
    'views: [customer-spend]',
    'views: [customer_spend]',
    [
      'p.yaml:41:40 FeatureService fraud: there is no FeatureView `customer_spend`; did you mean `customer-spend`?',
    ],
  ],
  [
    'a view of another stream by an entity that the trigger does not name',
    'spec: { trigger: transactions, views: [customer-spend] }',
    'spec: { trigger: fraud-labels, views: [customer-spend, by-time] }\n---\nkind: FeatureView\nname: by-time\nspec: { stream: transactions, entity: terminal, features: [ { name: n, aggregate: count } ] }',
    [
      'p.yaml:41:56 FeatureService fraud: view `by-time` reads transactions by terminal, and the trigger is fraud-labels, which has no field `terminal`: a vector is asked for the entity that its trigger names',
      'p.yaml:45:39 FeatureView by-time: Stream transactions has no field `terminal`; did you mean `terminal_id`?',
    ],
  ],
  [
    'a label without its field',
    'on: transaction_id, value: is_fraud',
    'on: id, value: fraud',
    [
      'p.yaml:46:35 Label fraud: Stream fraud-labels has no field `id`',
      'p.yaml:46:46 Label fraud: Stream fraud-labels has no field `fraud`; did you mean `is_fraud`?',
    ],
  ],
  [
    'a label that is a text',
    'value: is_fraud',
    'value: terminal_id',
    [
      'p.yaml:46:58 Label fraud: field `terminal_id` of Stream fraud-labels is a string; it must be a boolean, integer or number here',
    ],
  ],
  [
    'a metric of another task',
    'metric: average_precision',
    'metric: rmse',
    [
      'p.yaml:56:22 Model fraud: rmse is no metric of a binary model; there are roc_auc, average_precision, log_loss, brier, f1, precision, recall, accuracy, precision_at_k, demographic_parity, equal_opportunity, disparate_impact, latency_p50_ms, latency_p99_ms, size_bytes',
    ],
  ],
  [
    'a gate without a bound',
    'metric: average_precision, min: 0.1',
    'metric: average_precision',
    ['p.yaml:56:14 Model fraud: the gate on average_precision has neither `min` nor `max` nor `against`'],
  ],
  [
    'environments in another order',
    '  gates: [',
    '  environments: [production, dev, dev]\n  gates: [',
    [
      'p.yaml:56:3 Model fraud: environments stand once each, in the order dev, staging, production; write [dev, production]',
    ],
  ],
  [
    'a schedule without a period',
    '  gates: [',
    '  retrain: { every: 0s, budget: { runs: 1, per: 0s } }\n  gates: [',
    [
      'p.yaml:56:14 Model fraud: `every` is 0s; it must be a second or more',
      'p.yaml:56:44 Model fraud: `per` is 0s; it must be a second or more',
    ],
  ],
  [
    'a way back of what is not promoted, and a wait for no alert',
    '  gates: [',
    '  retrain: { on: [definition], after: 1d, rollback: { on: [performance], within: 1h } }\n  gates: [',
    [
      'p.yaml:56:32 Model fraud: `after` counts from an alert; `on` names none',
      'p.yaml:56:43 Model fraud: `rollback` takes back what the policy promoted; without `promote` it promotes nothing',
    ],
  ],
  [
    'a history without rows to train on',
    'holdout: 7d, gap: 7d',
    'holdout: 7d, gap: 7d, history: 2w',
    [
      'p.yaml:54:44 Model fraud: `history` is 2w, which leaves nothing to train on: it must be longer than hold-out and gap together',
    ],
  ],
  [
    'a trainer of another task',
    'kind: gbdt',
    'kind: linear',
    ['p.yaml:55:20 Model fraud: trainer linear learns regression, not binary; did you mean `logistic`?'],
  ],
  [
    'a regression on a boolean',
    'task: binary      ',
    'task: regression ',
    [
      'p.yaml:53:10 Model fraud: label `fraud` is a boolean; a regression needs a number; did you mean `binary`?',
      'p.yaml:56:22 Model fraud: average_precision is no metric of a regression model; there are rmse, mae, r2, latency_p50_ms, latency_p99_ms, size_bytes',
    ],
  ],
  [
    'a task that needs another metric and a query',
    'task: binary      ',
    'task: ranking ',
    [
      'p.yaml:51:9 Model fraud: a ranking model needs `query`: the feature, or the field of the trigger, whose equal values are one query',
      'p.yaml:56:22 Model fraud: average_precision is no metric of a ranking model; there are ndcg, map, mrr, latency_p50_ms, latency_p99_ms, size_bytes',
    ],
  ],
  [
    'a field to slice by that neither service nor trigger has',
    'metric: average_precision, min: 0.1',
    'metric: average_precision, slice: terminl_id, min: 0.1',
    [
      'p.yaml:56:48 Model fraud: terminl_id is neither a feature of fraud nor a field of transactions; did you mean `terminal_id`?',
    ],
  ],
  [
    'a threshold that is no probability',
    'threshold: 0.5',
    'threshold: 50',
    ['p.yaml:60:51 Deployment fraud: `threshold` 50 is no probability; it must be from 0 to 1'],
  ],
  [
    'a deployment of no model',
    'model: fraud,',
    'model: frauds,',
    ['p.yaml:60:16 Deployment fraud: there is no Model `frauds`; did you mean `fraud`?'],
  ],
  [
    'a value that is no choice',
    'from: now }',
    'from: Now }',
    [
      'p.yaml:60:62 Deployment fraud: spec.from must be one of now, beginning, not "Now"; did you mean `now`?',
    ],
  ],
  [
    'a definition that is there twice',
    'name: fraud-labels',
    'name: transactions',
    [
      'p.yaml:19:7 Stream transactions is defined twice; first at p.yaml:2',
      'p.yaml:46:17 Label fraud: there is no Stream `fraud-labels`',
    ],
  ],
  [
    'a key given twice',
    'partitions: 4               #',
    'key: customer_id #',
    ['p.yaml:7:3 not valid YAML: Map keys must be unique'],
  ],
  [
    'a bracket that does not end',
    'views: [customer-spend]',
    'views: [customer-spend',
    [
      'p.yaml:41:55 not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
      'p.yaml:43:1 not valid YAML: Flow map in block collection must be sufficiently indented and end with a }',
    ],
  ],
];

it.each(TABLE)('%s', (_name, from, to, faults) => {
  expect(faultsIn(broken(from, to))).toEqual(faults);
});
