#!/usr/bin/env node
/** Builds the console into dist/console where a source of it is newer; `--force` builds in any case. Called by `npm run build`. */
'use strict';
const { spawnSync } = require('node:child_process');
const { existsSync, readdirSync, renameSync, rmSync, statSync } = require('node:fs');
const { join, resolve } = require('node:path');

const root = resolve(__dirname, '..');
const output = join(root, 'dist', 'console');

/** Of a file, or of all that lies in a folder; the folder itself counts too, so that a removed file is seen. */
const newest = (path) => {
  const { mtimeMs } = statSync(path);
  const inside = statSync(path).isDirectory()
    ? readdirSync(path).map((name) => newest(join(path, name)))
    : [];
  return Math.max(mtimeMs, ...inside);
};

const built = join(output, 'index.html');
const sources = ['console/src', 'console/index.html', 'console/vite.config.mjs', 'console/tsconfig.json'];
const isBuilt = () =>
  existsSync(built) && sources.every((path) => newest(join(root, path)) < statSync(built).mtimeMs);

if (process.argv.includes('--force') || !isBuilt()) {
  // Built aside and then moved, so that nobody is served half a console.
  const aside = `${output}.${process.pid}`;
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const { status } = spawnSync(
    process.execPath,
    [vite, 'build', '--config', join(__dirname, 'vite.config.mjs')],
    {
      cwd: __dirname,
      env: { ...process.env, NODE_ENV: 'production', PLAYHEAD_CONSOLE_OUT: aside },
      stdio: ['ignore', process.stderr, 'inherit'],
    },
  );
  if (status === 0) {
    rmSync(output, { recursive: true, force: true });
    renameSync(aside, output);
  } else rmSync(aside, { recursive: true, force: true });
  process.exitCode = status ?? 1;
}
