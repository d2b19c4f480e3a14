import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { consoleFolder, readConsole } from './console-files';

const folder = mkdtempSync(join(tmpdir(), 'playhead-console-files-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('has no file where the console is not built', () => {
  expect(readConsole(join(folder, 'none')).size).toBe(0);
});

it('reads every file that a page can ask for, packed and unpacked', () => {
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'assets', 'index-1.js'), 'export {};');
  writeFileSync(join(folder, 'assets', 'index-1.js.map'), '{}');
  const files = readConsole(folder);
  expect([...files].map(([path, { type }]) => [path, type]).sort()).toEqual([
    ['assets/index-1.js', 'text/javascript; charset=utf-8'],
    ['index.html', 'text/html; charset=utf-8'],
  ]);
  const script = files.get('assets/index-1.js')!;
  expect([String(script.bytes), String(gunzipSync(script.gzip))]).toEqual(['export {};', 'export {};']);
});

it('looks where the build writes, from the sources and from what was built of them', () => {
  expect(consoleFolder('/app/services/monitoring/src/http')).toBe('/app/dist/console');
  expect(consoleFolder('/app/dist/services/monitoring/src/http')).toBe('/app/dist/console');
});
