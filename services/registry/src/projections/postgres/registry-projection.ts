import type { EntityManager } from 'typeorm';
import { TOPICS } from '#contracts';
import { readRecords, type EventLog, type FollowedTopic } from '#eventlog';
import { isPlatformError, messageOf } from '#kernel';
import type { Logger, Postgres, ReadModel, Rebuilt, Sleep, StateDigest, Worker } from '#runtime';
import { apply } from '../../domain/evolve';
import type { RegistryState } from '../../domain/state';
import { decodeInput } from '../../handlers/registry-records';
import { nothingTouched, touch } from '../touched';
import { ReadPosition } from './entities';
import { digestOfTables, emptyTables } from './tables';
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
export class RegistryProjection implements Worker, ReadModel {
  readonly name = 'Postgres';
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

  digest(): Promise<StateDigest> {
    return this.options.postgres.transaction(async (manager) =>
      digestOfTables(manager, await this.lockedPosition(manager)),
    );
  }

  /** In one transaction: until it ends everybody reads the old rows, and no instance writes. */
  rebuild(): Promise<Rebuilt> {
    return this.options.postgres.transaction(async (manager) => {
      const next = await this.lockedPosition(manager);
      const before = await digestOfTables(manager, next);
      // Another instance may be further.
      if (!(await this.isOfAnotherLog(next))) await this.options.inputs.reach(next - 1);
      const upTo = Math.min(next, this.options.inputs.position + 1);
      await emptyTables(manager);
      for (let from = 0; from < upTo; from += BATCH)
        await this.write(manager, from, Math.min(upTo, from + BATCH));
      await manager.upsert(ReadPosition, { topic: TOPICS.registryInputs, next: upTo }, ['topic']);
      return { before, after: await digestOfTables(manager, upTo) };
    });
  }

  private async catchUp(upTo: number): Promise<void> {
    do {
      this.next = await this.options.postgres.transaction(async (manager) => {
        const position = await this.lockedPosition(manager);
        if (position > upTo + 1 && (await this.isOfAnotherLog(position))) return this.startAnew(manager);
        if (position > upTo) return position;
        const next = Math.min(upTo + 1, position + BATCH);
        await this.write(manager, position, next);
        await manager.update(ReadPosition, { topic: TOPICS.registryInputs }, { next });
        return next;
      });
    } while (this.next <= upTo && !this.stopped);
  }

  /** The next input; whoever has it writes alone. */
  private async lockedPosition(manager: EntityManager): Promise<number> {
    await manager.query(`insert into read_position (topic, next) values ($1, 0) on conflict do nothing`, [
      TOPICS.registryInputs,
    ]);
    const { next } = await manager.findOneOrFail(ReadPosition, {
      where: { topic: TOPICS.registryInputs },
      lock: { mode: 'pessimistic_write' },
    });
    return next;
  }

  private async write(manager: EntityManager, from: number, to: number): Promise<void> {
    await writeRows(manager, await this.touchedBetween(from, to), this.options.inputs.at(to - 1));
  }

  /** Further than the log goes: the topic was made anew under tables that were filled from an older one. */
  private async isOfAnotherLog(next: number): Promise<boolean> {
    const [ends] = await this.options.log.ends(this.options.topic);
    return ends !== undefined && next > ends.end;
  }

  private async startAnew(manager: EntityManager): Promise<number> {
    this.options.logger.warn({}, 'the read model is of another log: it is built anew');
    await emptyTables(manager);
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
