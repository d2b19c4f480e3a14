import { configReference, type ConfigSpec, type VariableReference } from '#runtime';
import { code, table } from './markdown';

type Spec = Pick<ConfigSpec, 'service' | 'variables'>;

/** Variables that all services read stand once; each service's own follow. */
export const configPage = (specs: readonly Spec[]): string => {
  const referenced = specs.map(({ service, variables }) => ({
    service,
    variables: configReference({ variables }),
  }));
  const [first, ...others] = referenced;
  const shared = first!.variables.filter(({ name }) =>
    others.every(({ variables }) => variables.some((variable) => variable.name === name)),
  );
  const isShared = new Set(shared.map(({ name }) => name));
  const own = referenced.flatMap(({ service, variables }) => {
    const rest = variables.filter(({ name }) => !isShared.has(name));
    return rest.length === 0 ? [] : [`## ${service}\n\n${variableTable(rest)}`];
  });
  const ports = referenced.map(({ service, variables }) => [
    service,
    variables.find(({ name }) => name === 'PLAYHEAD_PORT')?.default ?? '',
  ]);
  return [
    '# Configuration',
    'Services read the environment and nothing else. A value that is not valid stops the start: all faults are listed at once and the exit code is 2, before anything is connected. `./playhead up` sets these variables for the services that it starts.',
    `## Every service\n\n${variableTable(shared.map((variable) => (variable.name === 'PLAYHEAD_PORT' ? { ...variable, default: 'see below' } : variable)))}`,
    `Ports by default:\n\n${table(['service', 'PLAYHEAD_PORT'], ports)}`,
    ...own,
  ].join('\n\n');
};

const variableTable = (variables: readonly VariableReference[]): string =>
  table(
    ['variable', 'type', 'default', 'meaning'],
    variables.map(({ name, type, default: preset, meaning, secret }) => [
      code(name),
      type,
      preset === undefined ? '' : preset,
      `${meaning}${secret ? ' (secret: never shown in faults or logs)' : ''}`,
    ]),
  );
