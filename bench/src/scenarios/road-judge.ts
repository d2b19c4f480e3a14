import { HEADERS, sourcePositionOf } from '#contracts';
import { SeenPositions, type LogRecord } from '#eventlog';
import type { FeatureValues } from '#features';
import { formatPosition } from '#kernel';

export type Hop = 'observations' | 'vectors' | 'predictions';
export type Counts = Readonly<Record<Hop, number>>;
export type RoadRecord = Pick<LogRecord, 'partition' | 'offset' | 'value' | 'headers'>;

/** What an observation should lead to. */
export interface Expected {
  readonly values: FeatureValues;
  readonly score: number;
}

/** What stands on the road, beside what should. */
export interface RoadJudgement {
  /** Records whose `ce_id` had come before: harmless where readers drop them (law L3). */
  readonly repeated: Counts;
  /** Events of which more than one record remains for a reader that drops what it has seen. */
  readonly appliedTwice: Counts;
  readonly missing: Counts;
  /** Records, also repeated ones, whose numbers are not those that were computed again, to the bit. */
  readonly wrongVectors: number;
  readonly wrongScores: number;
}

/** The same of one partition, where nobody knows how many events there should be. */
export interface PartitionJudgement extends Omit<RoadJudgement, 'missing'> {
  /** Events of which at least one record remains for such a reader. */
  readonly there: Counts;
}

/** Holds the records of one partition, as they stand on the wire, against what their observations should lead to, by position. */
export const judgePartition = (
  road: Readonly<Record<Hop, readonly RoadRecord[]>>,
  expected: ReadonlyMap<string, Expected>,
): PartitionJudgement => {
  const counted = perHop((hop) => countRecords(road[hop]));
  const behindVector = new Map(
    road.vectors.map((vector) => [positionOf(vector), expected.get(idOf(vector))]),
  );
  return {
    repeated: perHop((hop) => counted[hop].repeated),
    appliedTwice: perHop((hop) => counted[hop].appliedTwice),
    there: perHop((hop) => counted[hop].there),
    wrongVectors: road.vectors.filter((vector) => !hasValues(vector, expected.get(idOf(vector)))).length,
    wrongScores: road.predictions.filter(
      (prediction) => scoreIn(prediction) !== behindVector.get(idOf(prediction))?.score,
    ).length,
  };
};

/** All partitions together, of which so many events should have come out. */
export const judgeRoad = (partitions: readonly PartitionJudgement[], events: number): RoadJudgement => {
  const sum = (pick: (partition: PartitionJudgement) => number): number =>
    partitions.reduce((total, partition) => total + pick(partition), 0);
  return {
    repeated: perHop((hop) => sum(({ repeated }) => repeated[hop])),
    appliedTwice: perHop((hop) => sum(({ appliedTwice }) => appliedTwice[hop])),
    missing: perHop((hop) => events - sum(({ there }) => there[hop])),
    wrongVectors: sum(({ wrongVectors }) => wrongVectors),
    wrongScores: sum(({ wrongScores }) => wrongScores),
  };
};

export const totalCount = ({ observations, vectors, predictions }: Counts): number =>
  observations + vectors + predictions;

const perHop = <T>(of: (hop: Hop) => T): Record<Hop, T> => ({
  observations: of('observations'),
  vectors: of('vectors'),
  predictions: of('predictions'),
});

/** The position of the record that it was made from. */
const idOf = ({ headers }: RoadRecord): string => headers.text(HEADERS.id)!;

const positionOf = ({ partition, offset }: RoadRecord): string => formatPosition(partition, offset);

const eventIdIn = ({ value }: RoadRecord): string => {
  const event = JSON.parse(value!.toString()) as { event_id?: string; transaction_id?: string };
  return (event.event_id ?? event.transaction_id)!;
};

const countRecords = (
  records: readonly RoadRecord[],
): Record<'repeated' | 'appliedTwice' | 'there', number> => {
  const ids = new Set<string>();
  const events = new Set<string>();
  const seen = new SeenPositions();
  let [repeated, appliedTwice] = [0, 0];
  for (const record of records) {
    const id = idOf(record);
    if (ids.has(id)) repeated++;
    ids.add(id);
    if (!seen.admit('', sourcePositionOf(record.headers)!)) continue;
    const event = eventIdIn(record);
    if (events.has(event)) appliedTwice++;
    events.add(event);
  }
  return { repeated, appliedTwice, there: events.size };
};

const hasValues = ({ value }: RoadRecord, expected: Expected | undefined): boolean => {
  const vector = JSON.parse(value!.toString()) as {
    readonly values: Readonly<Record<string, FeatureValues>>;
  };
  const [written] = Object.values(vector.values);
  return (
    expected !== undefined &&
    written?.length === expected.values.length &&
    expected.values.every((each, i) => Object.is(each, written[i]))
  );
};

/** A float32 stands in a prediction as its exact double. */
const scoreIn = ({ value }: RoadRecord): number | null =>
  (JSON.parse(value!.toString()) as { output: { probability: number | null } }).output.probability;
