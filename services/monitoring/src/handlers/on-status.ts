import {
  IntervalReported,
  RouteMeasured,
  TOPICS,
  decodeEvent,
  readEnvelope,
  type Deployments,
} from '#contracts';
import { perRecord, type Fold } from '#eventlog';
import { formatPosition } from '#kernel';
import { isoTime } from '#folds';
import { outputsOf } from './outputs';

export interface StatusHandler {
  /** Full name of `monitoring.inputs`. */
  readonly parts: string;
}

/**
 * Routes what serving says of its routes to where rollouts are judged. `ce_time` is when it was said, by the broker's clock, as the
 * beginning of a step is. Keeps no state.
 */
export const onStatus = ({ parts }: StatusHandler): Fold<null, Deployments> => {
  const measured = outputsOf(RouteMeasured, { topic: parts, source: TOPICS.servingStatus });
  return {
    name: 'routes',
    initial: () => null,
    restore: { from: 'none' },
    total: false,
    dropSeen: true,
    process: perRecord((_, record, round) => {
      if (readEnvelope(record.headers).type !== IntervalReported.type) return;
      const fact = decodeEvent(IntervalReported, record.value);
      const reference = `${TOPICS.servingStatus}:${formatPosition(record.partition, record.offset)}`;
      const time = isoTime(record.timestamp);
      const place = { partition: 0, key: fact.deployment, time, control: round.controlHeader };
      round.emit(measured(record, { reference, ...fact }, place));
    }),
  };
};
