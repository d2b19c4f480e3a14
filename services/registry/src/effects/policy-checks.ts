import { isPlatformError, messageOf } from '#kernel';
import type { Logger, Sleep, Worker } from '#runtime';
import { awaitingCheck } from '../domain/retraining/promotions';
import type { RegistryState } from '../domain/state';
import { Patrol } from './patrol';
import type { VersionChecks } from './version-checks';

/** It looks at a state in memory: often enough that nobody notices. */
const EVERY_MS = 250;

export interface PolicyChecksOptions {
  readonly view: { readonly now: RegistryState };
  readonly checks: Pick<VersionChecks, 'ensure'>;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/** Checks the versions that a policy would promote: nobody else asks for it, and without it they wait. */
export class PolicyChecks implements Worker {
  private readonly patrol: Patrol;

  constructor({ view, checks, sleep, logger }: PolicyChecksOptions) {
    const ensure = (model: string, version: number): Promise<void> =>
      checks.ensure(model, version).catch((error: unknown) => {
        // A refusal is a fact already; while the log or the store is away the version waits.
        if (!isPlatformError(error)) throw error;
        logger.warn(
          { err: error, model, version },
          `${model}@${version} waits for its check: ${messageOf(error)}`,
        );
      });
    this.patrol = new Patrol(EVERY_MS, sleep, async (isStopped) => {
      for (const { model, version } of awaitingCheck(view.now))
        if (!isStopped()) await ensure(model, version);
    });
  }

  start(): Promise<void> {
    return this.patrol.start();
  }

  stop(): Promise<void> {
    return this.patrol.stop();
  }
}
