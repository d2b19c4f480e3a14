/**
 * Alerts of a real service over a real broker, to a signed webhook, a chat, a mail server and Debian's Alertmanager. The webhook's receiver is
 * away while the alert rises, and the service is killed before it comes back: nothing is lost, and nobody else is told twice of what they took.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SMTPServer } from 'smtp-server';
import { FileArtifactStore } from '#artifacts';
import type { EventLog } from '#eventlog';
import { createKafkaLog } from '#eventlog/kafka';
import { debianProgram, startLocalStack, stopLocalStack } from '#localstack';
import { writeReferenceProfile } from '#drift';
import { DAY, MonitoringWorld, START, paymentsOf } from '../monitoring.testing';
import { MONITORING_METRICS } from '../observability/monitoring-metrics';
import { Receiver, isGenuine } from './notifications.testing';

jest.setTimeout(240_000);

const MAIN = join(__dirname, '../../../../dist/services/monitoring/src/main.js');
const KEY = `whsec_${Buffer.from('a key of an alert').toString('base64')}`;
const dataDir = mkdtempSync(join(tmpdir(), 'playhead-notifications-'));

let log: EventLog;
let brokers: readonly string[];
let world: MonitoringWorld;
let service: ChildProcess | undefined;
let alertmanager: ChildProcess | undefined;
let alertmanagerUrl: string | undefined;
let url = '';
const hook = new Receiver();
const chat = new Receiver();
const mails: string[] = [];
const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  onData: (stream, _, done) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
    stream.on('end', () => {
      mails.push(Buffer.concat(chunks).toString());
      done();
    });
  },
});

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

const until = async (what: string, holds: () => Promise<boolean> | boolean): Promise<void> => {
  for (const end = Date.now() + 90_000; !(await holds()); await sleep(100))
    if (Date.now() > end) throw new Error(`${what}: not within 90 s`);
};

const ask = async <T>(path: string): Promise<T> => (await fetch(`${url}${path}`)).json() as Promise<T>;

const startService = async (): Promise<void> => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  service = spawn(process.execPath, [MAIN], {
    cwd: dataDir,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      KAFKA_BROKERS: brokers.join(','),
      PLAYHEAD_NAMESPACE: world.namespace,
      PLAYHEAD_ARTIFACT_DIR: join(dataDir, 'artifacts'),
      PLAYHEAD_PORT: String(port),
      PLAYHEAD_MONITORING_TICK_MS: '500',
      PLAYHEAD_MONITORING_SMTP_URL: `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`,
      HOOK_KEY: KEY,
      LOG_LEVEL: 'warn',
    },
  });
  await until('the service', () =>
    fetch(`${url}/health/live`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
};

const ended = (child: ChildProcess): Promise<void> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', () => resolve()));

const TEMPLATES = '/usr/share/prometheus/alertmanager';

/** Debian's build looks for its templates at one absolute path only; a copy looks for them where it is started, so nothing is installed. */
const movable = (program: string): string => {
  const here = './'.repeat(TEMPLATES.length / 2);
  const copy = join(dataDir, 'alertmanager-here');
  const bytes = readFileSync(program).toString('latin1').replaceAll(TEMPLATES, here);
  writeFileSync(copy, Buffer.from(bytes, 'latin1'), { mode: 0o755 });
  return copy;
};

