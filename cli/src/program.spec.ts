import { CommanderError, type Command } from 'commander';
import { createProgram } from './program';

const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
const nameOf = (command: Command): string =>
  command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();

/** Two scripts answer these themselves. */
const FOREIGN = ['doctor', 'test'];
const commands = all(createProgram()).filter((command) => !FOREIGN.includes(command.name()));

const outcomeOf = async (...args: string[]): Promise<unknown> => {
  const program = createProgram();
  all(program).forEach((command) =>
    command.configureOutput({ writeErr: () => undefined, writeOut: () => undefined }),
  );
  return program.parseAsync(args, { from: 'user' }).then(
    () => undefined,
    (error: unknown) => error,
  );
};

it.each(commands.map((command) => [nameOf(command), command] as const))(
  '`%s --help` shows an example',
  (_, command) => {
    let help = '';
    command.configureOutput({ writeOut: (text) => (help += text) });
    command.outputHelp();
    expect(help).toMatch(/Example:\n {2}\.\/playhead /);
  },
);

it.each(
  commands
    .filter(({ commands: below }) => below.length === 0)
    .map((command) => [nameOf(command), command] as const),
)('`%s` has --json', (_, command) => {
  expect(command.options.map(({ long }) => long)).toContain('--json');
});

it('lists commands in the order in which somebody meets them', () => {
  const names = createProgram().commands.map((command) => command.name());
  expect(names.join(' ')).toBe(
    'init up down status doctor demo apply get diff produce tail lineage train runs datasets features models deploy replay report alerts dlq log bench test',
  );
});

it.each([
  ['train'],
  ['models', 'promote'],
  ['models', 'search'],
  ['models', 'import', 'forest.onnx'],
  ['datasets', 'sql', 'select 1'],
  ['models', 'alias', 'set', 'fraud@3'],
  ['apply'],
  ['tail', 'transactions', '--from', 'tomorrow'],
  ['tail', 'transactions', '--limit', '0'],
  ['train', 'fraud', '--seed', 'x'],
  ['runs', 'cancel'],
  ['runs', 'trials'],
  ['runs', 'logs'],
  ['nonsense'],
])('takes `%s %s` for wrong use', async (...args) => {
  expect(await outcomeOf(...args)).toMatchObject({ exitCode: 1, name: 'CommanderError' });
  expect(await outcomeOf(...args)).toBeInstanceOf(CommanderError);
});

it.each([
  [
    ['models', 'promote', 'fraud'],
    '"fraud" does not name a version; write for example fraud@3 or fraud@champion',
  ],
  [['models', 'alias', 'set', 'fraud', 'candidate'], '"fraud" does not name a version'],
  [['models', 'import', '/nowhere.onnx', '--model', 'fraud'], '/nowhere.onnx cannot be read'],
  [['models', 'check', 'fraud'], '"fraud" does not name a version'],
  [['models', 'tag', 'fraud@3', 'team'], '"team" is no tag; write for example team=risk'],
  [['dlq', 'redrive', 'feature', '0-1'], 'a dead letter of feature cannot be driven again'],
  [['log', 'cut'], 'say which: a topic, or --all'],
  [['dlq', 'show', 'nonsense', '0-1'], '"nonsense" is neither a service'],
  [['alerts', 'silence', '--deployment', 'fraud'], 'say how long: either --for 2h or --until TIME'],
  [['deploy', 'fraud', '--timeout', 'soon'], '"soon" is not a duration'],
  [['deploy', 'fraud', '--pause', '--abort'], 'say either --pause or --abort'],
  [['deploy', '--watch'], 'say of which deployment: playhead deploy NAME --watch'],
  [['deploy', 'fraud', '--abort', '--as-of', '0-12'], '--as-of looks back, and --abort does not'],
  [['apply', '-f', '/nowhere'], 'there is no file or folder /nowhere'],
])('refuses %s before it looks for a platform', async (args, message) => {
  expect(await outcomeOf(...args, '--data-dir', '/nowhere')).toMatchObject({
    disposition: 'refuse',
    message: expect.stringContaining(message) as string,
  });
});

it.each([
  ['runs', 'cancel', 'run-0-1', '--as', 'grace'],
  ['runs', 'run-0-1'],
  ['models', 'show', 'fraud'],
  ['models', 'search', 'metric.average_precision>=0.6'],
  ['models', 'describe', 'fraud', 'finds fraud'],
])('looks for the platform where %s %s is told to', async (...args) => {
  expect(await outcomeOf(...args, '--data-dir', '/nowhere')).toMatchObject({
    message: expect.stringContaining('nothing runs from /nowhere') as string,
  });
});
