import { HEADERS, PartComputed, TOPICS, decodeEvent, qualify, type EventOf } from '#contracts';
import type { EventLog, LogRecord } from '#eventlog';
import { formatPosition, sha256 } from '#kernel';
import {
  FollowedServices,
  type ReadModel,
  type Rebuilt,
  type StateDigest,
  type StateRow,
  type View,
} from '#runtime';

/** What was known of the entity of a stage when the newest event that named it came by. */
export interface LatestPart extends EventOf<typeof PartComputed> {
  /** Time of that event, ISO. */
  readonly event_time: string;
}

interface Stored {
  readonly value: Buffer;
  readonly eventTime: string;
  readonly appended: number;
  readonly partition: number;
  readonly offset: number;
}

/**
 * The newest part of each entity of the stages of a feature service (`feature.parts.<service>`), so that views of another entity than
 * the trigger's are looked up by their own. The parts of an entity lie in the partitions of their triggers: the newest is the one that
 * was appended last, of several in the same millisecond the one that stands last by partition and offset.
 */
export class LatestParts implements ReadModel {
  readonly name = 'latest parts';
  private readonly services: FollowedServices<Parts>;

  constructor(options: {
    readonly log: EventLog;
    readonly namespace: string;
    readonly sleep: (ms: number) => Promise<void>;
    readonly patienceMs?: number;
  }) {
    this.services = new FollowedServices({
      ...options,
      name: 'parts',
      topicOf: (service) => qualify(options.namespace, TOPICS.parts(service)),
      empty: () => new Parts(),
      apply: (parts, records) => parts.onRecords(records),
    });
  }

  /** Of a service that has stages; rejects with PLAYHEAD_NOT_READY while the topic is still being read. */
  async of(service: string, stage: string, entity: string): Promise<LatestPart | undefined> {
    const stored = (await this.services.of(service)).of(stage, entity);
    return stored && { ...decodeEvent(PartComputed, stored.value), event_time: stored.eventTime };
  }

  close(): Promise<void> {
    return this.services.close();
  }

  digest(): Promise<StateDigest> {
    return this.services.digest();
  }

  rebuild(): Promise<Rebuilt> {
    return this.services.rebuild();
  }
}

class Parts implements View<Parts> {
  private stored = new Map<string, Stored>();

  of(stage: string, entity: string): Stored | undefined {
    return this.stored.get(placeOf(stage, entity));
  }

  onRecords(records: readonly LogRecord[]): void {
    for (const { key, value, partition, offset, timestamp, headers } of records) {
      if (!key || !value || headers.text(HEADERS.type) !== PartComputed.type) continue;
      const place = placeOf(stageIn(value), key.toString('utf8'));
      const present = this.stored.get(place);
      const stored = { eventTime: headers.text(HEADERS.time) ?? '', appended: timestamp, partition, offset };
      if (!present || isNewer(stored, present))
        this.stored.set(place, { value: Buffer.from(value), ...stored });
    }
  }

  adopt(other: Parts): void {
    this.stored = other.stored;
  }

  *rows(): Iterable<StateRow> {
    for (const [place, { value, partition, offset }] of this.stored)
      yield [place, [formatPosition(partition, offset), sha256(value)]];
  }
}

/** Names of fields have no NUL. */
const placeOf = (stage: string, entity: string): string => `${stage}\0${entity}`;

const STAGE = /"stage":("(?:[^"\\]|\\.)*")/;

/** Without parsing the values of each part that goes by. */
const stageIn = (value: Buffer): string => {
  const text = STAGE.exec(value.toString('utf8', 0, 512))?.[1];
  return text === undefined ? '' : (JSON.parse(text) as string);
};

type Place = Pick<Stored, 'appended' | 'partition' | 'offset'>;

const isNewer = (one: Place, other: Place): boolean => {
  for (const by of ['appended', 'partition', 'offset'] as const)
    if (one[by] !== other[by]) return one[by] > other[by];
  return true;
};
