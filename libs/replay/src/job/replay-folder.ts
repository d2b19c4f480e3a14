import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Refused } from '#kernel';
import type { PartitionOutcome, PartitionProgress } from '../verify/verify-partition';

/** `<data dir>/replays`. */
export const replaysIn = (dataDir: string): string => join(dataDir, 'replays');

/** Ids of the replays of a data folder, oldest first. What was killed before its request was written never began. */
export const listReplays = async (dataDir: string): Promise<string[]> => {
  if (!existsSync(replaysIn(dataDir))) return [];
  const names = await readdir(replaysIn(dataDir));
  return names.filter((name) => existsSync(join(replaysIn(dataDir), name, 'request.json'))).sort();
};

/**
 * What a replay keeps of its work between two processes: the request, for each unit a checkpoint or its outcome, and the report. Each file
 * takes its name only when it is whole, so a process may end at any step.
 */
export class ReplayFolder {
  private constructor(readonly path: string) {}

  static async create<Request>(dataDir: string, id: string, request: Request): Promise<ReplayFolder> {
    const folder = new ReplayFolder(join(replaysIn(dataDir), id));
    await mkdir(folder.path, { recursive: true });
    await folder.writeJson('request.json', request);
    return folder;
  }

  static find(dataDir: string, id: string): ReplayFolder {
    const folder = new ReplayFolder(join(replaysIn(dataDir), id));
    if (!/^[\w.-]+$/.test(id) || !existsSync(join(folder.path, 'request.json')))
      throw new Refused(
        'PLAYHEAD_NOT_FOUND',
        `there is no replay ${id} in ${replaysIn(dataDir)}; \`./playhead replay list\` shows those there are`,
      );
    return folder;
  }

  static at(path: string): ReplayFolder {
    return new ReplayFolder(path);
  }

  async readJson<T>(name: string): Promise<T | undefined> {
    const path = join(this.path, name);
    return existsSync(path) ? (JSON.parse(await readFile(path, 'utf8')) as T) : undefined;
  }

  writeJson(name: string, value: unknown): Promise<void> {
    return this.write(name, Buffer.from(`${JSON.stringify(value, null, 2)}\n`));
  }

  async writeText(name: string, text: string): Promise<void> {
    await this.write(name, Buffer.from(text));
  }

  outcome(unit: string): Promise<PartitionOutcome | undefined> {
    return this.readJson<PartitionOutcome>(`${unit}.outcome.json`);
  }

  async finish(unit: string, outcome: PartitionOutcome): Promise<void> {
    await this.writeJson(`${unit}.outcome.json`, outcome);
    await rm(join(this.path, `${unit}.checkpoint`), { force: true });
  }

  checkpoint(unit: string, progress: PartitionProgress): Promise<void> {
    return this.write(`${unit}.checkpoint`, packProgress(progress));
  }

  /** Undefined where there is none, or where it was damaged: then the unit begins again. */
  async lastCheckpoint(
    unit: string,
    warn: (message: string) => void,
  ): Promise<PartitionProgress | undefined> {
    const path = join(this.path, `${unit}.checkpoint`);
    if (!existsSync(path)) return undefined;
    const progress = unpackProgress(await readFile(path));
    if (!progress) warn(`the checkpoint ${path} is damaged and not used: ${unit} begins again`);
    return progress;
  }

  get isPaused(): boolean {
    return existsSync(join(this.path, 'pause'));
  }

  /** Asks whoever works on it to take a checkpoint and end. */
  pause(): Promise<void> {
    return writeFile(join(this.path, 'pause'), '');
  }

  resume(): Promise<void> {
    return rm(join(this.path, 'pause'), { force: true });
  }

  private async write(name: string, bytes: Uint8Array): Promise<void> {
    const path = join(this.path, name);
    const partial = `${path}.partial`;
    const file = await open(partial, 'w');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  }
}

/** SHA-256 of the rest, length of the head, head, parts. */
const packProgress = ({ parts, ...rest }: PartitionProgress): Buffer => {
  const head = Buffer.from(
    JSON.stringify({ ...rest, parts: parts.map(([definition, bytes]) => [definition, bytes.length]) }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  const body = Buffer.concat([length, head, ...parts.map(([, bytes]) => bytes)]);
  return Buffer.concat([createHash('sha256').update(body).digest(), body]);
};

const unpackProgress = (bytes: Buffer): PartitionProgress | undefined => {
  const body = bytes.subarray(32);
  if (bytes.length < 36 || !createHash('sha256').update(body).digest().equals(bytes.subarray(0, 32)))
    return undefined;
  let at = 4 + body.readUInt32LE(0);
  const { parts, ...rest } = JSON.parse(body.toString('utf8', 4, at)) as Omit<PartitionProgress, 'parts'> & {
    readonly parts: readonly (readonly [definition: string, length: number])[];
  };
  return {
    ...rest,
    parts: parts.map(([definition, length]): [string, Uint8Array] => [
      definition,
      body.subarray(at, (at += length)),
    ]),
  };
};
