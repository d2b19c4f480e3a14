import { lstat, readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { MAX_MODEL_BYTES } from '#inference';
import { Refused } from '#kernel';

/** What a program left in its output folder. */
export interface CommandResult {
  readonly model: Buffer;
  readonly claimed: Readonly<Record<string, number | null>>;
  readonly environment: Readonly<Record<string, string>>;
  readonly extras: Readonly<Record<string, Uint8Array>>;
  /** Files that are too large to be kept. */
  readonly left: readonly string[];
}

const MODEL = 'model.onnx';
const METRICS = 'metrics.json';
const ENVIRONMENT = 'environment.json';
const MAX_JSON_BYTES = 2 ** 18;
const MAX_EXTRAS = 100;
const MAX_EXTRA_BYTES = 32 * 2 ** 20;

/** @throws Refused PLAYHEAD_COMMAND_RESULT_INVALID: links are not followed, sizes are looked at before reading. */
export const readResult = async (folder: string): Promise<CommandResult> => {
  const files = await filesIn(folder);
  const model = await read(folder, files, MODEL, MAX_MODEL_BYTES);
  if (model === undefined) throw invalid(`it wrote no ${MODEL} into its output folder`);
  const claimed = numbersOf(await read(folder, files, METRICS, MAX_JSON_BYTES));
  const environment = textsOf(await read(folder, files, ENVIRONMENT, MAX_JSON_BYTES));
  const extras: Record<string, Uint8Array> = {};
  const left: string[] = [];
  let room = MAX_EXTRA_BYTES;
  for (const [path, size] of files) {
    if ([MODEL, METRICS, ENVIRONMENT].includes(path)) continue;
    if (size > room || Object.keys(extras).length >= MAX_EXTRAS) left.push(path);
    else {
      extras[path] = await readFile(join(folder, path));
      room -= size;
    }
  }
  return { model, claimed, environment, extras, left };
};

const invalid = (reason: string): Refused => new Refused('PLAYHEAD_COMMAND_RESULT_INVALID', reason);

/** Plain files by path below the folder, in order, with their sizes. */
const filesIn = async (folder: string): Promise<ReadonlyMap<string, number>> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
  return new Map(
    await Promise.all(
      paths.map(async (path) => [path, (await lstat(join(folder, path))).size] as [string, number]),
    ),
  );
};

const read = async (
  folder: string,
  files: ReadonlyMap<string, number>,
  name: string,
  limit: number,
): Promise<Buffer | undefined> => {
  const size = files.get(name);
  if (size === undefined) return undefined;
  if (size > limit) throw invalid(`${name} has ${size} bytes; at most ${limit} are read`);
  return readFile(join(folder, name));
};

const numbersOf = (bytes: Buffer | undefined): Record<string, number | null> =>
  membersOf(METRICS, bytes, 'a number or null', (value) =>
    value === null || Number.isFinite(value) ? (value as number | null) : undefined,
  );

const textsOf = (bytes: Buffer | undefined): Record<string, string> =>
  membersOf(ENVIRONMENT, bytes, 'a text or a number', (value) =>
    typeof value === 'string' || Number.isFinite(value) ? String(value) : undefined,
  );

const membersOf = <T>(
  name: string,
  bytes: Buffer | undefined,
  what: string,
  take: (value: unknown) => T | undefined,
): Record<string, T> => {
  if (bytes === undefined) return {};
  const value = parsed(name, bytes);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`${name} is no JSON object`);
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const taken = take(member);
      if (taken === undefined) throw invalid(`${name}: "${key}" must be ${what}`);
      return [key, taken];
    }),
  );
};

const parsed = (name: string, bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    throw invalid(`${name} is no JSON`);
  }
};
