import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDefinitions } from '#contracts';
import { writeProject } from './init';

const folder = mkdtempSync(join(tmpdir(), 'playhead-init-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('writes a project that is valid, and never overwrites one', async () => {
  const dir = join(folder, 'new', 'project');
  expect(await writeProject(dir)).toEqual(['playhead.yaml', '.gitignore']);
  const path = join(dir, 'playhead.yaml');
  expect(
    loadDefinitions([{ path, text: readFileSync(path, 'utf8') }]).definitions.map(({ kind }) => kind),
  ).toContain('Deployment');
  writeFileSync(path, 'mine');
  await expect(writeProject(dir)).rejects.toThrow('is there already');
  expect(readFileSync(path, 'utf8')).toBe('mine');
});

it('leaves a .gitignore alone', async () => {
  writeFileSync(join(folder, '.gitignore'), 'mine');
  expect(await writeProject(folder)).toEqual(['playhead.yaml']);
  expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toBe('mine');
});
