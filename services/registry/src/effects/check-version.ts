import type { ArtifactStore } from '#artifacts';
import { TOPICS, fillRow, parseVector } from '#contracts';
import { readRecords, type EventLog } from '#eventlog';
import type { AskModel, Answers } from '#inference';
import { PlatformError, formatPosition, messageOf, sha256 } from '#kernel';
import type { OutcomeOf } from '../domain/outcomes';
import type { ModelVersion } from '../domain/state';

export interface CheckPorts {
  readonly log: EventLog;
  readonly artifacts: Pick<ArtifactStore, 'get'>;
  readonly ask: AskModel;
  /** The full name of a topic. */
  readonly topic: (name: string) => string;
}

export type VersionCheck = OutcomeOf<'version-checked'>['fact'];

/** The newest vectors of each partition that a version is asked about. */
const ROWS_OF_EACH = 32;
const MOST_ROWS = 512;

/**
 * Loads a version as serving would and asks it about vectors that were recorded last: it must answer each of them with numbers, and with
 * the same bits whatever stands beside it. Rejects with a TransientFailure while the log or the store is away.
 */
export const checkVersion = async (ports: CheckPorts, version: ModelVersion): Promise<VersionCheck> => {
  const { model, version: number, artifact, service, task } = version;
  const about = { model, version: number, artifact };
  const vectors = await recordedVectors(ports, version);
  const width = service.features.length;
  const matrix = matrixOf(vectors, width);
  try {
    const answered = await ports.ask(await ports.artifacts.get(artifact), { task, featureCount: width }, [
      matrix,
      reversed(matrix, width),
    ]);
    const reason = faultOf(answered, vectors);
    const [answers] = answered.answers as [Float32Array];
    return {
      ...about,
      ok: reason === undefined,
      rows: vectors.length,
      ...(vectors.length === 0 ? {} : { answers: sha256(bytesOf(answers)) }),
      ...(reason === undefined ? {} : { reason }),
      runtime: runtimeText(answered),
    };
  } catch (error) {
    if (error instanceof PlatformError && error.disposition === 'retry') throw error;
    return { ...about, ok: false, rows: vectors.length, reason: messageOf(error) };
  }
};

interface RecordedVector {
  readonly position: string;
  readonly row: Float32Array;
}

/** Of the newest records those that carry the revision that the version reads. */
const recordedVectors = async (
  { log, topic }: CheckPorts,
  { service }: ModelVersion,
): Promise<RecordedVector[]> => {
  const name = topic(TOPICS.vectors(service.name));
  if ((await log.partitionCount(name)) === undefined) return [];
  const vectors: RecordedVector[] = [];
  for (const { partition, start, end } of await log.ends(name)) {
    if (vectors.length >= MOST_ROWS) break;
    for await (const { offset, value } of readRecords(
      log,
      name,
      partition,
      Math.max(start, end - ROWS_OF_EACH),
      end,
    )) {
      const vector = parseVector(value);
      if (vector.values[service.revision]?.length !== service.features.length) continue;
      const row = new Float32Array(service.features.length);
      fillRow(vector, service, row, 0);
      vectors.push({ position: formatPosition(partition, offset), row });
    }
  }
  return vectors;
};

const matrixOf = (vectors: readonly RecordedVector[], width: number): Float32Array => {
  const matrix = new Float32Array(vectors.length * width);
  for (const [index, { row }] of vectors.entries()) matrix.set(row, index * width);
  return matrix;
};

/** The rows from the last to the first. */
const reversed = (matrix: Float32Array, width: number): Float32Array => {
  const turned = new Float32Array(matrix.length);
  for (let from = 0, to = matrix.length - width; to >= 0; from += width, to -= width)
    turned.set(matrix.subarray(from, from + width), to);
  return turned;
};

/** Why its answers cannot be served; undefined where they can. */
const faultOf = ({ answers, outputs }: Answers, vectors: readonly RecordedVector[]): string | undefined => {
  const [straight, turned] = answers as [Float32Array, Float32Array];
  if (straight.length !== vectors.length * outputs)
    return `it gives ${straight.length} numbers for ${vectors.length} vectors`;
  const back = reversed(turned, outputs);
  for (const [index, answer] of straight.entries()) {
    const { position } = vectors[Math.floor(index / outputs)]!;
    if (!Number.isFinite(answer)) return `it answers ${answer} to the recorded vector ${position}`;
    if (!Object.is(answer, back[index]))
      return `it answers ${answer} and ${back[index]} to the recorded vector ${position}: the bits depend on the batch`;
  }
  return undefined;
};

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

const runtimeText = ({ fingerprint }: Answers): string =>
  [fingerprint.runtime, fingerprint.version, fingerprint.platform, ...fingerprint.instructions].join(' ');
