import type {
  AlertAcknowledged,
  AlertActionRefused,
  AlertActionRequested,
  AlertResolved,
  EventOf,
  SilenceRemoved,
  SilenceSet,
} from '#contracts';
import type { AlertFact, Raised } from '#folds';
import { timestampMs, type ErrorCode } from '#kernel';
import type { Silence } from './silences';

export type Requested = EventOf<typeof AlertActionRequested>;

/** What the decider says to a request of an operator. */
export type ActionOutcome =
  | { readonly type: 'acknowledged'; readonly fact: EventOf<typeof AlertAcknowledged> }
  | { readonly type: 'resolved'; readonly fact: EventOf<typeof AlertResolved> }
  | { readonly type: 'silenced'; readonly fact: EventOf<typeof SilenceSet> }
  | { readonly type: 'unsilenced'; readonly fact: EventOf<typeof SilenceRemoved> }
  | { readonly type: 'refused'; readonly fact: EventOf<typeof AlertActionRefused> };

/** Where a request stands. */
export interface RequestPlace {
  /** Position in `monitoring.inputs`: the name of what it makes. */
  readonly position: string;
  /** Its append time. */
  readonly time: string;
}

/** Requests so far back are known again. */
const KNOWN_REQUESTS = 1_000;

interface StoredBook {
  readonly open: readonly Raised[];
  readonly acknowledged: readonly string[];
  readonly silences: readonly Silence[];
  readonly requests: readonly string[];
}

/** What operators can speak of: open alerts and silences; says what becomes of their requests. Part of the state of the decider. */
export class AlertBook {
  private readonly open = new Map<string, Raised>();
  private readonly acknowledged = new Set<string>();
  private readonly silences = new Map<string, Silence>();
  private readonly requests = new Set<string>();

  /** What the decider has just said of alerts. */
  note(facts: readonly AlertFact[]): void {
    for (const { type, fact } of facts) {
      if (type === 'raised') this.open.set(fact.alert, fact);
      else this.close(fact.alert);
    }
  }

  /** Nothing for a request that was decided before. */
  decide(requested: Requested, place: RequestPlace): ActionOutcome | undefined {
    const { request } = requested;
    if (this.requests.has(request)) return undefined;
    this.requests.add(request);
    for (const oldest of this.requests) {
      if (this.requests.size <= KNOWN_REQUESTS) break;
      this.requests.delete(oldest);
    }
    this.forgetSilencesBefore(place.time);
    return this.outcomeOf(requested, place);
  }

  private outcomeOf({ request, actor, action }: Requested, { position, time }: RequestPlace): ActionOutcome {
    const asked = { request, actor };
    const refused = (code: ErrorCode, message: string): ActionOutcome => ({
      type: 'refused',
      fact: { ...asked, code, message },
    });
    switch (action.do) {
      case 'acknowledge': {
        const { alert, comment } = action;
        const raised = this.open.get(alert);
        if (!raised) return refused('PLAYHEAD_CONFLICT', notOpen(alert));
        if (this.acknowledged.has(alert))
          return refused('PLAYHEAD_CONFLICT', `the alert ${alert} is acknowledged already`);
        this.acknowledged.add(alert);
        const { deployment } = raised;
        return {
          type: 'acknowledged',
          fact: { ...asked, alert, deployment, ...(comment !== undefined && { comment }) },
        };
      }
      case 'resolve': {
        const { alert, reason } = action;
        const raised = this.open.get(alert);
        if (!raised) return refused('PLAYHEAD_CONFLICT', notOpen(alert));
        this.close(alert);
        const message = `${actor} says that it is over: ${reason}`;
        return {
          type: 'resolved',
          fact: { ...raised, raised: raised.window, message, by: { ...asked, reason } },
        };
      }
      case 'silence': {
        const { match, until, comment } = action;
        if (!(timestampMs(until) > timestampMs(time)))
          return refused('PLAYHEAD_REQUEST_INVALID', `a silence until ${until} would be over already`);
        const fact = {
          ...asked,
          silence: position,
          match,
          from: time,
          until,
          ...(comment !== undefined && { comment }),
        };
        this.silences.set(position, fact);
        return { type: 'silenced', fact };
      }
      case 'unsilence': {
        const { silence } = action;
        if (!this.silences.delete(silence))
          return refused('PLAYHEAD_CONFLICT', `there is no silence ${silence}, or it is over already`);
        return { type: 'unsilenced', fact: { ...asked, silence } };
      }
    }
  }

  private close(alert: string): void {
    this.open.delete(alert);
    this.acknowledged.delete(alert);
  }

  private forgetSilencesBefore(time: string): void {
    for (const [id, { until }] of this.silences)
      if (timestampMs(until) <= timestampMs(time)) this.silences.delete(id);
  }

  toJSON(): StoredBook {
    const { open, acknowledged, silences, requests } = this;
    return {
      open: [...open.values()],
      acknowledged: [...acknowledged],
      silences: [...silences.values()],
      requests: [...requests],
    };
  }

  static fromJSON({ open, acknowledged, silences, requests }: StoredBook): AlertBook {
    const book = new AlertBook();
    for (const raised of open) book.open.set(raised.alert, raised);
    for (const alert of acknowledged) book.acknowledged.add(alert);
    for (const silence of silences) book.silences.set(silence.silence, silence);
    for (const request of requests) book.requests.add(request);
    return book;
  }
}

export type { StoredBook };

const notOpen = (alert: string): string => `the alert ${alert} is not open`;
