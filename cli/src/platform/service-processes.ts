import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Refused, TransientFailure } from '#kernel';
import {
  becomesFreePort,
  endProcess,
  isFreePort,
  isRunning,
  startProcess,
  type Endpoints,
} from '#localstack';
import {
  SERVICES,
  readPlatformState,
  writePlatformState,
  type PlatformState,
  type ServiceName,
  type ServiceState,
} from './platform-state';

/** Nobody waits for these in milliseconds: on a machine that is full they give way to what stands between an event and its prediction. */
const NICE: Partial<Record<ServiceName, number>> = { training: 5, monitoring: 5 };

/** Where the compiled services lie. */
const DIST = resolve(__dirname, '..', '..', '..');
const STARTED_WITHIN_MS = 90_000;
/** Young objects die young on the hot path: a larger nursery takes a quarter off the collector's time (docs/adr). */
const NODE_FLAGS = ['--max-semi-space-size=64', '--enable-source-maps'];

export interface ServicesOptions {
  readonly dataDir: string;
  readonly namespace: string;
  /** Service i listens on portBase + i; 0 takes free ports. */
  readonly portBase: number;
  readonly endpoints: Endpoints;
  readonly env: NodeJS.ProcessEnv;
  readonly progress: (line: string) => void;
  /** All by default. */
  readonly only?: readonly ServiceName[];
}

export const serviceUrl = (state: Pick<ServiceState, 'port'>): string => `http://127.0.0.1:${state.port}`;

/** Starts the services that do not run, each in a process of its own that outlives this one, and waits until all are ready. */
export const startServices = async (options: ServicesOptions): Promise<PlatformState> => {
  const before = readPlatformState(options.dataDir);
  const ports = await choosePorts(options, before);
  const services: Partial<Record<ServiceName, ServiceState>> = { ...before?.services };
  for (const name of options.only ?? SERVICES) {
    const known = services[name];
    if (known && isRunning(known.identity)) continue;
    options.progress(`starting ${name} on port ${ports[name]}`);
    services[name] = await startOne(name, ports, options);
  }
  const state: PlatformState = { namespace: options.namespace, portBase: options.portBase, services };
  writePlatformState(options.dataDir, state);
  await Promise.all(Object.entries(services).map(([name, service]) => untilReady(name, service)));
  return state;
};

/** Refuses, before anything is started, what would be refused behind the local stack: another namespace at work, or a port that is taken. */
export const checkPlace = async (
  options: Pick<ServicesOptions, 'dataDir' | 'namespace' | 'portBase'>,
): Promise<void> => {
  const before = readPlatformState(options.dataDir);
  if (
    before &&
    before.namespace !== options.namespace &&
    Object.values(before.services).some(({ identity }) => isRunning(identity))
  ) {
    throw new Refused(
      'PLAYHEAD_CONFLICT',
      `${options.dataDir} runs the namespace ${before.namespace}; \`playhead down\` it first, or use another --data-dir`,
    );
  }
  await choosePorts(options, before);
};

/** Ends all services, politely first. */
export const stopServices = async (dataDir: string, progress: (line: string) => void): Promise<void> => {
  const state = readPlatformState(dataDir);
  if (!state) return;
  const running = Object.entries(state.services).filter(([, { identity }]) => isRunning(identity));
  if (running.length > 0) progress(`stopping ${running.map(([name]) => name).join(', ')}`);
  await Promise.all(
    running.map(([, { identity }]) =>
      endProcess(identity, [
        ['SIGTERM', 20_000],
        ['SIGKILL', 5_000],
      ]),
    ),
  );
  writePlatformState(dataDir, { ...state, services: {} });
};

const startOne = async (
  name: ServiceName,
  ports: StackPorts,
  { dataDir, namespace, endpoints, env }: ServicesOptions,
): Promise<ServiceState> => {
  const logs = join(resolve(dataDir), 'logs');
  mkdirSync(logs, { recursive: true });
  const log = join(logs, `${name}.log`);
  const { identity } = await startProcess({
    command: process.execPath,
    args: [...NODE_FLAGS, join(DIST, 'services', name, 'src', 'main.js')],
    cwd: resolve(dataDir),
    // On one's own machine one's own programs may train.
    env: {
      PLAYHEAD_COMMAND_TRAINERS: 'on',
      ...(name === 'registry' && { PLAYHEAD_WEBHOOK_SECRET: localSecret(dataDir, 'webhook-secret') }),
      ...env,
      ...serviceEnvironment(namespace, endpoints, ports),
      PLAYHEAD_PORT: String(ports[name]),
      ...(name === 'serving' && { PLAYHEAD_SERVING_GRPC_PORT: String(ports.grpc) }),
    },
    log,
    nice: NICE[name],
  });
  return { identity, port: ports[name], ...(name === 'serving' && { grpcPort: ports.grpc }), log };
};

