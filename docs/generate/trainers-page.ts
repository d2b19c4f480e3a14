import type { ParameterSpec, Trainer } from '#learn';
import { code, table } from './markdown';

/** Each trainer with its tasks and parameters. */
export const trainersPage = (trainers: Readonly<Record<string, Trainer>>): string =>
  [
    '# Trainers',
    'What `spec.trainer.kind` of a model may name, beside `command` (a program of yours) and `auto` (several kinds, the best is kept), and what `spec.trainer.parameters` may say to it. A parameter that is not known is refused, with the one that was probably meant. The method, with its source, stands above each trainer in `libs/learn/src`.',
    table(
      ['trainer', 'tasks'],
      Object.values(trainers).map(({ kind, tasks }) => [`[${kind}](#${kind})`, tasks.join(', ')]),
    ),
    ...Object.values(trainers).flatMap(({ kind, parameters }) => [
      `## ${kind}`,
      table(
        ['parameter', 'value', 'default', 'meaning'],
        Object.entries(parameters).map(([name, spec]) => [
          code(name),
          valueOf(spec),
          defaultOf(spec),
          spec.meaning,
        ]),
      ),
    ]),
  ].join('\n\n');

const valueOf = (spec: ParameterSpec): string => {
  switch (spec.type) {
    case 'integer':
    case 'number':
      return `${spec.type === 'integer' ? 'whole number' : 'number'} ${spec.aboveMin ? 'above' : 'from'} ${spec.min} to ${spec.max}`;
    case 'boolean':
      return 'true or false';
    case 'choice':
      return spec.values.map(code).join(', ');
    case 'name':
      return 'name of a feature';
    case 'names':
      return 'list of feature names';
    case 'numbers':
      return `for each of some ${spec.of} a number from ${spec.min} to ${spec.max}`;
  }
};

const defaultOf = ({ default: value }: ParameterSpec): string =>
  value === '' || (typeof value === 'object' && Object.keys(value).length === 0)
    ? 'none'
    : code(JSON.stringify(value));
