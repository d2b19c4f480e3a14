import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diffDefinitions, loadDefinitions, parseDefinitions, type Definition } from '#contracts';
import { readDefinitionFiles } from './definition-files';
import { projectRoot } from './project-root';
import { writtenForm } from './written-form';

const folder = mkdtempSync(join(tmpdir(), 'playhead-project-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const example = readFileSync(join(projectRoot(), 'examples', 'fraud', 'playhead.yaml'), 'utf8');

describe('readDefinitionFiles', () => {
  it('reads every YAML file below a folder by name, and leaves out what is hidden or installed', async () => {
    for (const sub of ['views', '.playhead', 'node_modules']) mkdirSync(join(folder, sub));
    for (const name of [
      'b.yaml',
      'a.yml',
      'views/c.yaml',
      '.playhead/d.yaml',
      'node_modules/e.yaml',
      'notes.txt',
    ])
      writeFileSync(join(folder, name), name);
    const files = await readDefinitionFiles(folder);
    expect(files).toEqual(
      ['a.yml', 'b.yaml', 'views/c.yaml'].map((name) => ({ path: join(folder, name), text: name })),
    );
    expect(await readDefinitionFiles(join(folder, 'b.yaml'))).toEqual([
      { path: join(folder, 'b.yaml'), text: 'b.yaml' },
    ]);
  });

  it('says what is missing', async () => {
    await expect(readDefinitionFiles(join(folder, 'none'))).rejects.toThrow('there is no file or folder');
    mkdirSync(join(folder, 'empty'));
    await expect(readDefinitionFiles(join(folder, 'empty'))).rejects.toThrow('holds no .yaml file');
  });
});

it('writes definitions so that applying them again changes nothing', () => {
  const stored = loadDefinitions([{ path: 'playhead.yaml', text: example }]).definitions.map(
    ({ kind, name, spec }) => ({ kind, name, spec }) as Definition,
  );
  const again = parseDefinitions([
    {
      path: 'again.yaml',
      text: stored
        .map((definition) => writtenForm({ ...definition, spec: { ...definition.spec } }))
        .join('---\n'),
    },
  ]);
  expect(again.faults).toEqual([]);
  expect(again.definitions.map(({ kind, name, spec }) => ({ kind, name, spec }))).toEqual(stored);
  expect(diffDefinitions(stored, again.definitions).map(({ change }) => change)).toEqual(
    stored.map(() => 'unchanged'),
  );
});
