import { randomUUID } from 'node:crypto';
import { EnvelopeTemplate, encodeEvent } from '#contracts';
import { untilAvailable, type EventLog, type LogProducer } from '#eventlog';
import { ERROR_CODES, Refused, TransientFailure, type Clock, type ErrorCode } from '#kernel';
import type { Sleep } from '#runtime';
import { INPUT_CONTRACTS, type Command } from '../domain/inputs';
import type { RegistryState } from '../domain/state';
import type { RegistryView } from '../projections/registry-view';

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

  /** Throws `Refused` with the reason where the registry refuses; the refusal is a fact, too. */
  async submit(command: Command): Promise<Answered> {
    const { request } = command.value;
    const known = this.options.view.now.requests.get(request);
    const offset = known?.position ?? (await this.append(command));
    const state = await this.options.view.after(offset, this.options.patienceMs);
    const outcome = state.requests.get(request);
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
