import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalStack, stopLocalStack } from '#localstack';
import type { BenchOptions, Findings, Scenario, Workbench } from './scenario';
import { thisMachine, type Machine } from './report/machine';
import { PaymentStream } from './stage/payments';
import { ROAD, Stage } from './stage/stage';
import { grown, progressOf } from './stage/stretch';

export interface BenchRun extends BenchOptions {
  readonly scenarios: readonly Scenario[];
  readonly keep: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
  /** Called with each scenario's findings as they come. */
  readonly found: (scenario: string, findings: Findings) => void;
}

/** What `--out` writes. */
export interface BenchReport {
  readonly machine: Machine;
  readonly at: string;
  readonly scenarios: Readonly<
    Record<string, Findings & { readonly rows: number; readonly repeats: number; readonly seconds: number }>
  >;
}

/** Everything that was started by a bench, released in reverse order, once. */
export class Releases {
  private readonly held: (() => Promise<void>)[] = [];
  private releasing: Promise<void> | undefined;

  add(release: () => Promise<void>): () => Promise<void> {
    this.held.push(release);
    return async () => {
      const at = this.held.indexOf(release);
      if (at < 0) return;
      this.held.splice(at, 1);
      await release();
    };
  }

  /** Goes on after a failure, and throws the first one at the end. Whoever calls it again waits for the same. */
  all(): Promise<void> {
    return (this.releasing ??= this.releaseAll());
  }

  private async releaseAll(): Promise<void> {
    const failures: unknown[] = [];
    for (let release = this.held.pop(); release; release = this.held.pop())
      await release().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}

/** Runs the scenarios one after the other. What they started is stopped by `releases`, by whoever called. */
export const runBench = async (run: BenchRun, releases: Releases): Promise<BenchReport> => {
  const ground = groundOf(run, releases);
  const scenarios: Record<string, BenchReport['scenarios'][string]> = {};
  for (const { name, defaults, run: measure } of run.scenarios) {
    const { rows = defaults.rows, repeats = defaults.repeats, withoutPeers, isQuick, env, say } = run;
    say(`${name}: ${rows} rows, ${repeats === 1 ? 'once' : `${repeats} times`}`);
    const started = Date.now();
    const atEnd: Workbench['atEnd'] = (release) => releases.add(release);
    const findings = await measure({ rows, repeats, withoutPeers, isQuick, env, say, ...ground, atEnd });
    scenarios[name] = { ...findings, rows, repeats, seconds: (Date.now() - started) / 1_000 };
    run.found(name, findings);
  }
  return { machine: thisMachine(), at: new Date().toISOString(), scenarios };
};

/** One stage for all scenarios, until its stream of payments is used up; one broker for those that need no stage. */
const groundOf = (
  { env, say, keep }: Pick<BenchRun, 'env' | 'say' | 'keep'>,
  releases: Releases,
): Pick<Workbench, 'stage' | 'brokers'> => {
  let current: { stage: Stage; payments: PaymentStream; close: () => Promise<void> } | undefined;
  let broker: Promise<readonly string[]> | undefined;
  return {
    stage: async (count) => {
      if (current?.stage.isCountable && (await current.payments.has(count))) {
        await drain(current.stage, say);
        return current.stage;
      }
      await current?.close();
      const payments = PaymentStream.open(env, say);
      say(`payments: ${payments.origin}`);
      let close = (): Promise<void> => payments.close();
      const stage = await Stage.open({ payments, env, say, keep }, (begun) => {
        close = releases.add(() => begun.close());
      });
      current = { stage, payments, close };
      return stage;
    },
    brokers: () => {
      if (current) return Promise.resolve(current.stage.endpoints.kafka.brokers);
      return (broker ??= startBroker(env, say, releases));
    },
  };
};

/** Lets the services work off what an earlier scenario left in the inbox. */
const drain = async (stage: Stage, say: (line: string) => void): Promise<void> => {
  const [due, there] = [await stage.predictionsDue(), await stage.count(ROAD.predictions)];
  if (there >= due) return;
  await stage.startServices();
  await grown(stage, ROAD.predictions, there, due - there, progressOf({ count: due - there, say }));
  await stage.stopServices();
};

const startBroker = async (
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
  releases: Releases,
): Promise<readonly string[]> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'playhead-bench-'));
  const starting = startLocalStack({ dataDir, parts: ['kafka'], env, progress: say });
  releases.add(async () => {
    await starting.catch(() => undefined);
    await stopLocalStack(dataDir, { purge: true, progress: say });
    rmSync(dataDir, { recursive: true, force: true });
  });
  return (await starting).kafka.brokers;
};
