#!/usr/bin/env node
/**
 * Runs every level of tests that CI runs and adds up the true sums. `./playhead test` calls it; so can `node test/run.cjs --help`.
 * A level is a list of checks (one pass or failure each) or a jest project (read from jest's own JSON, not from its summary).
 */
'use strict';
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { existsSync, mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join, resolve } = require('node:path');

const root = resolve(__dirname, '..');
const dataFolder = resolve(root, process.env.PLAYHEAD_DATA ?? '../shared/data');

/** In the order they run: the quick ones first, so that a fault shows early. `minutes`: a level that takes longer hangs, is ended and counts as failed. */
const levels = [
  { name: 'types', minutes: 4, check: ['npm', ['run', '--silent', 'types']] },
  { name: 'lint', minutes: 4, check: ['npm', ['run', '--silent', 'lint']] },
  { name: 'layering', minutes: 4, check: ['npm', ['run', '--silent', 'layering']] },
  { name: 'contracts', minutes: 4, check: ['npm', ['run', '--silent', 'contracts:check']] },
  {
    name: 'quick',
    minutes: 8,
    jest: 'quick',
    workers: 2,
    about: 'unit, property and topology tests; no server',
  },
  {
    name: 'integration',
    minutes: 25,
    jest: 'integration',
    workers: 1,
    about: 'each adapter against the real local stack',
  },
  { name: 'e2e', minutes: 25, jest: 'e2e', workers: 1, about: 'all six services on the real local stack' },
  {
    name: 'chaos',
    minutes: 15,
    jest: 'chaos',
    workers: 1,
    about: 'kills and restarts in the middle of the work',
  },
];

const help = `playhead test: run all that CI runs

  --level NAME[,NAME]   only these: ${levels.map(({ name }) => name).join(', ')}
  --json                one JSON object as the last line instead of the counts

Example: ./playhead test --level types,quick

Real streams are read from PLAYHEAD_DATA (default ../shared/data); tests that need them are skipped, and said to be, where they are absent.
The last line is "N passed, N failed" over all levels; the exit code is 1 if anything failed.`;

const parseArguments = (argv) => {
  const options = { json: false, only: undefined };
  for (let i = 0; i < argv.length; i++) {
    if (argv[i] === '--help' || argv[i] === '-h') return { help: true };
    else if (argv[i] === '--json') options.json = true;
    else if (argv[i] === '--level' && argv[i + 1]) options.only = argv[++i].split(',');
    else return { fault: `"${argv[i]}" is not an option of playhead test; see --help` };
  }
  const unknown = options.only?.filter((name) => !levels.some((level) => level.name === name)) ?? [];
  return unknown.length > 0
    ? { fault: `no level "${unknown[0]}"; levels are ${levels.map(({ name }) => name).join(', ')}` }
    : options;
};

/** Runs a program to its end, or ends it and all that it started in its group when it hangs. Gives its exit code. */
const run = async (command, args, { name, minutes, stdio }) => {
  const child = spawn(command, args, { cwd: root, stdio, detached: true });
  const killGroup = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  };
  const timer = setTimeout(() => {
    console.error(`!! ${name} has not ended after ${minutes} minutes: it hangs and is ended`);
    killGroup();
  }, minutes * 60_000);
  const interrupted = () => (killGroup(), process.exit(130));
  process.on('SIGINT', interrupted).on('SIGTERM', interrupted);
  const [status, signal] = await once(child, 'exit');
  process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
  clearTimeout(timer);
  return status ?? signal;
};

const runCheck = async ({ check: [command, args], name, minutes }) => {
  const status = await run(command, args, { name, minutes, stdio: 'inherit' });
  return status === 0 ? { passed: 1, failed: 0, skipped: [] } : { passed: 0, failed: 1, skipped: [] };
};

const runJest = async ({ name, jest, workers, minutes }) => {
  const folder = mkdtempSync(join(tmpdir(), 'playhead-test-'));
  const output = join(folder, 'result.json');
  try {
    const args = [
      join(root, 'node_modules/jest/bin/jest.js'),
      '--selectProjects',
      jest,
      '--json',
      '--outputFile',
      output,
      '--forceExit',
      '-w',
      String(workers),
    ];
    const status = await run(process.execPath, args, {
      name,
      minutes,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (!existsSync(output))
      return { passed: 0, failed: 1, skipped: [`${name}: jest ended with ${status} and left no result`] };
    const result = JSON.parse(readFileSync(output, 'utf8'));
    const skipped = result.testResults.flatMap((file) =>
      file.assertionResults
        .filter(({ status: s }) => s === 'pending' || s === 'todo')
        .map((test) => `${name}: ${test.fullName}`),
    );
    // A file that did not load counts as one failure: jest counts no test of it.
    const broken = result.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.length === 0,
    ).length;
    const none = result.numTotalTests === 0 && broken === 0;
    if (none) console.error(`level ${name} has no test, which is a failure`);
    return {
      passed: result.numPassedTests,
      failed: result.numFailedTests + broken + (none ? 1 : 0),
      skipped,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const main = async () => {
  const options = parseArguments(process.argv.slice(2));
  if (options.help) return (console.log(help), 0);
  if (options.fault) return (console.error(options.fault), 2);
  if (!existsSync(dataFolder))
    console.error(
      `\n!! The real streams are absent (${process.env.PLAYHEAD_DATA ?? '../shared/data'}); set PLAYHEAD_DATA. Tests on them are SKIPPED, not passed.\n`,
    );
  const rows = [];
  for (const level of levels.filter(
    ({ name }) => options.only === undefined || options.only.includes(name),
  )) {
    console.error(`== ${level.name}${level.about ? ` (${level.about})` : ''}`);
    const started = Date.now();
    const result = level.check ? await runCheck(level) : await runJest(level);
    const seconds = Math.round((Date.now() - started) / 1000);
    rows.push({ level: level.name, ...result, seconds });
    console.error(
      `== ${level.name}: ${result.passed} passed, ${result.failed} failed, ${result.skipped.length} skipped, ${seconds} s\n`,
    );
  }
  const passed = rows.reduce((sum, row) => sum + row.passed, 0);
  const failed = rows.reduce((sum, row) => sum + row.failed, 0);
  for (const reason of rows.flatMap((row) => row.skipped)) console.log(`skipped: ${reason}`);
  for (const row of rows)
    console.log(
      `${row.level.padEnd(12)} ${String(row.passed).padStart(5)} passed ${String(row.failed).padStart(4)} failed ${String(row.skipped.length).padStart(4)} skipped ${String(row.seconds).padStart(5)} s`,
    );
  console.log(
    options.json ? JSON.stringify({ passed, failed, levels: rows }) : `${passed} passed, ${failed} failed`,
  );
  return failed === 0 ? 0 : 1;
};

void main().then((code) => (process.exitCode = code));
