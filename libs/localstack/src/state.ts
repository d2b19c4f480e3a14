/** What the stack must remember between two starts: `localstack.json` in the data folder, readable by its owner only. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync, openSync, fsyncSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { Refused } from '#kernel';
import type { Ports } from './ports';
import type { ProcessIdentity } from './processes';

export const PARTS = ['kafka', 'postgres', 's3'] as const;
export type Part = (typeof PARTS)[number];

export interface StackSecrets {
  readonly postgresPassword: string;
  readonly s3AccessKey: string;
  readonly s3SecretKey: string;
}

export interface StackState {
  readonly version: 1;
  /** Kafka's cluster id, 22 characters of base64url. */
  readonly clusterId: string;
  readonly secrets: StackSecrets;
  readonly bucket: string;
  readonly ports: Ports;
  /** The broker's largest heap, as Java spells it. */
  readonly heap: string;
  /** Decided at the first start and kept: artifacts must be found where they were put. */
  readonly objectStore?: 'minio' | 'file';
  /** Where Postgres lies when the starter is root: a folder that an unprivileged user can reach. */
  readonly postgresHome?: string;
  readonly processes: Partial<Record<Part, ProcessIdentity>>;
}

export const statePath = (dataDir: string): string => join(dataDir, 'localstack.json');
export const logPath = (dataDir: string, part: Part): string => join(dataDir, 'logs', `${part}.log`);

// A leading '-' would be taken for an option on a command line.
const token = (bytes: number): string => randomBytes(bytes).toString('base64url').replace(/^[-_]/, 'a');

export const freshState = (): StackState => ({
  version: 1,
  clusterId: token(16),
  secrets: {
    postgresPassword: randomBytes(24).toString('hex'),
    s3AccessKey: randomBytes(10).toString('hex'),
    s3SecretKey: randomBytes(20).toString('hex'),
  },
  bucket: 'playhead',
  ports: {},
  heap: '1g',
  processes: {},
});

const isState = (value: unknown): value is StackState => {
  if (typeof value !== 'object' || value === null) return false;
  const { version, clusterId, secrets, ports, processes } = value as Partial<StackState>;
  return (
    version === 1 &&
    typeof clusterId === 'string' &&
    [secrets, ports, processes].every((part) => typeof part === 'object')
  );
};

const unreadable = (path: string, cause?: unknown): Refused =>
  new Refused(
    'PLAYHEAD_STACK_UNAVAILABLE',
    `${path} cannot be read as the state of a local stack; restore it, or remove the data folder to begin anew`,
    { cause },
  );

/** Undefined when there is none yet. */
export const readState = (dataDir: string): StackState | undefined => {
  const path = statePath(dataDir);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(path, error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(path, error);
  }
  if (!isState(value)) throw unreadable(path);
  return value;
};

/** Atomic and durable: the passwords in it are nowhere else. */
export const writeState = (dataDir: string, state: StackState): void => {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = statePath(dataDir);
  const draft = `${path}.new`;
  const file = openSync(draft, 'w', 0o600);
  try {
    writeFileSync(file, `${JSON.stringify(state, null, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
};
