/** More processes of the feature service beside the platform's own, each of which may be killed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, type PlatformUnderTest } from '../../support/platform-under-test';
import { until, withinMs } from './deadlines';

/** What the service logs for each partition that it has taken over. */
const TAKEN = /goes on with partition/g;

/** Partitions taken over so far, as the log of a process says. */
export const takenIn = (log: string): number => readFileSync(log, 'utf8').match(TAKEN)?.length ?? 0;

export class FeatureProcess {
  private readonly ended: Promise<string>;

  private constructor(
    private readonly child: ChildProcess,
    readonly log: string,
  ) {
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
      child.once('error', (error) => resolve(error.message));
    });
  }

  /** Under the environment of the platform's own process, on a free port. */
  static async start(platform: PlatformUnderTest, name: string): Promise<FeatureProcess> {
    const { namespace, kafka, postgres, s3 } = await platform.status();
    const log = join(platform.dataDir, 'logs', `${name}.log`);
    const out = openSync(log, 'a');
    try {
      const child = spawn(process.execPath, [join(ROOT, 'dist', 'services', 'feature', 'src', 'main.js')], {
        cwd: platform.dataDir,
        env: {
          ...process.env,
          ...platform.environment,
          KAFKA_BROKERS: kafka.brokers.join(','),
          POSTGRES_URL: postgres.url,
          ...(s3.endpoint.startsWith('file://')
            ? { PLAYHEAD_ARTIFACT_DIR: s3.endpoint.slice('file://'.length) }
            : {
                S3_ENDPOINT: s3.endpoint,
                S3_ACCESS_KEY: s3.accessKey,
                S3_SECRET_KEY: s3.secretKey,
                S3_BUCKET: s3.bucket,
              }),
          PLAYHEAD_NAMESPACE: namespace,
          PLAYHEAD_INSTANCE: name,
          PLAYHEAD_PORT: '0',
        },
        stdio: ['ignore', out, out],
      });
      return new FeatureProcess(child, log);
    } finally {
      closeSync(out);
    }
  }

  get taken(): number {
    return takenIn(this.log);
  }

  get runs(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Resolves when it has taken over more than `before` partitions. */
  async hasTaken(before = 0): Promise<void> {
    await until(`${this.log} takes over a partition`, () => {
      if (!this.runs)
        throw new Error(
          `${this.log}: the process has ended\n${readFileSync(this.log, 'utf8').slice(-2_000)}`,
        );
      return this.taken > before;
    });
  }

  /** `kill -9`; false where it had ended before. */
  async kill(): Promise<boolean> {
    const sent = this.runs && this.child.kill('SIGKILL');
    return (await withinMs(20_000, `the end of ${this.log}`, this.ended)) === 'SIGKILL' && sent;
  }

  /** Asked politely; says how it ended. */
  async leave(): Promise<string> {
    this.child.kill('SIGTERM');
    return withinMs(60_000, `the end of ${this.log}`, this.ended);
  }
}
