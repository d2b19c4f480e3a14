import { randomUUID } from 'node:crypto';
import { EnvelopeTemplate, encodeEvent } from '#contracts';
import { untilAvailable, type EventLog, type LogProducer } from '#eventlog';
import { ERROR_CODES, Refused, TransientFailure, type Clock, type ErrorCode } from '#kernel';
import type { Sleep } from '#runtime';
import { INPUT_CONTRACTS, askedIn, type Command } from '../domain/inputs';
import type { RegistryState } from '../domain/state';
import type { RegistryView } from '../projections/registry-view';
import type { RequesterOf } from './requester';

export interface RequestDeskOptions {
  readonly log: EventLog;
  /** Full name of `registry.inputs`. */
  readonly topic: string;
  readonly view: RegistryView;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly patienceMs: number;
}

/** The state right after one's own request, and where the request stands. */
export interface Answered {
  readonly state: RegistryState;
  readonly offset: number;
}

/** Takes a request to the log and answers when this instance has folded it. */
export class RequestDesk {
  private producer: LogProducer | undefined;
  private readonly templates = new Map<Command['type'], EnvelopeTemplate>();

  constructor(private readonly options: RequestDeskOptions) {}

  /** A request id; a caller that repeats a request gives its own, so that it is carried out once. */
  requestId(given: string | undefined): string {
    return given ?? randomUUID();
  }

  /** Who asks, and under which id: what every request begins with. */
  asked({ actor, request }: RequesterOf): { readonly actor: string; readonly request: string } {
    return { actor, request: this.requestId(request) };
  }

  /**
   * Throws `Refused` with the reason where the registry refuses; the refusal is a fact, too. A repetition, also one at the same time, is
   * answered as the first was; another request under the same id is refused.
   */
  async submit(command: Command): Promise<Answered> {
    const { request } = command.value;
    const { view, patienceMs } = this.options;
    const appended = view.now.requests.has(request) ? undefined : await this.append(command);
    if (appended !== undefined) await view.after(appended, patienceMs);
    const outcome = view.now.requests.get(request);
    // What the fold could not read left no trace.
    const offset = outcome?.position ?? appended!;
    const state = await view.after(offset, patienceMs);
    if (outcome && outcome.asked !== askedIn(command))
      throw new Refused(
        'PLAYHEAD_CONFLICT',
        `the id ${request} is that of another request (at 0-${offset}): give each request an Idempotency-Key of its own`,
        { details: { request } },
      );
    if (outcome?.refused) {
      const { code, message } = outcome.refused;
      throw new Refused(code in ERROR_CODES ? (code as ErrorCode) : 'PLAYHEAD_CONFLICT', message, {
        details: { request },
      });
    }
    return { state, offset };
  }

  async close(): Promise<void> {
    await this.producer?.close();
  }

  /** Appends until it is acknowledged or patience ends. An attempt whose answer was lost may stand there too: its id makes it count once. */
  private async append(command: Command): Promise<number> {
    const { log, topic, clock, sleep, patienceMs } = this.options;
    const contract = INPUT_CONTRACTS[command.type];
    const value = encodeEvent(contract, command.value);
    const { request } = command.value;
    const headers = this.template(command.type).headers(request, new Date(clock.now()).toISOString());
    const key = String((command.value as Readonly<Record<string, unknown>>)[contract.key] ?? request);
    const record = { topic, partition: 0, key, value, headers };
    const deadline = clock.now() + patienceMs;
    const attempt = async (): Promise<number> => {
      this.producer ??= log.producer();
      const producer = this.producer;
      try {
        const [position] = await producer.send([record]);
        return position!.offset;
      } catch (error) {
        if (this.producer === producer) this.producer = undefined;
        await producer.close().catch(() => undefined);
        throw error;
      }
    };
    return untilAvailable(attempt, sleep, (error) => {
      if (clock.now() < deadline) return;
      throw new TransientFailure(error.code, `the request could not be taken to the log: ${error.message}`, {
        cause: error,
      });
    });
  }

  private template(type: Command['type']): EnvelopeTemplate {
    let template = this.templates.get(type);
    if (!template) {
      template = new EnvelopeTemplate({ type: INPUT_CONTRACTS[type].type, source: 'registry.doors' });
      this.templates.set(type, template);
    }
    return template;
  }
}
