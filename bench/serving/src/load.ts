import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Refused, TransientFailure } from '#kernel';
import { cachedFolder, cacheFolder, findProgram, run } from '#localstack';
import { framed, unframed } from './wires';

/** What the load generator says (load/report.go); times in milliseconds. */
export interface LoadReport {
  readonly requests: number;
  readonly errors: number;
  readonly errorKinds?: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly rate: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly lateP99: number;
  readonly reopened: number;
  readonly cpuSeconds: number;
}

export interface Load {
  /** http://host:port/path, or grpc://host:port/package.Service/Method. */
  readonly url: string;
  readonly bodies: readonly Uint8Array[];
  /** `name: value` */
  readonly headers?: readonly string[];
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second, open loop; closed loop without it. */
  readonly rate?: number;
}

export interface Loaded {
  readonly report: LoadReport;
  /** The last answer to each body; empty where there was none. */
  readonly answers: readonly Uint8Array[];
}

/** A load under way. */
export interface RunningLoad {
  readonly done: Promise<Loaded>;
  /** Ends it before its time; `done` tells what it found. */
  end(): void;
}

/** Beside the sources and in the build alike. */
const SOURCE = join(__dirname, '..', 'load');

const sourceFiles = (): string[] =>
  readdirSync(SOURCE)
    .filter((name) => /\.(go|mod|sum)$/.test(name))
    .sort();

/**
 * The load generator, compiled once into the cache.
 * @throws Refused PLAYHEAD_STACK_MISSING where there is no Go, or it cannot compile.
 */
export const buildLoad = async (say: (line: string) => void): Promise<string> => {
  const hash = createHash('sha256');
  for (const name of sourceFiles()) hash.update(name).update(readFileSync(join(SOURCE, name)));
  const home = join(cacheFolder(process.env), `bench-load-${hash.digest('hex').slice(0, 16)}`);
  await cachedFolder({
    home,
    isComplete: () => existsSync(join(home, 'load')),
    fill: async (folder) => {
      const go = findProgram('go', process.env);
      if (go === undefined)
        throw new Refused(
          'PLAYHEAD_STACK_MISSING',
          'go is not on PATH; it is needed to build the load generator',
        );
      say('load: compiling the load generator with Go (once)');
      for (const name of sourceFiles()) cpSync(join(SOURCE, name), join(folder, name));
      const built = await run(go, ['build', '-o', 'load', '.'], {
        env: { ...process.env, CGO_ENABLED: '0' },
        cwd: folder,
      });
      if (built.code !== 0)
        throw new Refused('PLAYHEAD_STACK_MISSING', `go build failed:\n${built.output.trim().slice(-2000)}`);
    },
    waiting: () => say('load: waiting for another process that compiles it'),
  });
  return join(home, 'load');
};

/** Starts a load; `program` is from `buildLoad`. */
export const startLoad = (program: string, load: Load): RunningLoad => {
  const folder = mkdtempSync(join(tmpdir(), 'playhead-load-'));
  const [bodies, answers] = [join(folder, 'bodies'), join(folder, 'answers')];
  writeFileSync(bodies, framed(load.bodies));
  const child = spawn(
    program,
    [
      ...['-url', load.url, '-bodies', bodies, '-answers', answers],
      ...['-connections', String(load.connections), '-seconds', String(load.seconds)],
      ...(load.rate === undefined ? [] : ['-rate', String(load.rate)]),
      ...(load.headers ?? []).flatMap((header) => ['-header', header]),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString('utf8')));
  const done = new Promise<Loaded>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0)
        resolve({ report: JSON.parse(said.out) as LoadReport, answers: unframed(readFileSync(answers)) });
      else
        reject(new TransientFailure('PLAYHEAD_STACK_UNAVAILABLE', `load of ${load.url}: ${said.err.trim()}`));
    });
  }).finally(() => rmSync(folder, { recursive: true, force: true }));
  return { done, end: () => void child.kill('SIGINT') };
};
