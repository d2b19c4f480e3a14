import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArtifactStore } from '#artifacts';
import { TOPICS } from '#contracts';
import type { EventLog } from '#eventlog';
import { writeParquet } from '#parquet';
import type { LabelledRows } from './labelled-rows';
import type { Dataset, TrainingRequest } from './manifest';
import type { OffsetRange, TopicName } from './read-to-cut';
import { readVectors } from './read-vectors';
import type { VectorTable } from './vector-table';

/**
 * The rows of the hold-out as other revisions of the service see them, where a version that is compared with reads another one: a file of
 * its features for each, in the order of the hold-out. A revision that some of the vectors do not carry is left out.
 */
export const writeOtherRevisions = async (
  { log, artifacts }: { readonly log: EventLog; readonly artifacts: ArtifactStore },
  { service, against = [] }: TrainingRequest,
  topic: TopicName,
  cut: readonly OffsetRange[],
  rows: LabelledRows,
): Promise<NonNullable<Dataset['against']>> => {
  const others = new Map(
    against.flatMap(({ revision, features }) =>
      revision === service.revision ? [] : [[revision, features] as const],
    ),
  );
  const written: NonNullable<Dataset['against']> = [];
  for (const [revision, features] of others) {
    const read = {
      name: service.name,
      revision,
      features,
      observations: TOPICS.observations(service.trigger),
    };
    const ranges = cut.filter((range) => range.topic === topic.name);
    const { table } = await readVectors(log, topic, read, { by: 'ranges', ranges });
    const found = rowsOf(rows, table);
    if (found) written.push({ revision, artifact: await put(artifacts, table, features, found) });
  }
  return written;
};

/** For each row of the hold-out the row of `table` with the same trigger; undefined where one has none. Both stand in the order of triggers. */
const rowsOf = (
  { table: own, join: joined, sides }: LabelledRows,
  table: VectorTable,
): number[] | undefined => {
  const found: number[] = [];
  let at = 0;
  for (const [index, row] of joined.rows.entries()) {
    if (sides[index] !== 'holdout') continue;
    const [partition, offset] = [own.partitions[row]!, own.offsets[row]!];
    while (
      at < table.rows &&
      (table.partitions[at]! < partition ||
        (table.partitions[at] === partition && table.offsets[at]! < offset))
    )
      at++;
    if (table.partitions[at] !== partition || table.offsets[at] !== offset) return undefined;
    found.push(at);
  }
  return found;
};

const put = async (
  artifacts: ArtifactStore,
  table: VectorTable,
  features: readonly string[],
  rows: readonly number[],
): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'playhead-revision-'));
  try {
    const path = join(folder, 'rows.parquet');
    const columns = features.map((name) => ({ name, type: 'double' as const }));
    await writeParquet(path, columns, rows.length, (row, column) => table.value(rows[row]!, column));
    return await artifacts.putFile(path, { contentType: 'application/vnd.apache.parquet' });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
