import type { EntityManager } from 'typeorm';
import { TOPICS } from '#contracts';
import { readRecords, type EventLog, type FollowedTopic } from '#eventlog';
import { isPlatformError, messageOf } from '#kernel';
import type { Logger, Postgres, Sleep, Worker } from '#runtime';
import { apply } from '../../domain/evolve';
import type { RegistryState } from '../../domain/state';
import { decodeInput } from '../../handlers/registry-records';
import { nothingTouched, touch } from '../touched';
import { ENTITIES, ReadPosition } from './entities';
import { writeRows } from './rows';

export interface RegistryProjectionOptions {
  readonly log: EventLog;
  /** Full name of `registry.inputs`. */
  readonly topic: string;
  readonly inputs: FollowedTopic<RegistryState>;
  readonly postgres: Postgres;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/** Most inputs in one transaction. */
const BATCH = 500;

/**
 * Keeps the read model in Postgres behind `registry.inputs`. The position row is locked first in the transaction that moves it, and the
 * batch begins where it stands, so that several instances may do this at once and none applies an input twice. While Postgres is away
 * nothing waits for it; an empty or dropped schema is built again from the first input.
 */
export class RegistryProjection implements Worker {
  private stopped = false;
  private working: Promise<void> = Promise.resolve();
  private next = 0;
  private away: string | undefined = 'not connected yet';
  private wake: () => void = () => undefined;
  private unsubscribe: () => void = () => undefined;

  constructor(private readonly options: RegistryProjectionOptions) {}

  start(): Promise<void> {
    this.unsubscribe = this.options.inputs.onChange(() => this.wake());
    this.working = this.work();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.unsubscribe();
    this.wake();
    await this.working;
  }

  status(): Record<string, unknown> {
    return { next: this.next, ...(this.away === undefined ? {} : { away: this.away }) };
  }

  /** Why Postgres cannot be asked, or undefined. */
  get reasonAway(): string | undefined {
    return this.away;
  }

  /** True when the tables reflect every input up to this offset. */
  reflects(offset: number): boolean {
    return this.away === undefined && this.next > offset;
  }

  private async work(): Promise<void> {
    const { inputs, sleep, logger } = this.options;
    while (!this.stopped) {
      try {
        await this.catchUp(inputs.position);
        this.away = undefined;
        if (this.next > inputs.position) await this.something();
      } catch (error) {
        if (this.away !== messageOf(error))
          logger.warn(
            { err: isPlatformError(error) ? undefined : error },
            `the read model waits: ${messageOf(error)}`,
          );
        this.away = messageOf(error);
        if (!this.stopped) await Promise.race([sleep(1_000), this.something()]);
      }
    }
  }

  /** Resolves at the next input, or when the worker is stopped. */
  private something(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }

  private async catchUp(upTo: number): Promise<void> {
    do {
      this.next = await this.options.postgres.transaction(async (manager) => {
        await manager.query(`insert into read_position (topic, next) values ($1, 0) on conflict do nothing`, [
          TOPICS.registryInputs,
        ]);
        const row = await manager.findOneOrFail(ReadPosition, {
          where: { topic: TOPICS.registryInputs },
          lock: { mode: 'pessimistic_write' },
        });
        if (row.next > upTo + 1 && (await this.isOfAnotherLog(row.next))) return this.startAnew(manager);
        if (row.next > upTo) return row.next;
        const next = Math.min(upTo + 1, row.next + BATCH);
        await writeRows(manager, await this.touchedBetween(row.next, next), this.options.inputs.at(next - 1));
        await manager.update(ReadPosition, { topic: TOPICS.registryInputs }, { next });
        return next;
      });
    } while (this.next <= upTo && !this.stopped);
  }

  /** Further than the log goes: the topic was made anew under tables that were filled from an older one. */
  private async isOfAnotherLog(next: number): Promise<boolean> {
    const [ends] = await this.options.log.ends(this.options.topic);
    return ends !== undefined && next > ends.end;
  }

  private async startAnew(manager: EntityManager): Promise<number> {
    this.options.logger.warn({}, 'the read model is of another log: it is built anew');
    for (const entity of ENTITIES) await manager.createQueryBuilder().delete().from(entity).execute();
    return 0;
  }

  private async touchedBetween(from: number, to: number): Promise<ReturnType<typeof nothingTouched>> {
    const { log, topic, inputs } = this.options;
    const touched = nothingTouched();
    let state = inputs.at(from - 1);
    for await (const record of readRecords(log, topic, 0, from, to)) {
      // What cannot be decoded was passed over by the fold, and is passed over here.
      if (inputs.at(record.offset).position !== record.offset) continue;
      const { input, at } = decodeInput(record);
      const applied = apply(state, input, at);
      state = applied.state;
      touch(touched, input, applied.outcomes, state);
    }
    return touched;
  }
}
