import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { messageOf, TransientFailure } from '#kernel';
import { run } from '../commands';
import { endLeftovers, launch, type StartContext } from '../part';
import { prepareHome, giveTo, type PostgresHome } from './home';

const READY_MS = 60_000;
export const DATABASE = 'playhead';
const SUPERUSER = 'playhead';

export const postgresUrl = (port: number, password: string, database = DATABASE): string =>
  `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${database}`;

/** Server settings, given as arguments so that a changed port needs no changed file. */
export const serverArguments = (data: string, port: number): string[] => {
  const settings: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    port,
    // No socket file: its folder would have to exist and be writable for an unprivileged user.
    unix_socket_directories: '',
    max_connections: 200,
    timezone: 'UTC',
    log_timezone: 'UTC',
    logging_collector: 'off',
  };
  return ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
};

const initArguments = (data: string, passwordFile: string): string[] => [
  `--pgdata=${data}`,
  `--username=${SUPERUSER}`,
  `--pwfile=${passwordFile}`,
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  // The builtin provider sorts alike on every system.
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--no-instructions',
];

/** Nothing of the caller's: a PGPORT or an LC_ALL of somebody's shell must not reach the server. */
const serverEnvironment = (home: PostgresHome): NodeJS.ProcessEnv => ({
  PATH: '/usr/bin:/bin',
  HOME: home.folder,
  LC_ALL: 'C',
  TZ: 'UTC',
});

/** The cluster appears whole or not at all: it is made beside its place and moved there. */
const initialiseOnce = async (home: PostgresHome, data: string, password: string): Promise<void> => {
  if (existsSync(join(data, 'PG_VERSION'))) return;
  const draft = join(home.folder, 'data.new');
  const passwordFile = join(home.folder, 'password');
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  giveTo(draft, home.account);
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  giveTo(passwordFile, home.account);
  try {
    const options = { ...home.account, env: serverEnvironment(home), cwd: home.folder };
    const result = await run(join(home.native, 'bin', 'initdb'), initArguments(draft, passwordFile), options);
    if (result.code !== 0) {
      throw new TransientFailure(
        'PLAYHEAD_STACK_UNAVAILABLE',
        `Postgres could not initialise ${data}:\n${result.output.trim().slice(-2000)}`,
      );
    }
  } finally {
    rmSync(passwordFile, { force: true });
  }
  rmSync(data, { recursive: true, force: true });
  renameSync(draft, data);
};

/**
 * A killed server leaves its pid file behind, and Postgres refuses to start while any process has that pid, be it another
 * program. Its children may live on for a moment, holding its shared memory.
 */
const clearAfterCrash = async (data: string): Promise<void> => {
  await endLeftovers(data, 'postgres');
  rmSync(join(data, 'postmaster.pid'), { force: true });
};

/** Runs one statement on a connection of its own. */
const query = async (url: string, statement: string): Promise<unknown[]> => {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5000, query_timeout: 10_000 });
  // A connection that breaks after its answer has nobody else to tell.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
};

export const postgresAnswers = (url: string): Promise<boolean> =>
  query(url, 'select 1').then(
    () => true,
    () => false,
  );

const createDatabaseOnce = async (port: number, password: string): Promise<void> => {
  const maintenance = postgresUrl(port, password, 'postgres');
  const found = await query(maintenance, `select 1 from pg_database where datname = '${DATABASE}'`);
  if (found.length === 0) await query(maintenance, `create database ${DATABASE}`);
};

/** Starts the server in its home and returns once its database answers. */
export const startPostgres = async (context: StartContext): Promise<void> => {
  const { state, env, log } = context;
  const { postgres: port = 0 } = state.ports;
  const { postgresPassword: password } = state.secrets;
  const home = await prepareHome(state.postgresHome ?? join(context.dataDir, 'postgres'), env);
  const data = join(home.folder, 'data');
  await initialiseOnce(home, data, password);
  await clearAfterCrash(data);
  await launch(context, {
    name: 'postgres',
    plan: {
      command: join(home.native, 'bin', 'postgres'),
      args: serverArguments(data, port),
      cwd: home.folder,
      env: serverEnvironment(home),
      log,
      ...home.account,
    },
    readyMs: READY_MS,
    ask: () => postgresAnswers(postgresUrl(port, password, 'postgres')),
  });
  await createDatabaseOnce(port, password);
};

/** Throws when somebody else's server does not answer. */
export const expectPostgres = async (url: string): Promise<void> => {
  try {
    await query(url, 'select 1');
  } catch (error) {
    throw new TransientFailure(
      'PLAYHEAD_STACK_UNAVAILABLE',
      `Postgres at POSTGRES_URL does not answer: ${messageOf(error)}`,
      { cause: error },
    );
  }
};
