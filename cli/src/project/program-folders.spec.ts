import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { withProgramFolders } from './program-folders';

const folder = mkdtempSync(join(tmpdir(), 'playhead-programs-'));
const path = join(folder, 'playhead.yaml');
const put = (name: string, content: string | Buffer): void => {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), content);
};
beforeAll(() => {
  put('a/train.py', 'print("é\\n")\n# done\n');
  put('a/lib/more.py', 'x = 1\n');
  put('a/__pycache__/train.pyc', Buffer.from([0xff, 0xfe]));
  put('a/.venv/huge', 'no');
  put('b/run.sh', 'exit 0\n');
  put('binary/model.bin', Buffer.from([0xff, 0xfe, 0x00]));
  put('large/data.csv', 'x'.repeat(200_000));
});
afterAll(() => rmSync(folder, { recursive: true }));

const model = (command: string): string => `# a comment
kind: Model
name: m
spec:
  trainer: # here
    kind: command
    command: ${command}
  gates: []
`;

const commandsIn = (text: string): unknown[] =>
  parseAllDocuments(text).map(
    (each) => (each.toJS() as { spec: { trainer: { command: unknown } } }).spec.trainer.command,
  );

const A = { 'lib/more.py': 'x = 1\n', 'train.py': 'print("é\\n")\n# done\n' };

it.each([
  ['{ run: [python3, train.py], folder: a, timeout: 5m }'],
  ['\n      run: [python3, train.py]\n      folder: a # beside\n      timeout: 5m'],
  ['\n      folder: "a"\n      run: [python3, train.py]\n      timeout: 5m'],
])('puts the files of a folder in its place: %j', async (command) => {
  const text = model(command);
  const whole = await withProgramFolders({ path, text });
  expect(commandsIn(whole.text)).toEqual([{ run: ['python3', 'train.py'], files: A, timeout: '5m' }]);
  expect(whole.text.split('\n')).toHaveLength(text.split('\n').length);
});

it('knows several models in one file, and leaves other folders alone', async () => {
  const text = [
    model('{ run: [x], folder: a }'),
    model('{ run: [y], folder: b }'),
    'kind: Stream\nfolder: a\n',
  ].join('---\n');
  const whole = await withProgramFolders({ path, text });
  expect(commandsIn(whole.text.slice(0, whole.text.lastIndexOf('---')))).toEqual([
    { run: ['x'], files: A },
    { run: ['y'], files: { 'run.sh': 'exit 0\n' } },
  ]);
  expect(whole.text).toContain('kind: Stream\nfolder: a\n');
});

it.each([
  ['nowhere', 'there is no folder nowhere'],
  ['binary', 'binary/model.bin is no text'],
  ['large', 'more than 131072 bytes'],
])('refuses a folder %s', async (named, why) => {
  await expect(withProgramFolders({ path, text: model(`{ run: [x], folder: ${named} }`) })).rejects.toThrow(
    why,
  );
});
