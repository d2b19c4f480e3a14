/** Feeds the layering gate one bad import for each rule, and wants each one named (style.md: a test that feeds the gate). */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const root = resolve(__dirname, '..');
const rules = (
  require(join(root, '.dependency-cruiser.cjs')) as { forbidden: { name: string; comment: string }[] }
).forbidden;

/** Rule -> a file that breaks it, and what it imports. Targets are made as empty modules. */
const breaches: Record<string, { file: string; imports: string; target?: string; targetText?: string }> = {
  'kernel-imports-only-what-lies-below': {
    file: 'libs/kernel/src/a.ts',
    imports: '../../contracts/src/x',
    target: 'libs/contracts/src/x.ts',
  },
  'contracts-imports-only-what-lies-below': {
    file: 'libs/contracts/src/a.ts',
    imports: '../../eventlog/src/x',
    target: 'libs/eventlog/src/x.ts',
  },
  'artifacts-imports-only-what-lies-below': {
    file: 'libs/artifacts/src/a.ts',
    imports: '../../eventlog/src/x',
    target: 'libs/eventlog/src/x.ts',
  },
  'features-imports-only-what-lies-below': {
    file: 'libs/features/src/a.ts',
    imports: '../../contracts/src/x',
    target: 'libs/contracts/src/x.ts',
  },
  'learn-imports-only-what-lies-below': {
    file: 'libs/learn/src/a.ts',
    imports: '../../features/src/x',
    target: 'libs/features/src/x.ts',
  },
  'drift-imports-only-what-lies-below': {
    file: 'libs/drift/src/a.ts',
    imports: '../../features/src/x',
    target: 'libs/features/src/x.ts',
  },
  'eventlog-imports-only-what-lies-below': {
    file: 'libs/eventlog/src/a.ts',
    imports: '../../features/src/x',
    target: 'libs/features/src/x.ts',
  },
  'inference-imports-only-what-lies-below': {
    file: 'libs/inference/src/a.ts',
    imports: '../../eventlog/src/x',
    target: 'libs/eventlog/src/x.ts',
  },
  'segments-imports-only-what-lies-below': {
    file: 'libs/segments/src/a.ts',
    imports: '../../runtime/src/x',
    target: 'libs/runtime/src/x.ts',
  },
  'localstack-imports-only-what-lies-below': {
    file: 'libs/localstack/src/a.ts',
    imports: '../../eventlog/src/x',
    target: 'libs/eventlog/src/x.ts',
  },
  'folds-imports-only-what-lies-below': {
    file: 'libs/folds/src/a.ts',
    imports: '../../replay/src/x',
    target: 'libs/replay/src/x.ts',
  },
  'parquet-imports-only-what-lies-below': {
    file: 'libs/parquet/src/a.ts',
    imports: '../../artifacts/src/x',
    target: 'libs/artifacts/src/x.ts',
  },
  'fit-imports-only-what-lies-below': {
    file: 'libs/fit/src/a.ts',
    imports: '../../eventlog/src/x',
    target: 'libs/eventlog/src/x.ts',
  },
  'replay-imports-only-what-lies-below': {
    file: 'libs/replay/src/a.ts',
    imports: '../../runtime/src/y',
    target: 'libs/runtime/src/y.ts',
  },
  'runtime-imports-only-what-lies-below': {
    file: 'libs/runtime/src/a.ts',
    imports: '../../../services/x/src/x',
    target: 'services/x/src/x.ts',
  },
  'services-talk-through-the-log-only': {
    file: 'services/a/src/a.ts',
    imports: '../../b/src/x',
    target: 'services/b/src/x.ts',
  },
  'nobody-imports-a-service': {
    file: 'cli/src/a.ts',
    imports: '../../services/b/src/x',
    target: 'services/b/src/x.ts',
  },
  'nobody-imports-the-command': {
    file: 'services/a/src/b.ts',
    imports: '../../../cli/src/x',
    target: 'cli/src/x.ts',
  },
  'the-console-stands-alone': {
    file: 'console/src/a.ts',
    imports: '../../libs/contracts/src/x',
    target: 'libs/contracts/src/x.ts',
  },
  'nobody-imports-the-console': {
    file: 'services/a/src/g.ts',
    imports: '../../../console/src/x',
    target: 'console/src/x.ts',
  },
  'only-its-command-imports-the-bench': {
    file: 'cli/src/commands/a.ts',
    imports: '../../../bench/src/x',
    target: 'bench/src/x.ts',
  },
  'tests-stay-out-of-the-product': {
    file: 'services/a/src/c.ts',
    imports: './d.spec',
    target: 'services/a/src/d.spec.ts',
  },
  'only-runtime-and-services-know-nest': { file: 'libs/eventlog/src/b.ts', imports: '@nestjs/common' },
  'pure-code-meets-no-machine': { file: 'services/a/src/domain/a.ts', imports: 'node:fs' },
  'pure-code-meets-no-client': { file: 'services/a/src/domain/b.ts', imports: 'pg' },
  'kafkajs-stays-behind-the-log-port': { file: 'services/a/src/e.ts', imports: 'kafkajs' },
  'no-cycles': {
    file: 'libs/kernel/src/b.ts',
    imports: './c',
    target: 'libs/kernel/src/c.ts',
    targetText: "export * from './b';\n",
  },
};

describe('the layering gate', () => {
  let found: { rule: string; from: string }[];

  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), 'playhead-layering-'));
    try {
      for (const name of ['.dependency-cruiser.cjs', 'package.json', 'tsconfig.json'])
        cpSync(join(root, name), join(folder, name));
      symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
      const write = (path: string, text: string): void => {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      };
      for (const { target, targetText } of Object.values(breaches))
        if (target) write(target, targetText ?? 'export const x = 1;\n');
      for (const { file, imports } of Object.values(breaches)) write(file, `export * from '${imports}';\n`);
      const cruiser = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
      const run = spawnSync(
        process.execPath,
        [
          cruiser,
          '--config',
          '.dependency-cruiser.cjs',
          '--output-type',
          'json',
          'libs',
          'services',
          'cli',
          'bench',
          'console/src',
        ],
        {
          cwd: folder,
          encoding: 'utf8',
          maxBuffer: 64 * 1024 * 1024,
        },
      );
      const report = JSON.parse(run.stdout) as {
        summary: { violations: { rule: { name: string }; from: string }[] };
      };
      found = report.summary.violations.map(({ rule, from }) => ({ rule: rule.name, from }));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 60_000);

  it('has a breach for every rule', () => {
    expect(Object.keys(breaches).sort()).toEqual(rules.map(({ name }) => name).sort());
  });

  it.each(Object.entries(breaches))('%s refuses its breach', (rule, { file }) => {
    expect(found).toContainEqual({ rule, from: file });
  });

  it.each(rules)('$name says why', ({ comment }) => {
    expect(comment.length).toBeGreaterThan(20);
  });
});
