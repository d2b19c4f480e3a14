/** What the documentation names is there: paths, links, npm scripts, commands with their options; and its code does what it says. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { transformSync } from '@swc/core';
import type { Command } from 'commander';
import { SeenPositions } from '#eventlog';
import { Rng } from '#kernel';
import { createProgram } from '../cli/src/program';

const root = resolve(__dirname, '..');
const read = (page: string): string => readFileSync(join(root, page), 'utf8');
const below = (folder: string): string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);

const PAGES = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'docs/README.md',
  'bench/README.md',
  'bench/peers/README.md',
  'clients/typescript/README.md',
  'clients/python/README.md',
  ...below('docs/adr'),
  ...below('docs/how-to'),
];
const each = PAGES.map((page) => [page, read(page)] as const);

/** `libs/kernel/src/errors.ts` in backquotes; `<name>` is any one name, and a list of dots is left to the reader. */
const pathsIn = (text: string): string[] =>
  [...text.matchAll(/`((?:services|libs|cli|console|test|docs|bench|clients|examples|deploy|\.ci)\/[^`\s]*)`/g)].map(
    ([, path]) => path!,
  );

const exists = (path: string): boolean => {
  const [head, ...rest] = path.split(/<[^>]+>/);
  if (rest.length === 0) return existsSync(join(root, path));
  const folder = join(root, head!.slice(0, head!.lastIndexOf('/')));
  // Where there are several names, or a name to choose, the folder is what can be looked for.
  if (rest.length > 1 && !path.includes('topology')) return existsSync(folder);
  return readdirSync(folder).some((name) => existsSync(join(root, path.replaceAll(/<[^>]+>/g, name))));
};

/** What of the pages is not there, of all that `find` sees in them; at least `least`, so that a changed habit of writing does not go unseen. */
const missing = (
  find: (text: string) => readonly string[],
  isThere: (found: string, page: string) => boolean,
  least: number,
): string[] => {
  const found = each.flatMap(([page, text]) => find(text).map((what) => ({ page, what })));
  expect(found.length).toBeGreaterThanOrEqual(least);
  return found.filter(({ page, what }) => !isThere(what, page)).map(({ page, what }) => `${page}: ${what}`);
};

const all =
  (pattern: RegExp) =>
  (text: string): string[] =>
    [...text.matchAll(pattern)].map(([whole, group]) => group ?? whole);

it('names paths that exist', () => {
  expect(missing(pathsIn, exists, 100)).toEqual([]);
});

it('links to pages that exist', () => {
  expect(
    missing(
      all(/\]\((?!https?:)([^)#]+)/g),
      (target, page) => existsSync(join(root, dirname(page), target)),
      30,
    ),
  ).toEqual([]);
});

it('names scripts of npm that exist', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  expect(missing(all(/npm run (?:--silent )?([a-z:]+)/g), (name) => name in scripts, 10)).toEqual([]);
});

it('names commands and options that exist', () => {
  const program = createProgram();
  expect(
    missing(all(/\.\/playhead [^`\n]*/g), (line) => isCommand(program, line.split(/\s+/).slice(1)), 25),
  ).toEqual([]);
});

/** `test` is known by its own script, which `test/run.cjs --help` tells of. */
const isCommand = (program: Command, words: readonly string[]): boolean => {
  let command = program;
  for (const word of words) {
    const found = command.commands.find((sub) => sub.name() === word);
    if (!found) break;
    command = found;
  }
  if (command === program) return words.length === 0;
  const options = words.filter((word) => word.startsWith('--')).map((word) => word.replace(/[,.;:]$/, ''));
  const known =
    command.name() === 'test'
      ? ['--level', '--json', '--help']
      : ['--help', ...command.options.map(({ long }) => long)];
  return options.every((option) => known.includes(option));
};

it('begins with two commands', () => {
  const [name, sentence, block] = read('README.md').split('\n\n');
  expect(name).toBe('# Playhead');
  expect(sentence!.split('\n')).toHaveLength(1);
  expect(block).toBe('```\n./playhead demo fraud\n./playhead test\n```');
});

describe('ten questions of a stranger', () => {
  const table = read('ARCHITECTURE.md').split('## To change X, look at Y')[1]!;
  const rows = table.split('\n').filter((line) => /^\| .*\?/.test(line));

  it('has ten and more, each answered by a path', () => {
    expect(rows.length).toBeGreaterThanOrEqual(10);
    for (const row of rows) expect(pathsIn(row.split('|')[2]!)).not.toEqual([]);
  });

  it('is led from a topology page to each', () => {
    let page = '';
    for (const row of rows) {
      const way = row.split('|')[3]!;
      page = pathsIn(way).find((path) => path.endsWith('.topology.ts')) ?? page;
      const handlers = [...way.matchAll(/`([A-Za-z]+)`/g)].map(([, name]) => name!);
      if (/topology|same page/.test(way))
        expect([row, handlers.filter((name) => !read(page).includes(name))]).toEqual([row, []]);
      else throw new Error(`no topology page leads to: ${row}`);
    }
  });
});

describe('every law of the log', () => {
  const rows = read('ARCHITECTURE.md')
    .split('\n')
    .filter((line) => /^\| \*\*L\d+\./.test(line));

  it('stands in the table, L1 to L11', () => {
    expect(rows.map((row) => /L\d+/.exec(row)![0])).toEqual(
      Array.from({ length: 11 }, (_, i) => `L${i + 1}`),
    );
  });

  it('names the code that keeps it and what shows it', () => {
    for (const row of rows) {
      const [, , keeps, shows] = row.split('|');
      expect(pathsIn(keeps!)).not.toEqual([]);
      expect(shows!.trim()).not.toBe('');
    }
  });
});

describe('the ten-line rule for readers', () => {
  const page = read('docs/how-to/read-predictions.md');
  const snippet = (language: string): string =>
    new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page)![1]!;
  const rng = new Rng(7);
  const ids = Array.from({ length: 500 }, () => ({
    source: `s${rng.below(2)}`,
    partition: rng.below(3),
    offset: rng.below(20),
    k: rng.below(3),
  }));
  const named = ids.map(({ source, partition, offset, k }) => ({
    ce_source: source,
    ce_id: `${partition}-${offset}${k === 0 ? '' : `.${k}`}`,
  }));
  const seen = new SeenPositions();
  const expected = ids.map(({ source, partition, offset, k }) =>
    seen.admit(source, { partition, offset, k }),
  );

  it('is the platform’s own, in TypeScript', () => {
    const { code } = transformSync(snippet('ts'), {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    });
    const isNew = new Function(`${code}\nreturn isNew;`)() as (headers: {
      ce_source: string;
      ce_id: string;
    }) => boolean;
    expect(named.map(isNew)).toEqual(expected);
    expect(expected).toContain(true);
    expect(expected).toContain(false);
  });

  const hasPython = spawnSync('python3', ['--version']).status === 0;
  (hasPython ? it : it.skip)('is the platform’s own, in Python', () => {
    const program = `${snippet('python')}\nimport json, sys\nprint(json.dumps([is_new(h["ce_source"], h["ce_id"]) for h in json.load(sys.stdin)]))`;
    const answer = execFileSync('python3', ['-c', program], {
      input: JSON.stringify(named),
      encoding: 'utf8',
    });
    expect(JSON.parse(answer)).toEqual(expected);
  });
});
