import {
  AlertActionRequested,
  AlertClockTicked,
  AlertRaised,
  AlertResolved,
  DriftDetected,
  FreshnessChecked,
  GatesLearned,
  PartitionAdvanced,
  RouteLabelled,
  RouteMeasured,
  TOPICS,
  WindowMeasured,
  WindowProfiled,
  WindowReported,
  decodeEvent,
  readEnvelope,
  type Deployments,
} from '#contracts';
import type { Fold, LogRecord, Round } from '#eventlog';
import { ContractViolation, sha256 } from '#kernel';
import { type Decision, MonitorState } from '#folds';
import { AlertBook, type StoredBook } from '../domain/alerts/alert-book';
import type { ReferenceProfiles } from '../effects/reference-profiles';
import { alertActions } from './alert-actions';
import { eachRecord } from './each-record';
import { outputsOf } from './outputs';

export interface PartsHandler {
  /** Full names of `monitoring.reports` and `monitoring.alerts`. */
  readonly reports: string;
  readonly alerts: string;
  readonly profiles: ReferenceProfiles;
}

interface Deciding {
  readonly monitor: MonitorState;
  readonly book: AlertBook;
}

/** Adds up the parts of each window; decides reports and alerts. The one place where monitoring decides. */
export const onParts = ({ reports, alerts, profiles }: PartsHandler): Fold<Deciding, Deployments> => {
  const source = TOPICS.monitoringInputs;
  const reported = outputsOf(WindowReported, { topic: reports, source });
  const raised = outputsOf(AlertRaised, { topic: alerts, source });
  const resolved = outputsOf(AlertResolved, { topic: alerts, source });

  const actions = alertActions({ alerts, source });

  const publish = (
    decisions: readonly Decision[],
    record: LogRecord,
    round: Round<Deciding, Deployments>,
  ): void => {
    const place = {
      partition: 0,
      time: new Date(record.timestamp).toISOString(),
      control: round.controlHeader,
    };
    let k = 0;
    for (const alert of decisions.flatMap((decision) => decision.alerts)) {
      const at = { ...place, key: alert.fact.alert, k: k++ };
      round.emit(alert.type === 'raised' ? raised(record, alert.fact, at) : resolved(record, alert.fact, at));
    }
    decisions
      .flatMap(({ report }) => report ?? [])
      .forEach((report, index) =>
        round.emit(reported(record, report, { ...place, key: report.deployment, k: index })),
      );
  };

  const step = async (
    { monitor: state, book }: Deciding,
    record: LogRecord,
    round: Round<Deciding, Deployments>,
  ): Promise<void> => {
    const { type } = readEnvelope(record.headers);
    const tell = (decisions: readonly Decision[]): void => {
      for (const { alerts: said } of decisions) book.note(said);
      publish(decisions, record, round);
    };
    switch (type) {
      case WindowProfiled.type: {
        const fact = decodeEvent(WindowProfiled, record.value);
        return state.addProfile(fact, await profiles.get(fact.profile));
      }
      case WindowMeasured.type:
        return state.addPerformance(decodeEvent(WindowMeasured, record.value));
      case GatesLearned.type: {
        const { model, version, gates } = decodeEvent(GatesLearned, record.value);
        return state.learnGates(model, version, gates);
      }
      case PartitionAdvanced.type: {
        const fact = decodeEvent(PartitionAdvanced, record.value);
        for (const profile of state.profiles(fact.deployment)) await profiles.get(profile);
        const decisions = state.advance(fact, (profile) => profiles.known(profile));
        return tell(decisions);
      }
      case AlertActionRequested.type:
        return actions.decide({ monitor: state, book }, record, round);
      case AlertClockTicked.type:
        return actions.advance(record, round);
      case DriftDetected.type:
        return tell(state.detect(decodeEvent(DriftDetected, record.value)));
      case FreshnessChecked.type:
        return tell(state.checkFreshness(decodeEvent(FreshnessChecked, record.value)));
      // These are judged beside, by onRoutes.
      case RouteMeasured.type:
      case RouteLabelled.type:
        return;
      default:
        throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', `a ${type} is no input of monitoring`);
    }
  };

  return {
    name: 'reports',
    initial: () => ({ monitor: new MonitorState(), book: new AlertBook() }),
    restore: {
      from: 'source',
      snapshot: {
        encode: ({ monitor, book }) => Buffer.from(JSON.stringify([monitor.encode(), book])),
        decode: (bytes) => {
          const [monitor, book] = JSON.parse(Buffer.from(bytes).toString()) as [string, StoredBook];
          return { monitor: MonitorState.decode(monitor), book: AlertBook.fromJSON(book) };
        },
      },
    },
    definition: () => sha256('monitoring reports 2'),
    total: false,
    dropSeen: true,
    process: eachRecord(step),
  };
};
