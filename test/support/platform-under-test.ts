/** The platform as an outside program meets it: the built command, its doors, and the log. Needs `npm run build`. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openArtifactStore, type ArtifactStore } from '#artifacts';
import { createKafkaLog } from '#eventlog/kafka';
import type { EventLog } from '#eventlog';

export const ROOT = resolve(__dirname, '..', '..');
export const COMMAND = join(ROOT, 'dist', 'cli', 'src', 'main.js');
export const DATA = resolve(ROOT, process.env.PLAYHEAD_DATA ?? '../shared/data');

/** A suite on the real streams: skipped, and said to be, where they are absent. */
export const describeWithData: typeof describe = (
  existsSync(DATA) ? describe : describe.skip
) as typeof describe;
if (!existsSync(DATA))
  process.stderr.write(`!! SKIPPED, not passed: the real streams are absent at PLAYHEAD_DATA=${DATA}\n`);

export interface Ran {
  readonly code: number;
  /** The JSON object on the last line of standard output. */
  readonly json: Record<string, unknown>;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Status {
  readonly namespace: string;
  readonly kafka: { readonly brokers: string[] };
  readonly postgres: { readonly url: string };
  readonly s3: {
    readonly endpoint: string;
    readonly bucket: string;
    readonly accessKey: string;
    readonly secretKey: string;
  };
  readonly services: Record<string, { readonly url: string; readonly pid: number; readonly ready: boolean }>;
}

/** One data folder of its own, free ports, a namespace of its own; always stopped. */
export class PlatformUnderTest {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'playhead-e2e-'));
  private log: EventLog | undefined;

  constructor(
    readonly namespace: string,
    /** Added to the environment of the command, and so of the services that it starts. */
    readonly environment: Readonly<Record<string, string>> = {},
  ) {}

  /** Runs the command; `place` adds the data folder (and for starts namespace and ports). */
  run(
    args: readonly string[],
    options: { readonly expectCode?: number; readonly timeoutMs?: number } = {},
  ): Promise<Ran> {
    const starts = ['up', 'demo'].includes(args[0]!);
    const place = [
      '--data-dir',
      this.dataDir,
      ...(starts ? ['--namespace', this.namespace, '--port-base', '0'] : []),
    ];
    return runCommand([...args, ...place, '--json'], { ...options, environment: this.environment });
  }

  async status(): Promise<Status> {
    return (await this.run(['status'])).json as unknown as Status;
  }

  async openLog(): Promise<EventLog> {
    this.log ??= createKafkaLog({ brokers: (await this.status()).kafka.brokers, clientId: 'playhead-test' });
    return this.log;
  }

  async openArtifacts(): Promise<ArtifactStore> {
    const { s3, namespace } = await this.status();
    return openArtifactStore(
      s3.endpoint.startsWith('file://')
        ? { namespace, directory: s3.endpoint.slice('file://'.length) }
        : { namespace, s3 },
    );
  }

  async stop(): Promise<void> {
    await this.log?.close();
    await runCommand(['down', '--purge', '--data-dir', this.dataDir, '--json'], { timeoutMs: 90_000 });
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

export const runCommand = (
  args: readonly string[],
  {
    expectCode = 0,
    timeoutMs = 600_000,
    environment = {},
  }: {
    readonly expectCode?: number;
    readonly timeoutMs?: number;
    readonly environment?: Readonly<Record<string, string>>;
  } = {},
): Promise<Ran> =>
  new Promise((done, fail) => {
    if (!existsSync(COMMAND)) return fail(new Error(`${COMMAND} is not built; run \`npm run build\``));
    const child = spawn(process.execPath, [COMMAND, ...args], {
      cwd: ROOT,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      const code = status ?? -1;
      if (code !== expectCode)
        return fail(
          new Error(
            `playhead ${args.join(' ')} ended with ${signal ?? code}, expected ${expectCode}\n${stdout.slice(-3_000)}\n${stderr.slice(-3_000)}`,
          ),
        );
      const last = stdout.trimEnd().split('\n').at(-1) ?? '';
      done({
        code,
        stdout,
        stderr,
        json: last.startsWith('{') ? (JSON.parse(last) as Record<string, unknown>) : {},
      });
    });
  });
