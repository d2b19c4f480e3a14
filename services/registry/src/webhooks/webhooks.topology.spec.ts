import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EnvelopeTemplate, TOPICS, encodeEvent, qualify } from '#contracts';
import { MemoryArtifactStore } from '#artifacts';
import { createMemoryLog } from '#eventlog';
import { MovableClock } from '#kernel';
import { ServiceLog, createLogger, createMetrics, keyOfWebhook } from '#runtime';
import { INPUT_CONTRACTS, type Input } from '../domain/inputs';
import { RegistryView } from '../projections/registry-view';
import { createTopics, followInputs } from '../registry.topology';
import { PROJECT, apply, completed, promote, reportCompleted, train } from '../registry.testing';
import { WebhookSenders } from './webhook-senders';

const NAMESPACE = 't';
const SECRET = 'a secret of sixteen';
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 5)));

interface Received {
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly isSigned: boolean;
}

/** A receiver that refuses while it is told to. */
class Receiver {
  readonly received: Received[] = [];
  refused = 0;
  status = 204;
  private server: Server | undefined;

  async start(): Promise<string> {
    this.server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        if (this.status === 204) this.received.push(this.read(request, body));
        else this.refused++;
        response.writeHead(this.status).end();
      });
    });
    await new Promise<void>((resolve) => this.server!.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  private read({ headers }: IncomingMessage, body: string): Received {
    const id = String(headers['webhook-id']);
    const signed = `${id}.${String(headers['webhook-timestamp'])}.${body}`;
    const signature = createHmac('sha256', keyOfWebhook(SECRET, 'deployer')).update(signed).digest('base64');
    const { type, data } = JSON.parse(body) as { type: string; data: unknown };
    return { id, type, data, isSigned: headers['webhook-signature'] === `v1,${signature}` };
  }
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
};

class World {
  readonly receiver = new Receiver();
  url = '';
  private readonly clock = new MovableClock(Date.UTC(2026, 0, 1));
  private readonly log = createMemoryLog({ now: () => this.clock.now() });
  private readonly producer = this.log.producer();
  private readonly stops: (() => Promise<void>)[] = [];

  async start(): Promise<void> {
    this.url = await this.receiver.start();
    await this.instance();
  }

  /** One process that sends, over the log that all share. */
  async instance(): Promise<() => Promise<void>> {
    const { log, clock } = this;
    const logger = createLogger({ service: 'registry', instance: 'test', level: 'silent' });
    const ports = {
      log,
      artifacts: new MemoryArtifactStore(NAMESPACE),
      clock,
      sleep,
      logger,
      metrics: createMetrics(),
    };
    const serviceLog = new ServiceLog({ service: 'registry', namespace: NAMESPACE }, ports, {
      fail: (_, error) => {
        throw error;
      },
    });
    await createTopics(serviceLog);
    const inputs = followInputs(serviceLog);
    const topic = serviceLog.topic(TOPICS.registryInputs);
    const view = new RegistryView(inputs, sleep);
    const options = {
      namespace: NAMESPACE,
      secret: SECRET,
      log,
      topic,
      inputs,
      view,
      clock,
      sleep,
      logger,
      post: fetch,
    };
    const senders = new WebhookSenders(options);
    await inputs.start();
    await senders.start();
    const stop = async (): Promise<void> => {
      await senders.stop();
      await inputs.stop();
    };
    this.stops.push(stop);
    return async () => {
      this.stops.splice(this.stops.indexOf(stop), 1);
      await stop();
    };
  }

  async stop(): Promise<void> {
    for (const stop of this.stops) await stop();
    await this.receiver.stop();
  }

  async submit(...inputs: readonly Input[]): Promise<void> {
    for (const { type, value } of inputs) {
      const contract = INPUT_CONTRACTS[type];
      const id = 'request' in value ? value.request : 'none';
      await this.producer.send([
        {
          topic: qualify(NAMESPACE, TOPICS.registryInputs),
          partition: 0,
          key: Buffer.from(id),
          value: encodeEvent(contract, value),
          headers: new EnvelopeTemplate({ type: contract.type, source: 'test' }).headers(
            id,
            new Date(this.clock.now()).toISOString(),
          ),
        },
      ]);
    }
  }

  set(
    request: string,
    from?: number,
    events = ['registry.model-version.*', 'registry.alias.assigned'],
  ): Input {
    const value = { request, actor: 'ada', webhook: 'deployer', url: this.url, events };
    return { type: 'webhook', value: { ...value, ...(from === undefined ? {} : { from }) } };
  }

  async until(holds: () => boolean): Promise<void> {
    for (const end = Date.now() + 10_000; !holds(); await sleep(5))
      if (Date.now() > end) throw new Error(JSON.stringify(this.receiver.received));
  }
}

describe('a webhook', () => {
  let world: World;
  beforeEach(async () => {
    world = new World();
    await world.start();
  });
  afterEach(() => world.stop());

  const { received } = { received: () => world.receiver.received };
  const ids = (): string[] => received().map(({ id }) => id);

  it('is sent the facts that it wants, in order, signed, with the ids that they have on their topics', async () => {
    await world.submit(apply(PROJECT), world.set('a'), train(), reportCompleted(0, 'run-0-2'), promote(1));
    await world.until(() => received().length === 2);
    expect(received()).toEqual([
      {
        id: 'registry.models:0-3',
        type: 'registry.model-version.registered',
        data: expect.objectContaining({
          model: 'fraud',
          version: 1,
          artifact: completed('run-0-2', 0).artifact,
        }) as object,
        isSigned: true,
      },
      {
        id: 'registry.models:0-4',
        type: 'registry.alias.assigned',
        data: expect.objectContaining({ alias: 'champion', version: 1 }) as object,
        isSigned: true,
      },
    ]);
  });

  it('that is down gets each fact when it is back, and nothing is passed over', async () => {
    world.receiver.status = 503;
    await world.submit(apply(PROJECT), world.set('a'), train(), reportCompleted(0, 'run-0-2'), promote(1));
    await world.until(() => world.receiver.refused > 2);
    expect(received()).toEqual([]);
    world.receiver.status = 204;
    await world.until(() => received().length === 2);
    expect(ids()).toEqual(['registry.models:0-3', 'registry.models:0-4']);
  });

  it('goes on where it stood, in another instance, and is sent again from any point', async () => {
    // A copy may come where the sender changes: it has the same id.
    const distinct = (from = 0): string[] => [...new Set(ids().slice(from))];
    const both = ['registry.models:0-3', 'registry.models:0-4'];
    const stop = await world.instance();
    await world.submit(apply(PROJECT), world.set('a'), train(), reportCompleted(0, 'run-0-2'));
    await world.until(() => distinct().length === 1);
    await stop();
    await world.submit(promote(1));
    await world.until(() => distinct().length === 2);
    expect(distinct()).toEqual(both);
    const before = ids().length;
    await world.submit(world.set('b', 0));
    await world.until(() => distinct(before).length === 2);
    expect(distinct(before)).toEqual(both);
  });

  it('that is removed is sent nothing more', async () => {
    const removal: Input = {
      type: 'webhook-removal',
      value: { request: 'r', actor: 'ada', webhook: 'deployer' },
    };
    await world.submit(apply(PROJECT), world.set('a'), train(), reportCompleted(0, 'run-0-2'));
    await world.until(() => received().length === 1);
    await world.submit(removal);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await world.submit(promote(1), world.set('b'), promote(1, 'other'));
    await world.until(() => received().length === 2);
    expect(ids()).toEqual(['registry.models:0-3', 'registry.models:0-7']);
  });
});
