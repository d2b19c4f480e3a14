import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessIdentity } from '#localstack';

export const SERVICES = ['ingestion', 'feature', 'training', 'registry', 'serving', 'monitoring'] as const;
export type ServiceName = (typeof SERVICES)[number];

export interface ServiceState {
  readonly identity: ProcessIdentity;
  readonly port: number;
  /** Of the gRPC door, where the service has one. */
  readonly grpcPort?: number;
  readonly log: string;
}

/** What `up` started, kept in the data folder so that `status` and `down` find it. */
export interface PlatformState {
  readonly namespace: string;
  readonly portBase: number;
  readonly services: Partial<Record<ServiceName, ServiceState>>;
}

const path = (dataDir: string): string => join(dataDir, 'services.json');

export const readPlatformState = (dataDir: string): PlatformState | undefined =>
  existsSync(path(dataDir)) ? (JSON.parse(readFileSync(path(dataDir), 'utf8')) as PlatformState) : undefined;

export const writePlatformState = (dataDir: string, state: PlatformState): void => {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(`${path(dataDir)}.new`, JSON.stringify(state, null, 2), { mode: 0o600 });
  renameSync(`${path(dataDir)}.new`, path(dataDir));
};
