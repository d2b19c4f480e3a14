import {
  AlertAcknowledged,
  AlertActionRefused,
  AlertActionRequested,
  AlertClockAdvanced,
  AlertResolved,
  SilenceRemoved,
  SilenceSet,
  decodeEvent,
  type Deployments,
} from '#contracts';
import type { LogRecord, Output, Round } from '#eventlog';
import { formatPosition } from '#kernel';
import type { MonitorState } from '#folds';
import type { ActionOutcome, AlertBook } from '../domain/alerts/alert-book';
import { outputsOf, type OutputPlace, type OutputTarget } from './outputs';

interface Deciding {
  readonly monitor: Pick<MonitorState, 'dismiss'>;
  readonly book: AlertBook;
}

/** What operators ask of alerts, and ticks, as facts on `monitoring.alerts`. */
export const alertActions = ({ alerts, source }: { readonly alerts: string; readonly source: string }) => {
  const target: OutputTarget = { topic: alerts, source };
  const acknowledged = outputsOf(AlertAcknowledged, target);
  const resolved = outputsOf(AlertResolved, target);
  const silenced = outputsOf(SilenceSet, target);
  const unsilenced = outputsOf(SilenceRemoved, target);
  const refused = outputsOf(AlertActionRefused, target);
  const advanced = outputsOf(AlertClockAdvanced, target);

  const outputOf = (record: LogRecord, outcome: ActionOutcome, at: Omit<OutputPlace, 'key'>): Output => {
    switch (outcome.type) {
      case 'acknowledged':
        return acknowledged(record, outcome.fact, { ...at, key: outcome.fact.alert });
      case 'resolved':
        return resolved(record, outcome.fact, { ...at, key: outcome.fact.alert });
      case 'silenced':
        return silenced(record, outcome.fact, { ...at, key: outcome.fact.silence });
      case 'unsilenced':
        return unsilenced(record, outcome.fact, { ...at, key: outcome.fact.silence });
      case 'refused':
        return refused(record, outcome.fact, { ...at, key: outcome.fact.request });
    }
  };

  return {
    decide: <State>(
      { monitor, book }: Deciding,
      record: LogRecord,
      round: Round<State, Deployments>,
    ): void => {
      const requested = decodeEvent(AlertActionRequested, record.value);
      const time = new Date(record.timestamp).toISOString();
      const position = formatPosition(record.partition, record.offset);
      const outcome = book.decide(requested, { position, time });
      if (!outcome) return;
      if (outcome.type === 'resolved') monitor.dismiss(outcome.fact.alert);
      round.emit(outputOf(record, outcome, { partition: 0, time, control: round.controlHeader }));
    },

    advance: <State>(record: LogRecord, round: Round<State, Deployments>): void => {
      const now = new Date(record.timestamp).toISOString();
      round.emit(
        advanced(record, { now }, { partition: 0, key: 'none', time: now, control: round.controlHeader }),
      );
    },
  };
};
