import {
  ExperimentMeasured,
  RolloutJudged,
  RouteLabelled,
  RouteMeasured,
  TOPICS,
  controlPositionOf,
  decodeEvent,
  readEnvelope,
  type DeploymentFact,
  type Deployments,
} from '#contracts';
import type { Fold, FollowedTopic, LogRecord, Round } from '#eventlog';
import { ContractViolation, formatPosition, sha256 } from '#kernel';
import { RouteWatch, type StoredWatch, type Verdict } from '../domain/rollouts/route-watch';
import { eachRecord } from './each-record';
import { outputsOf } from './outputs';

export interface RoutesHandler {
  /** Full name of `monitoring.rollouts`. */
  readonly rollouts: string;
  readonly control: FollowedTopic<Deployments>;
}

/** By deployment. */
type Watches = Map<string, RouteWatch>;

/**
 * Judges the steps of rollouts and measures the arms of bandits: a fold over `monitoring.inputs`. Which rollout is under way is what
 * `registry.deployments` says at the position that a record was routed under.
 */
export const onRoutes = ({ rollouts, control }: RoutesHandler): Fold<Watches, Deployments> => {
  const source = TOPICS.monitoringInputs;
  const judged = outputsOf(RolloutJudged, { topic: rollouts, source });
  const measured = outputsOf(ExperimentMeasured, { topic: rollouts, source });

  const factFor = async (
    watch: RouteWatch,
    record: LogRecord,
    name: string,
  ): Promise<DeploymentFact | undefined> => {
    const position = controlPositionOf(record.headers);
    if (position === undefined || !Number.isInteger(position))
      throw new ContractViolation(
        'PLAYHEAD_CONTRACT_VIOLATED',
        'what is said of a route has no control position',
      );
    watch.control = Math.max(watch.control, position);
    await control.reach(watch.control);
    return control.at(watch.control).get(name);
  };

  const publish = (
    verdicts: readonly Verdict[],
    record: LogRecord,
    round: Round<Watches, Deployments>,
  ): void =>
    verdicts.forEach(({ type, fact }, k) => {
      const time = new Date(record.timestamp).toISOString();
      const place = { partition: 0, key: fact.deployment, time, control: round.controlHeader, k };
      round.emit(type === 'judged' ? judged(record, fact, place) : measured(record, fact, place));
    });

  const step = async (
    watches: Watches,
    record: LogRecord,
    round: Round<Watches, Deployments>,
  ): Promise<void> => {
    const { type, time } = readEnvelope(record.headers);
    if (type === RouteMeasured.type) {
      const report = decodeEvent(RouteMeasured, record.value);
      const watch = watchOf(watches, report.deployment);
      const fact = await factFor(watch, record, report.deployment);
      if (fact) publish(watch.onReport(report, Date.parse(time), fact), record, round);
    } else if (type === RouteLabelled.type) {
      const labels = decodeEvent(RouteLabelled, record.value);
      const watch = watchOf(watches, labels.deployment);
      const fact = await factFor(watch, record, labels.deployment);
      const at = `${source}:${formatPosition(record.partition, record.offset)}`;
      if (fact) publish(watch.onLabels(labels, at, fact), record, round);
    }
  };

  return {
    name: 'rollouts',
    initial: () => new Map(),
    restore: {
      from: 'source',
      snapshot: {
        encode: (watches) => Buffer.from(JSON.stringify([...watches])),
        decode: (bytes) =>
          new Map(
            (JSON.parse(Buffer.from(bytes).toString()) as [string, StoredWatch][]).map(([name, stored]) => [
              name,
              RouteWatch.fromJSON(stored),
            ]),
          ),
      },
    },
    definition: () => sha256('monitoring rollouts 1'),
    total: false,
    dropSeen: true,
    process: eachRecord(step),
  };
};

const watchOf = (watches: Watches, deployment: string): RouteWatch => {
  let watch = watches.get(deployment);
  if (!watch) watches.set(deployment, (watch = new RouteWatch()));
  return watch;
};