const startAlertmanager = async (): Promise<void> => {
  let program: string;
  try {
    program = await debianProgram('prometheus-alertmanager', 'prometheus-alertmanager');
  } catch (error) {
    process.stderr.write(`\nSKIPPED: no Alertmanager takes the alerts: ${String(error)}\n`);
    return;
  }
  const config = join(dataDir, 'alertmanager.yml');
  writeFileSync(config, 'route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n');
  const address = `127.0.0.1:${await freePort()}`;
  alertmanagerUrl = `http://${address}`;
  const unpacked = join(dirname(program), '..', '..');
  const isUnpacked = existsSync(join(unpacked, TEMPLATES));
  alertmanager = spawn(
    isUnpacked ? movable(program) : program,
    [
      `--config.file=${config}`,
      `--storage.path=${join(dataDir, 'alertmanager')}`,
      `--web.listen-address=${address}`,
      '--cluster.listen-address=',
    ],
    { stdio: 'ignore', ...(isUnpacked && { cwd: join(unpacked, TEMPLATES) }) },
  );
  await until('Alertmanager', () =>
    fetch(`${alertmanagerUrl}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
};

beforeAll(async () => {
  if (!existsSync(MAIN)) throw new Error('run `npm run build` first: the service is started as it is built');
  const [{ kafka }] = await Promise.all([
    startLocalStack({ dataDir, parts: ['kafka'], heap: '256m' }),
    startAlertmanager(),
    chat.start(),
    hook.start(),
    new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve)),
  ]);
  // From now on nothing listens at its place.
  await hook.stop();
  brokers = kafka.brokers;
  log = createKafkaLog({ brokers: kafka.brokers, clientId: 'notifications-int' });
  world = await MonitoringWorld.make(paymentsOf({ seed: 1, days: 1, perDay: 3_000 }), log);
  const store = new FileArtifactStore(join(dataDir, 'artifacts'), world.namespace);
  await store.put(Buffer.from(writeReferenceProfile(world.reference)));
  await world.deploy({
    monitor: {
      name: 'fraud',
      revision: '1',
      digest: 'a'.repeat(64),
      window_ms: DAY,
      drift: { features: 'auto', threshold: 0.2 },
      metric: null,
      alert: {
        to: [
          { webhook: `${hook.url}/hook`, secret: 'HOOK_KEY' },
          { slack: `${chat.url}/chat` },
          { email: ['ada@example.com'] },
          ...(alertmanagerUrl === undefined ? [] : [{ alertmanager: alertmanagerUrl }]),
        ],
        group: 'deployment',
        wait_ms: 300,
        repeat_ms: 0,
      },
    },
  });
  await startService();
});

afterAll(async () => {
  for (const child of [service, alertmanager]) {
    child?.kill('SIGKILL');
    if (child) await ended(child);
  }
  await Promise.all([hook.stop(), chat.stop(), new Promise<void>((resolve) => smtp.close(() => resolve()))]);
  await log?.close();
  await stopLocalStack(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
});

interface Told {
  readonly data: {
    readonly firing: readonly { readonly subject: string; readonly sources: readonly unknown[] }[];
    readonly resolved: readonly { readonly subject: string }[];
  };
}
interface Shown {
  readonly notifications: readonly {
    readonly channel: string;
    readonly target: string;
    readonly state: string;
    readonly attempts: number;
    readonly error: string | null;
  }[];
}
interface ManagedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly endsAt: string;
}
const managed = async (): Promise<ManagedAlert[]> =>
  (await fetch(`${alertmanagerUrl}/api/v2/alerts`)).json() as Promise<ManagedAlert[]>;

it('tells everybody of a drifted feature; one that is away is waited for and shown', async () => {
  await world.predict(paymentsOf({ seed: 2, days: 4, perDay: 600, driftFrom: 2 }));
  await until('the chat', () => chat.taken.length > 0);
  await until('a mail', () => mails.length > 0);
  if (alertmanagerUrl !== undefined) {
    await until('Alertmanager', async () => (await managed()).length > 0);
    const [alert] = await managed();
    expect(alert).toMatchObject({
      labels: { alertname: 'feature-drift', deployment: 'fraud', subject: 'amount', severity: 'warning' },
      annotations: {
        limit: '0.2',
        sources: expect.stringContaining('serving.predictions.fraud:0 ') as string,
      },
    });
    expect(Date.parse(alert!.endsAt)).toBeGreaterThan(Date.now());
  }
  const [message] = chat.bodies<{ text: string; blocks: { type: string }[] }>('/chat');
  expect(message).toMatchObject({ text: 'fraud: 1 alert open' });
  expect(message!.blocks.map(({ type }) => type)).toEqual(['header', 'section']);
  expect(mails[0]).toContain('Subject: [playhead] fraud: 1 alert open');
  expect(mails[0]!.replaceAll(/=\r?\n/gu, '')).toContain('feature-drift amount');

  await until('it is shown that the webhook waits', async () => {
    const { notifications } = await ask<Shown>('/v1/notifications');
    const away = notifications.find(({ channel }) => channel === 'webhook');
    return (
      away?.state === 'waiting' && away.attempts >= 1 && /ECONNREFUSED|fetch failed/u.test(away.error ?? '')
    );
  });
});

it('loses nothing when the service is killed', async () => {
  service!.kill('SIGKILL');
  await ended(service!);
  const before = [chat.taken.length, mails.length];
  await hook.start();
  await startService();
  await until('the webhook', () => hook.bodies('/hook').length > 0);
  expect(hook.bodies<Told>('/hook')).toMatchObject([
    { data: { firing: [{ subject: 'amount' }], resolved: [] } },
  ]);
  expect(isGenuine(KEY, hook.taken[0]!)).toBe(true);
  // What they had taken they are not sent again.
  expect([chat.taken.length, mails.length]).toEqual(before);
});

it('tells the end, and shows all of it in its metrics', async () => {
  const after = paymentsOf({ seed: 3, days: 6, perDay: 600 }).filter(({ time }) => time >= START + 4 * DAY);
  await world.predict(after);
  await until('the end', () => hook.bodies<Told>('/hook').some(({ data }) => data.resolved.length > 0));
  await until('all', () => chat.bodies('/chat').length === 2 && mails.length === 2);
  if (alertmanagerUrl !== undefined)
    await until('Alertmanager', async () =>
      (await managed()).every(({ endsAt }) => Date.parse(endsAt) <= Date.now()),
    );
  const metrics = await (await fetch(`${url}/metrics`)).text();
  for (const { name } of Object.values(MONITORING_METRICS)) expect(metrics).toContain(`# TYPE ${name} `);
  expect(metrics).toMatch(/playhead_monitoring_drift\{[^}]*column="amount"[^}]*\} /u);
  expect(metrics).toMatch(
    /playhead_monitoring_notifications_total\{[^}]*channel="webhook"[^}]*outcome="delivered"[^}]*\} 2/u,
  );
});
