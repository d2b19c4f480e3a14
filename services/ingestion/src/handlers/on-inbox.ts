import { HEADERS } from '#contracts';
import { perRecord, type Fold, type LogRecord, type Round } from '#eventlog';
import { timestampMs, tryParsePosition } from '#kernel';
import { decide, type Refusal } from '../domain/decide';
import {
  decodePartition,
  encodePartition,
  evolve,
  initialPartition,
  type StreamPartition,
} from '../domain/stream-partition';
import { streamOf, type Streams } from '../domain/streams';
import { InboxRecord } from './inbox-record';
import { Outputs, type StreamTopics } from './outputs';
import { NO_ORIGIN, Provenance, type Origin } from './provenance';

export interface InboxHandler {
  readonly stream: string;
  readonly topics: StreamTopics;
  readonly provenance: Pick<Provenance, 'check'>;
  readonly progress?: InboxProgress;
}

/** What a handler tells of its work: for metrics and doors, never for decisions. */
export interface InboxProgress {
  watermark(partition: number, ms: number): void;
  rejected(code: string): void;
  moved(): void;
}

/** Keys and values are bounded, but text grows when it is normalised; a larger observation would not fit into its topic. */
const MAX_OBSERVATION_BYTES = 2_000_000;

type Origins = ReadonlyMap<LogRecord, Origin>;

/** Every inbox record becomes an observation, a rejection, a dead letter, or a copy in the partition that owns its key. */
export const onInbox = ({
  stream,
  topics,
  provenance,
  progress,
}: InboxHandler): Fold<StreamPartition, Streams> => {
  const outputs = new Outputs(stream, topics);

  const reject = (record: LogRecord, refusal: Refusal, round: Round<StreamPartition, Streams>): void => {
    round.emit(outputs.rejection(record, refusal, round.controlHeader));
    progress?.rejected(refusal.code);
  };

  const handle = (
    state: StreamPartition,
    record: LogRecord,
    origin: Origin,
    round: Round<StreamPartition, Streams>,
  ): void => {
    const rules = streamOf(round.control, stream);
    const outcome = decide(state, rules, new InboxRecord(record, origin));
    switch (outcome.kind) {
      case 'observation': {
        const { event, key, observed } = outcome;
        const value = rules.encode(event);
        if (value.length > MAX_OBSERVATION_BYTES) {
          reject(
            record,
            {
              code: 'TOO_LARGE',
              message: `the observation has ${value.length} bytes, ${MAX_OBSERVATION_BYTES} are the most`,
            },
            round,
          );
          return;
        }
        evolve(state, observed, rules);
        round.emit(
          outputs.observation(
            record,
            { key, value, time: event[rules.time] as string, observed },
            round.controlHeader,
          ),
        );
        return;
      }
      case 'rejection':
        reject(record, outcome, round);
        return;
      case 'move':
        round.emit(outputs.move(record, outcome.partition));
        progress?.moved();
        return;
      case 'dead letter':
        round.deadLetter(record, outcome.code, outcome.message);
    }
  };

  const handleAll = (round: Round<StreamPartition, Streams>, origins: Origins): void => {
    void perRecord<StreamPartition, Streams>((state, record) =>
      handle(state, record, origins.get(record) ?? NO_ORIGIN, round),
    )(round);
    for (const { partition, state } of round.slices) progress?.watermark(partition, state.watermark.at);
  };

  return {
    name: 'inbox',
    initial: () => initialPartition(),
    total: false,
    dropSeen: false,
    definition: () => STATE_FORM,
    restore: {
      from: 'primary',
      absorb: (state, observation, streams) => {
        const rules = streamOf(streams, stream);
        const { headers, value, partition } = observation;
        evolve(
          state,
          {
            id: rules.readId(value!),
            time: timestampMs(headers.text(HEADERS.time)),
            movedFrom: tryParsePosition(headers.text(HEADERS.movedFrom) ?? ''),
            redrivenFrom: headers.text(HEADERS.redrivenFrom),
          },
          rules,
        );
        progress?.watermark(partition, state.watermark.at);
      },
      snapshot: { encode: encodePartition, decode: decodePartition },
    },
    process: (round) => {
      const claiming = round.slices.flatMap(({ records }) =>
        records.filter((record) => Provenance.claims(record)),
      );
      if (claiming.length === 0) return handleAll(round, NOBODY);
      return provenance.check(claiming).then((origins) => handleAll(round, origins));
    },
  };
};

const NOBODY: Origins = new Map();

/** Each observation is folded under the revision that it was decided under, so a snapshot outlives a change of the definition. */
const STATE_FORM = 'stream-partition-1';
