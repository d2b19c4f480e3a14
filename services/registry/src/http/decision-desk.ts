import type { VersionChecks } from '../effects/version-checks';
import { CHECKED_RULES } from '../domain/obstacles';
import type { Command } from '../domain/inputs';
import type { Answered, RequestDesk } from './request-desk';

type ValueOf<T extends Command['type']> = Omit<Extract<Command, { type: T }>['value'], 'rules'>;

/** Requests about versions that wait until the version is checked, and are decided by the newest rules. Every door of promotions goes through here. */
export class DecisionDesk {
  constructor(
    private readonly desk: RequestDesk,
    private readonly checks: VersionChecks,
  ) {}

  /** Throws `Refused` with the reason where the registry refuses. */
  async promote(value: ValueOf<'promotion'>): Promise<Answered> {
    await this.checks.ensure(value.model, value.version);
    return this.desk.submit({ type: 'promotion', value: { ...value, rules: CHECKED_RULES } });
  }

  /** Throws `Refused` with the reason where the registry refuses. */
  async review(value: ValueOf<'review'>): Promise<Answered> {
    if (value.verdict === 'approved') await this.checks.ensure(value.model, value.version);
    return this.desk.submit({ type: 'review', value: { ...value, rules: CHECKED_RULES } });
  }
}
