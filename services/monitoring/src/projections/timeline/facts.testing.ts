import {
  AlertRaised,
  AliasAssigned,
  DeploymentUpdated,
  EnvelopeTemplate,
  ModelVersionRegistered,
  PromotionWithheld,
  RolloutChanged,
  RoutesTaken,
  TrainingRequested,
  TrainingRunCompleted,
  TrainingRunFailed,
  TriggerSuppressed,
  encodeEvent,
  type EventContract,
  type EventOf,
} from '#contracts';
import { HeaderList, type LogRecord } from '#eventlog';

/** Facts at so many seconds, each on the topic of its contract, as the owners write them. */
export class Facts {
  readonly records: LogRecord[] = [];
  private readonly ends = new Map<string, number>();

  /** Its position on the log. */
  add<C extends EventContract>(seconds: number, contract: C, fact: EventOf<C>): string {
    const { topic, type } = contract;
    const offset = this.ends.get(topic) ?? 0;
    this.ends.set(topic, offset + 1);
    const template = new EnvelopeTemplate({ type, source: 'somewhere' });
    const timestamp = Date.UTC(2026, 0, 1) + seconds * 1_000;
    const headers = template.headers(`0-${offset}`, new Date(timestamp).toISOString());
    const list = new HeaderList(headers.map(([name, value]) => [name, Buffer.from(value)]));
    this.records.push({ topic, partition: 0, offset, timestamp, key: null, value: encodeEvent(contract, fact as never), headers: list }); // prettier-ignore
    return `${topic}:0-${offset}`;
  }

  deployed(
    seconds: number,
    ...routes: readonly (readonly [route: string, version: number, share?: number])[]
  ): string {
    const { sample } = DeploymentUpdated;
    return this.add(seconds, DeploymentUpdated, {
      ...sample,
      routes: routes.map(([route, version, share]) => ({
        ...sample.routes[0]!,
        route,
        version,
        ...(share !== undefined && { share }),
      })),
    });
  }

  alert(seconds: number, version: number): string {
    return this.add(seconds, AlertRaised, { ...AlertRaised.sample, version, alert: `a${seconds}` });
  }

  suppressed(seconds: number, reference: string): string {
    const cause = { trigger: 'data-drift' as const, reference };
    return this.add(seconds, TriggerSuppressed, {
      model: 'fraud',
      cause,
      code: 'debounced',
      reason: 'too soon',
    });
  }

  requested(seconds: number, run: string, reference?: string): string {
    const cause = reference === undefined ? undefined : { trigger: 'data-drift' as const, reference };
    return this.add(seconds, TrainingRequested, {
      ...TrainingRequested.sample,
      run,
      ...(cause && { cause, requested_by: 'retraining policy' }),
    });
  }

  completed(seconds: number, run: string): string {
    return this.add(seconds, TrainingRunCompleted, { ...TrainingRunCompleted.sample, run });
  }

  failed(seconds: number, run: string): string {
    return this.add(seconds, TrainingRunFailed, { ...TrainingRunFailed.sample, run });
  }

  registered(seconds: number, run: string, version: number, passed = true): string {
    const gates = [{ metric: 'average_precision' as const, min: 0.1, value: passed ? 0.6 : 0.05, passed }];
    return this.add(seconds, ModelVersionRegistered, {
      ...ModelVersionRegistered.sample,
      run,
      version,
      passed,
      gates,
    });
  }

  withheld(seconds: number, run: string, version: number, code: 'gates' | 'approval'): string {
    const reason = `fraud@${version}: ${code}`;
    return this.add(seconds, PromotionWithheld, {
      ...PromotionWithheld.sample,
      run,
      version,
      code,
      waits: code === 'approval',
      reason,
    });
  }

  named(
    seconds: number,
    version: number,
    previous: number,
    cause: 'promotion' | 'rollback' | 'rollout' = 'promotion',
  ): string {
    return this.add(seconds, AliasAssigned, {
      ...AliasAssigned.sample,
      version,
      previous,
      cause,
      assigned_by: 'retraining policy',
    });
  }

  rollout(seconds: number, version: number, change: EventOf<typeof RolloutChanged>['change']): string {
    const { sample } = RolloutChanged;
    const rollout = { ...sample.rollout, version, baseline: version - 1 };
    return this.add(seconds, RolloutChanged, { ...sample, change, rollout, reason: `because ${change}` });
  }

  taken(
    seconds: number,
    ...routes: readonly (readonly [route: string, version: number, share: number])[]
  ): string {
    const named = routes.map(([route, version, share]) => ({ route, version, share }));
    return this.add(seconds, RoutesTaken, { ...RoutesTaken.sample, routes: named });
  }
}