/** Random, made at the first start and kept in the data folder, readable by its owner only. */
const localSecret = (dataDir: string, name: string): string => {
  const path = join(resolve(dataDir), name);
  if (!existsSync(path)) writeFileSync(path, randomBytes(24).toString('hex'), { mode: 0o600, flag: 'wx' });
  return readFileSync(path, 'utf8').trim();
};

const serviceEnvironment = (
  namespace: string,
  { kafka, postgres, s3 }: Endpoints,
  ports: StackPorts,
): NodeJS.ProcessEnv => ({
  KAFKA_BROKERS: kafka.brokers.join(','),
  POSTGRES_URL: postgres.url,
  ...(s3.kind === 's3'
    ? {
        S3_ENDPOINT: s3.endpoint,
        S3_ACCESS_KEY: s3.accessKey,
        S3_SECRET_KEY: s3.secretKey,
        S3_BUCKET: s3.bucket,
      }
    : { PLAYHEAD_ARTIFACT_DIR: s3.directory }),
  PLAYHEAD_NAMESPACE: namespace,
  PLAYHEAD_CONSOLE_ORIGINS: `http://127.0.0.1:${ports.monitoring},http://localhost:${ports.monitoring}`,
  ...Object.fromEntries(
    SERVICES.map((name) => [`PLAYHEAD_URL_${name.toUpperCase()}`, serviceUrl({ port: ports[name] })]),
  ),
});

/** What listens, and where: each service, and the gRPC door of serving. */
type StackPorts = Record<ServiceName | 'grpc', number>;

interface Door {
  readonly name: keyof StackPorts;
  readonly service: ServiceName;
  /** From `portBase`. */
  readonly offset: number;
  readonly portOf: (state: ServiceState) => number | undefined;
}

const DOORS: readonly Door[] = [
  ...SERVICES.map((name, index): Door => ({
    name,
    service: name,
    offset: index + 1,
    portOf: ({ port }) => port,
  })),
  { name: 'grpc', service: 'serving', offset: 15, portOf: ({ grpcPort }) => grpcPort },
];

/** Fixed ports must be free (or ours already); free ones are those used before, where they still are. */
const choosePorts = async (
  { portBase }: Pick<ServicesOptions, 'portBase'>,
  before: PlatformState | undefined,
): Promise<StackPorts> => {
  const ports: Partial<StackPorts> = {};
  const taken = new Set<number>();
  for (const { name, offset, service, portOf } of DOORS) {
    const state = before?.services[service];
    const known = state && portOf(state);
    const wanted = portBase === 0 ? known : portBase + offset;
    if (state && known !== undefined && isRunning(state.identity)) ports[name] = known;
    else if (
      wanted !== undefined &&
      (await (known === wanted ? becomesFreePort(wanted) : isFreePort(wanted)))
    )
      ports[name] = wanted;
    else if (portBase === 0) ports[name] = await anyFreePort(taken);
    else
      throw new Refused(
        'PLAYHEAD_STACK_UNAVAILABLE',
        `port ${wanted} of ${name} is taken; say --port-base N for other ports, or --port-base 0 for free ones`,
      );
    taken.add(ports[name]);
  }
  return ports as StackPorts;
};

const anyFreePort = async (taken: ReadonlySet<number>): Promise<number> => {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (!taken.has(port) && (await isFreePort(port))) return port;
  }
};

const untilReady = async (name: string, service: ServiceState): Promise<void> => {
  const until = Date.now() + STARTED_WITHIN_MS;
  let reason = 'no answer yet';
  while (Date.now() < until) {
    if (!isRunning(service.identity))
      throw new TransientFailure(
        'PLAYHEAD_STACK_UNAVAILABLE',
        `${name} ended while starting; its log is ${service.log}`,
      );
    const readiness = await readinessOf(service);
    if (readiness.ready) return;
    reason = readiness.reason;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new TransientFailure(
    'PLAYHEAD_STACK_UNAVAILABLE',
    `${name} is not ready after ${STARTED_WITHIN_MS / 1_000} s: ${reason}; its log is ${service.log}`,
  );
};

export interface ServiceReadiness {
  readonly ready: boolean;
  readonly reason: string;
}

export const readinessOf = async (service: Pick<ServiceState, 'port'>): Promise<ServiceReadiness> => {
  try {
    const answer = await fetch(`${serviceUrl(service)}/health/ready`, { signal: AbortSignal.timeout(3_000) });
    if (answer.ok) return { ready: true, reason: '' };
    const body = (await answer.json()) as { error?: { message?: string } };
    return { ready: false, reason: body.error?.message ?? `status ${answer.status}` };
  } catch (error) {
    return { ready: false, reason: error instanceof Error ? error.message : String(error) };
  }
};
