import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatFault, parseDefinitions, resolveProject } from '.';

const SMALLEST = readFileSync(join(__dirname, 'golden', 'smallest.yaml'), 'utf8');
const LINE = 'spec: { model: fraud, alias: champion, threshold: 0.5, from: now }';

/** What is said about a deployment with these options, without its place. */
const faultsOf = (options: string, task = 'binary'): string[] => {
  expect(SMALLEST).toContain(LINE);
  const text = SMALLEST.replace(LINE, `spec: { model: fraud, ${options} }`).replace(
    'task: binary',
    `task: ${task}`,
  );
  const parsed = parseDefinitions([{ path: 'p.yaml', text }]);
  const { faults } = resolveProject(parsed.definitions, { broken: parsed.broken });
  return [...parsed.faults, ...faults]
    .map(formatFault)
    .filter((fault) => fault.includes('Deployment fraud'))
    .map((fault) => fault.replace(/^.*Deployment fraud: /, ''));
};

it.each([
  [
    'steps that do not grow',
    'rollout: { strategy: canary, steps: [25, 5, 100] }',
    'steps must grow and end at 100',
  ],
  ['steps without an end', 'rollout: { strategy: canary, steps: [5, 25] }', 'steps must grow and end at 100'],
  [
    'a share finer than there are places',
    'rollout: { strategy: canary, steps: [0.001, 100] }',
    'a share has at most two decimals',
  ],
  [
    'steps of blue-green',
    'rollout: { strategy: blue-green, steps: [50, 100] }',
    'blue-green switches all at once',
  ],
  ['an interval of nothing', 'rollout: { strategy: canary, interval: 0s }', '`interval` is 0s'],
  [
    'a limit without a side',
    'rollout: { strategy: canary, abort: { metric: error_rate } }',
    'write either `above` or `below`',
  ],
  [
    'a limit with both sides',
    'rollout: { strategy: canary, abort: [ { metric: brier, above: 1, below: 0 } ] }',
    'write either `above` or `below`',
  ],
  [
    'an unknown metric',
    'rollout: { strategy: canary, abort: { metric: errors, above: 1 } }',
    'spec.rollout.abort',
  ],
  [
    'a rollout and an experiment',
    'rollout: { strategy: canary }, experiment: { strategy: ab, arms: { champion: 50, b: 50 } }',
    'either a `rollout` or an `experiment`',
  ],
  [
    'arms that are not all',
    'experiment: { strategy: ab, arms: { champion: 50, b: 49 } }',
    'are 100 together',
  ],
  ['one arm', 'experiment: { strategy: ab, arms: { champion: 100 } }', 'two arms or more'],
  [
    'arms without the alias',
    'experiment: { strategy: ab, arms: { a: 50, b: 50 } }',
    'own alias `champion` must be one of the arms',
  ],
  [
    'an arm that is named as a route is',
    'experiment: { strategy: ab, arms: { champion: 50, shadow: 50 } }',
    '`shadow` is the name of a route',
  ],
  [
    "a bandit's option without a bandit",
    'experiment: { strategy: ab, arms: { champion: 50, b: 50 }, explore: 5 }',
    'belong to a bandit',
  ],
  [
    'too much to explore',
    'experiment: { strategy: bandit, arms: { champion: 50, b: 50 }, explore: 50.5 }',
    'spec.experiment.explore must be a number',
  ],
  [
    'a bound topic of answers',
    'bind: [{ topic: playhead.serving.answers.fraud }]',
    'the topic has answers of Playhead',
  ],
  ['a shadow that answers', 'shadow: champion', '`champion` answers already'],
  ['a sample of everything', 'logging: durable, sample: 0.5', '`sample` belongs to `logging: sampled`'],
])('%s is refused', (_, options, message) => {
  expect(faultsOf(options)).toEqual([expect.stringContaining(message)]);
});

it('refuses what the task has not', () => {
  expect(
    faultsOf('rollout: { strategy: canary, abort: { metric: accuracy, above: 1 } }', 'regression'),
  ).toContainEqual(expect.stringContaining('accuracy is not known of a route of a regression model'));
  expect(
    faultsOf('experiment: { strategy: bandit, arms: { champion: 50, b: 50 } }', 'regression'),
  ).toContainEqual(expect.stringContaining('a bandit needs a binary model'));
});
