import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TOPICS, qualify } from '#contracts';
import { readTopic } from '#eventlog';
import { timestampMs } from '#kernel';
import type { Actors } from './actors';

/** An order as it was observed. */
export interface WorkOrder {
  readonly engine: string;
  /** Of the reading that led to it, epoch ms. */
  readonly time: number;
  readonly version: number;
}

const PROGRAM = resolve(__dirname, '..', '..', '..', '..', 'examples', 'maintenance', 'work-orders.cjs');
const PATIENCE_MS = 30_000;

/** `examples/maintenance/work-orders.cjs` in a process of its own, as the workshop would run it. It ends with this one. */
export class WorkshopDesk {
  private readonly said: string[] = [];

  private constructor(
    private readonly process: ChildProcess,
    private readonly actors: Actors,
  ) {
    for (const stream of [process.stdout, process.stderr])
      stream?.on('data', (text: Buffer) => this.said.push(String(text)));
  }

  static open(actors: Actors, limit: number): WorkshopDesk {
    const { platform } = actors;
    const options = {
      brokers: platform.endpoints.kafka.brokers.join(','),
      namespace: platform.namespace,
      ingestion: platform.url('ingestion'),
      limit: String(limit),
    };
    const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
    return new WorkshopDesk(
      spawn(process.execPath, [PROGRAM, ...words], { stdio: ['pipe', 'pipe', 'pipe'] }),
      actors,
    );
  }

  /** All orders, once there is one for each of these engines; after half a minute those that there are. */
  async ordersFor(engines: ReadonlySet<string>): Promise<WorkOrder[]> {
    for (const until = Date.now() + PATIENCE_MS; ; await sleep(200)) {
      const orders = await this.orders();
      const ordered = new Set(orders.map(({ engine }) => engine));
      if ([...engines].every((engine) => ordered.has(engine)) || Date.now() > until) return orders;
    }
  }

  /** Ends the program; answers what it said. */
  async close(): Promise<string> {
    if (this.process.exitCode === null) {
      const ended = new Promise((done) => this.process.once('exit', done));
      this.process.stdin?.end();
      await ended;
    }
    return this.said.join('').trim();
  }

  private async orders(): Promise<WorkOrder[]> {
    const { log, platform } = this.actors;
    const records = await readTopic(log, qualify(platform.namespace, TOPICS.observations('work-orders')));
    return records.map(({ value }) => {
      const order = JSON.parse(String(value)) as {
        readonly engine_id: string;
        readonly event_time: string;
        readonly version: number;
      };
      return { engine: order.engine_id, time: timestampMs(order.event_time), version: order.version };
    });
  }
}
