import { chmodSync, existsSync, mkdtempSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '#kernel';
import { cacheFolder, findProgram, run, sayingSo } from '../commands';
import type { Environment } from '../external';
import { withLock } from '../lock';

type Say = (line: string) => void;

/** RELEASE of 2026-02-12; Go verifies it against its checksum database. */
const MINIO_MODULE = 'github.com/minio/minio';
const MINIO_VERSION = 'v0.0.0-20260212201848-7aac2a2c5b7c';

const build = async (go: string, folder: string, env: Environment, say: Say): Promise<void> => {
  say('s3: building MinIO with Go (once: about 2 minutes on 2 cores, longer with an empty Go module cache)');
  const goEnv = {
    ...env,
    GOBIN: folder,
    GO111MODULE: 'on',
    CGO_ENABLED: '0',
    GOOS: undefined,
    GOARCH: undefined,
  };
  const args = ['install', '-trimpath', '-ldflags=-s -w', `${MINIO_MODULE}@${MINIO_VERSION}`];
  const result = await run(go, args, { env: goEnv, cwd: folder });
  if (result.code !== 0) throw new Error(result.output.trim().slice(-1000));
};

const buildOnce = async (go: string, program: string, env: Environment, say: Say): Promise<void> => {
  if (existsSync(program)) return;
  const cache = cacheFolder(env);
  const folder = mkdtempSync(join(cache, 'building-'));
  try {
    await build(go, folder, env, say);
    mkdirSync(dirname(program), { recursive: true });
    chmodSync(join(folder, 'minio'), 0o755);
    renameSync(join(folder, 'minio'), program);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/**
 * The MinIO server: the one on PATH, the one in the cache, or one built into the cache with Go, which two starters at once
 * build once. Undefined, and said loudly, where it cannot be had.
 */
export const minioProgram = async (env: Environment, say: Say): Promise<string | undefined> => {
  const onPath = findProgram('minio', env);
  if (onPath) return onPath;
  const program = join(cacheFolder(env), `minio-${MINIO_VERSION}`, 'minio');
  if (existsSync(program)) return program;
  const go = findProgram('go', env);
  if (!go) {
    say(
      's3: NO MinIO: neither minio nor go is on PATH. Artifacts go to a folder of plain files instead. Install either to change that',
    );
    return undefined;
  }
  const waiting = (): void => say('s3: waiting for another start that is building MinIO');
  try {
    const built = withLock(`${dirname(program)}.lock`, () => buildOnce(go, program, env, say), waiting);
    await sayingSo(built, (seconds) => say(`s3: MinIO is being built (${seconds} s)`));
    return program;
  } catch (error) {
    say(
      `s3: NO MinIO: building it with Go failed. Artifacts go to a folder of plain files instead. ${messageOf(error)}`,
    );
    return undefined;
  }
};
