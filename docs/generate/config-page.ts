import { configReference, type ConfigSpec, type VariableReference } from '#runtime';
import type { CommandVariable } from '../../cli/src/environment';
import { code, table } from './markdown';

type Spec = Pick<ConfigSpec, 'service' | 'variables'>;

/** Variables that all services read stand once; each service's own follow, then those of the command. */
export const configPage = (
  specs: readonly Spec[],
  command: Readonly<Record<string, CommandVariable>>,
): string => {
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
    const said = rest.length === 0 ? 'Nothing but what every service reads.' : variableTable(rest);
    return [`## ${service}\n\n${said}`];
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
    `## The command playhead\n\nWhat \`./playhead\` looks at itself. Services that it starts take over its environment, too.\n\n${commandTable(command)}`,
  ].join('\n\n');
};

const variableTable = (variables: readonly VariableReference[]): string =>
  table(
    ['variable', 'type', 'unit', 'default', 'example', 'meaning'],
    variables.map(({ name, type, unit = '', default: preset = '', example = '', meaning, secret }) => [
      code(name),
      type,
      unit,
      preset,
      example,
      `${meaning}${secret ? SECRET : ''}`,
    ]),
  );

const SECRET = ' (secret: never shown in faults or logs)';

const commandTable = (command: Readonly<Record<string, CommandVariable>>): string =>
  table(
    ['variable', 'default', 'example', 'meaning'],
    Object.entries(command).map(([name, { default: preset = '', example, meaning, secret }]) => [
      code(name),
      preset,
      example,
      `${meaning}${secret ? SECRET : ''}`,
    ]),
  );
