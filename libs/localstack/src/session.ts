/** One change to a stack, under its lock: what it remembers, and how each part is started, asked and ended. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Refused } from '#kernel';
import type { Endpoints, Environment } from './external';
import { brokerAnswers, startBroker } from './kafka/broker';
import { EndedEarly, endLeftovers, type StartContext } from './part';
import { choosePorts, isFreePort, type PortName, type Ports } from './ports';
import { chooseHome } from './postgres/home';
import { postgresAnswers, postgresUrl, startPostgres } from './postgres/server';
import { endProcess, isRunning } from './processes';
import { minioProgram } from './s3/minio-program';
import { localObjectStore, objectStoreAnswers, startMinio } from './s3/minio-server';
import { logPath, writeState, type Part, type StackState } from './state';

export const PORTS_OF: Readonly<Record<Part, readonly PortName[]>> = {
  kafka: ['kafka', 'controller'],
  postgres: ['postgres'],
  s3: ['s3'],
};

const ENDING: Readonly<Record<Part, readonly (readonly [NodeJS.Signals, number])[]>> = {
  kafka: [
    ['SIGTERM', 20_000],
    ['SIGKILL', 5_000],
  ],
  // Fast shutdown, then immediate: both keep the data whole.
  postgres: [
    ['SIGINT', 10_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ],
  s3: [
    ['SIGTERM', 5_000],
    ['SIGKILL', 5_000],
  ],
};

const PORT_ATTEMPTS = 3;

export interface SessionOptions {
  readonly dataDir: string;
  readonly env: Environment;
  readonly say: (line: string) => void;
}

export class Session {
  constructor(
    readonly options: SessionOptions,
    private remembered: StackState,
  ) {}

  get state(): StackState {
    return this.remembered;
  }

  remember(change: Partial<StackState>): void {
    this.remembered = { ...this.remembered, ...change };
    writeState(this.options.dataDir, this.remembered);
  }

  /** The local endpoint of a part, whether or not it runs. */
  endpoint<P extends Part>(part: P): Endpoints[P] {
    return localEndpoints(this.options.dataDir, this.state)[part];
  }

  async answers(part: Part): Promise<boolean> {
    if (part === 's3' && this.state.objectStore === 'file') return true;
    if (!isRunning(this.state.processes[part])) return false;
    if (part === 's3') return objectStoreAnswers(this.endpoint('s3'));
    if (part === 'postgres') return postgresAnswers(this.endpoint('postgres').url);
    return brokerAnswers(this.state.ports.kafka ?? 0, this.state.clusterId);
  }

  /** Starts a part on the ports that the state names; one that lost a port on the way, and did not insist on it, gets another. */
  async start(part: Part, insist: Ports): Promise<void> {
    const begun = performance.now();
    for (let attempt = 1; ; attempt++) {
      try {
        await this.startOnce(part);
        break;
      } catch (error) {
        const names = PORTS_OF[part];
        const lost =
          error instanceof EndedEarly &&
          (await this.isAnyTaken(names)) &&
          !names.some((name) => insist[name]);
        if (!lost || attempt === PORT_ATTEMPTS) throw error;
        this.options.say(
          `${part}: its port was taken by another program in the meantime; trying another one`,
        );
        await this.givePorts([part], {});
      }
    }
    const store = part === 's3' ? this.endpoint('s3') : undefined;
    const where = store?.kind === 'file' ? store.directory : `127.0.0.1:${this.state.ports[part]}`;
    this.options.say(`${part}: ready at ${where} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
  }

  /** Ends the process of a part and forgets it. */
  async end(part: Part): Promise<void> {
    const identity = this.state.processes[part];
    if (identity && !(await endProcess(identity, ENDING[part]))) {
      throw new Refused(
        'PLAYHEAD_STACK_UNAVAILABLE',
        `${part} (pid ${identity.pid}) does not end, not even when killed`,
      );
    }
    if (part === 'postgres' && this.state.postgresHome)
      await endLeftovers(this.state.postgresHome, 'postgres');
    const { [part]: _, ...processes } = this.state.processes;
    this.remember({ processes });
  }

  async givePorts(parts: readonly Part[], wanted: Ports): Promise<void> {
    const names = parts
      .filter((part) => part !== 's3' || this.state.objectStore !== 'file')
      .flatMap((part) => PORTS_OF[part]);
    this.remember({
      ports: { ...this.state.ports, ...(await choosePorts(names, wanted, this.state.ports)) },
    });
  }

  private async isAnyTaken(names: readonly PortName[]): Promise<boolean> {
    const free = await Promise.all(names.map((name) => isFreePort(this.state.ports[name] ?? 0)));
    return free.includes(false);
  }

  private context(part: Part): StartContext {
    const { dataDir, env, say } = this.options;
    const log = logPath(dataDir, part);
    mkdirSync(dirname(log), { recursive: true });
    return {
      dataDir,
      env,
      log,
      say,
      state: this.state,
      started: (identity) => this.remember({ processes: { ...this.state.processes, [part]: identity } }),
    };
  }

  private async startOnce(part: Part): Promise<void> {
    if (part === 'kafka') return startBroker(this.context(part));
    if (part === 'postgres') return this.startPostgres();
    return this.startObjectStore();
  }

  private async startPostgres(): Promise<void> {
    const { postgresHome: before } = this.state;
    const postgresHome = chooseHome(this.options.dataDir, before);
    if (before && before !== postgresHome) {
      this.options.say(
        `postgres: ITS DATA IS GONE (${before} was removed or belongs to another data folder); beginning with an empty database`,
      );
    }
    this.remember({ postgresHome });
    await startPostgres(this.context('postgres'));
  }

  private async startObjectStore(): Promise<void> {
    const { dataDir, env, say } = this.options;
    const { objectStore } = this.state;
    const program = objectStore === 'file' ? undefined : await minioProgram(env, say);
    if (program) {
      this.remember({ objectStore: 'minio' });
      return startMinio(this.context('s3'), program);
    }
    if (objectStore === 'minio') {
      throw new Refused(
        'PLAYHEAD_STACK_MISSING',
        `the artifacts of ${dataDir} are in MinIO, which cannot be had any more: install minio or go`,
      );
    }
    this.remember({ objectStore: 'file' });
    mkdirSync(join(dataDir, 'artifacts'), { recursive: true });
  }
}

export const localEndpoints = (dataDir: string, state: StackState): Endpoints => ({
  kafka: { brokers: [`127.0.0.1:${state.ports.kafka}`] },
  postgres: { url: postgresUrl(state.ports.postgres ?? 0, state.secrets.postgresPassword) },
  s3: localObjectStore(dataDir, state),
});
