/**
 * The registry's MLflow doors beside MLflow's own server with one worker and Postgres: the same requests from the same client over kept
 * connections, in turns, so that both have the machine as it is in the same minute. Kafka, Postgres and both servers are real.
 *
 *   npm run build && node dist/bench/mlflow/beside.js [seconds of each measurement] [rounds]
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pythonWith, startLocalStack, stopLocalStack } from '#localstack';
import { callers, type Measured } from './callers';
import { processorMs } from './processor-time';

const ROOT = resolve(__dirname, '../../..');
const REQUIREMENTS = join(ROOT, 'services/registry/src/mlflow/client/requirements.txt');
const CONNECTIONS = [1, 8];

interface Party {
  readonly name: string;
  readonly url: string;
  readonly program: ChildProcess;
}

const freePort = (): Promise<number> =>
  new Promise((done, failed) => {
    const server = createServer().on('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });

const say = (line: string): void => void process.stderr.write(`${line}\n`);

const started = async (
  name: string,
  url: string,
  ready: string,
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  folder: string,
): Promise<Party> => {
  const output = openSync(join(folder, `${name}.log`), 'w');
  const [file, ...rest] = command;
  const program = spawn(file!, rest, { env, cwd: folder, stdio: ['ignore', output, output], detached: true });
  const deadline = Date.now() + 120_000;
  for (;;) {
    if (program.exitCode !== null || Date.now() > deadline)
      throw new Error(
        `${name} does not start:\n${readFileSync(join(folder, `${name}.log`), 'utf8').slice(-2_000)}`,
      );
    const answer = await fetch(url + ready).catch(() => undefined);
    if (answer?.ok) return { name, url, program };
    await new Promise((wait) => setTimeout(wait, 200));
  }
};

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

const main = async (): Promise<void> => {
  const [seconds = 5, rounds = 3] = process.argv.slice(2).map(Number);
  const packages = readFileSync(REQUIREMENTS, 'utf8').trim().split('\n');
  const python = await pythonWith('mlflow', packages, say);
  const dataDir = mkdtempSync(join(tmpdir(), 'playhead-bench-mlflow-'));
  const parties: Party[] = [];
  try {
    const stack = await startLocalStack({ dataDir, parts: ['kafka', 'postgres'], progress: say });
    mkdirSync(join(dataDir, 'artifacts'));
    const [ours, theirs] = [await freePort(), await freePort()];
    parties.push(
      await started(
        'playhead',
        `http://127.0.0.1:${ours}`,
        '/health/ready',
        [process.execPath, join(ROOT, 'dist/services/registry/src/main.js')],
        {
          ...process.env,
          KAFKA_BROKERS: stack.kafka.brokers.join(','),
          POSTGRES_URL: stack.postgres.url,
          PLAYHEAD_ARTIFACT_DIR: join(dataDir, 'artifacts'),
          PLAYHEAD_PORT: String(ours),
        },
        dataDir,
      ),
    );
    parties.push(
      await started(
        'mlflow',
        `http://127.0.0.1:${theirs}`,
        '/health',
        [
          ...[
            python,
            '-m',
            'mlflow',
            'server',
            '--workers',
            '1',
            '--host',
            '127.0.0.1',
            '--port',
            String(theirs),
          ],
          ...['--backend-store-uri', stack.postgres.url.replace(/^postgres(ql)?:/, 'postgresql+psycopg2:')],
          ...['--artifacts-destination', join(dataDir, 'mlflow-artifacts')],
        ],
        { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true', DO_NOT_TRACK: 'true' },
        dataDir,
      ),
    );
    const rows = await measured(parties, seconds, rounds);
    process.stdout.write(`${table(rows)}\n`);
  } finally {
    for (const { program } of parties) process.kill(-program.pid!, 'SIGKILL');
    await stopLocalStack(dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  }
};

interface Result extends Omit<Measured, 'calls'> {
  readonly party: string;
  /** Processor milliseconds of the server for each call; database and broker are not in it. */
  readonly cpu: number;
}

type Taken = Measured & Pick<Result, 'cpu'>;

interface Row {
  readonly call: string;
  readonly connections: number;
  readonly results: readonly Result[];
}

/** Each call, by each number of connections: the parties take turns, and the median of their rounds counts. */
const measured = async (parties: readonly Party[], seconds: number, rounds: number): Promise<Row[]> => {
  const rows: Row[] = [];
  for (const caller of callers)
    for (const connections of CONNECTIONS) {
      const taken = new Map<string, Taken[]>(parties.map(({ name }) => [name, []]));
      for (let round = 0; round <= rounds; round++)
        for (const { name, url, program } of parties) {
          const before = processorMs(program.pid!);
          const one = await caller.measure(url, connections, round === 0 ? 1 : seconds);
          const cpu = (processorMs(program.pid!) - before) / one.calls;
          // The first round warms up.
          if (round > 0) taken.get(name)!.push({ ...one, cpu });
        }
      const results = parties.map(({ name }) => {
        const all = taken.get(name)!;
        return {
          party: name,
          rate: median(all.map(({ rate }) => rate)),
          p50: median(all.map(({ p50 }) => p50)),
          p99: median(all.map(({ p99 }) => p99)),
          cpu: median(all.map(({ cpu }) => cpu)),
        };
      });
      rows.push({ call: caller.name, connections, results });
      say(JSON.stringify(rows.at(-1)));
    }
  return rows;
};

const table = (rows: readonly Row[]): string =>
  [
    '| call | connections | playhead calls/s | p50 / p99 ms | CPU ms/call | MLflow calls/s | p50 / p99 ms | CPU ms/call | ratio of calls | of CPU |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map(({ call, connections, results: [ours, theirs] }) => {
      const columns = ({ rate, p50, p99, cpu }: Result): string =>
        `${rate.toFixed(0)} | ${p50.toFixed(1)} / ${p99.toFixed(1)} | ${cpu.toFixed(2)}`;
      const ratio = (ours!.rate / theirs!.rate).toFixed(1);
      const ofCpu = (theirs!.cpu / ours!.cpu).toFixed(1);
      return `| ${call} | ${connections} | ${columns(ours!)} | ${columns(theirs!)} | ${ratio} | ${ofCpu} |`;
    }),
  ].join('\n');

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
