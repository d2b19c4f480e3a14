import 'reflect-metadata';
import {
  DataSource,
  type EntityManager,
  type EntityTarget,
  type MigrationInterface,
  type ObjectLiteral,
} from 'typeorm';
import { messageOf, TransientFailure } from '#kernel';
import type { Logger } from '../logger';
import { schemaName } from './schema-name';

export interface PostgresOptions {
  readonly url: string;
  readonly namespace: string;
  readonly service: string;
  readonly entities: readonly EntityTarget<ObjectLiteral>[];
  /** Classes; run in order, each once, in the service's own schema (`search_path` is set to it). */
  readonly migrations: readonly (new () => MigrationInterface)[];
  readonly logger: Logger;
  readonly poolSize?: number;
}

/**
 * A service's own schema in Postgres, through TypeORM. Connects when it is first used, makes the schema and runs the migrations then.
 * While the server is away every call rejects with a TransientFailure, soon; the caller decides whether to wait or to do without.
 */
export class Postgres {
  readonly schema: string;
  private source: DataSource | undefined;
  private connecting: Promise<DataSource> | undefined;

  constructor(private readonly options: PostgresOptions) {
    this.schema = schemaName(options.namespace, options.service);
  }

  /** Runs `work` in one transaction. */
  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.guarded(async () => (await this.connected()).transaction(work));
  }

  /** Runs `work` without a transaction, for reads. */
  read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.guarded(async () => work((await this.connected()).manager));
  }

  async ping(): Promise<void> {
    await this.read((manager) => manager.query('select 1'));
  }

  /** Drops the schema and all in it; the next use makes it anew. State is a cache (law L8). */
  async drop(): Promise<void> {
    await this.read((manager) => manager.query(`drop schema if exists "${this.schema}" cascade`));
    await this.close();
  }

  async close(): Promise<void> {
    const source = this.source ?? (await this.connecting?.catch(() => undefined));
    this.source = undefined;
    await source?.destroy();
  }

  private async connected(): Promise<DataSource> {
    if (this.source) return this.source;
    this.connecting ??= this.connect().finally(() => (this.connecting = undefined));
    return this.connecting;
  }

  private async connect(): Promise<DataSource> {
    const { logger } = this.options;
    const source = await this.exclusively(async () => {
      const opened = await this.open().initialize();
      try {
        await opened.runMigrations();
        return opened;
      } catch (error) {
        await opened.destroy();
        throw error;
      }
    });
    logger.info({ schema: this.schema }, 'Postgres is connected');
    this.source = source;
    return source;
  }

  private open(): DataSource {
    const { url, entities, migrations, logger, poolSize = 4 } = this.options;
    return new DataSource({
      type: 'postgres',
      url,
      schema: this.schema,
      entities: [...entities] as never[],
      migrations: [...migrations],
      migrationsTableName: 'migrations',
      migrationsTransactionMode: 'each',
      installExtensions: false,
      uuidExtension: 'pgcrypto',
      poolSize,
      connectTimeoutMS: 3_000,
      extra: { options: `-c search_path="${this.schema}"` },
      poolErrorHandler: (error: unknown) =>
        logger.warn({ reason: messageOf(error) }, 'a Postgres connection was lost'),
    });
  }

  /** Makes the schema, then works under a lock that other processes of the service wait for: neither may meet half a migration. */
  private async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const { url } = this.options;
    const keeper = new DataSource({
      type: 'postgres',
      url,
      poolSize: 1,
      connectTimeoutMS: 3_000,
      installExtensions: false,
    });
    await keeper.initialize();
    try {
      // Held by the one connection of this pool, and given back when that is closed.
      await keeper.query(`select pg_advisory_lock(hashtext($1))`, [this.schema]);
      await keeper.query(`create schema if not exists "${this.schema}"`);
      return await work();
    } finally {
      await keeper.destroy();
    }
  }

  private async guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!isAway(error)) throw error;
      throw new TransientFailure('PLAYHEAD_POSTGRES_UNAVAILABLE', `Postgres is away: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }
}

const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** SQLSTATE classes 08 (connection), 53 (no resources) and 57P (shutting down or starting up). */
const STATES = /^(08|53|57P)/;

const LOST =
  /Connection terminated|connection timeout|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable/i;

interface PgError {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly driverError?: unknown;
  readonly errors?: readonly unknown[];
}

const isAway = (error: unknown): boolean => {
  if (typeof error !== 'object' || error === null) return false;
  const { code, message, driverError, errors } = error as PgError;
  if (typeof code === 'string' && (NETWORK.has(code) || STATES.test(code))) return true;
  if (typeof message === 'string' && LOST.test(message)) return true;
  return isAway(driverError) || (errors ?? []).some(isAway);
};

/** A refused connection to both addresses of localhost is an AggregateError without a message. */
const reasonOf = (error: unknown): string => {
  const { code, message } = error as PgError;
  return String(message || code || 'no connection');
};
