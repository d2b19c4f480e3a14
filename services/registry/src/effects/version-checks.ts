import type { Sleep } from '#runtime';
import { checkRequest, needsCheck } from '../domain/checks';
import type { Command } from '../domain/inputs';
import type { ModelVersion, RegistryState } from '../domain/state';
import { checkVersion, type CheckPorts } from './check-version';

export interface VersionChecksOptions extends CheckPorts {
  readonly view: { readonly now: RegistryState };
  /** Takes what was found to the log. */
  readonly submit: (command: Extract<Command, { type: 'check' }>) => Promise<unknown>;
  readonly sleep: Sleep;
  readonly patienceMs: number;
}

/**
 * Sees to it that what is known of a version is on the log before somebody decides about it. A version is checked once for all that wait
 * for it; of several instances that do it at once, one check counts.
 */
export class VersionChecks {
  private readonly underWay = new Map<string, Promise<void>>();

  constructor(private readonly options: VersionChecksOptions) {}

  /** Resolves when the check is folded, or patience ends: then whoever decides finds none, and says so. */
  async ensure(model: string, number: number): Promise<void> {
    const { view, sleep, patienceMs } = this.options;
    const version = view.now.versions.get(`${model}@${number}`);
    if (!version || !needsCheck(view.now, version)) return;
    await Promise.race([this.check(version, checkRequest(version)), sleep(patienceMs)]);
  }

  /** Checks it now, whatever is known. */
  again(version: ModelVersion, request: string): Promise<void> {
    return this.check(version, request);
  }

  private check(version: ModelVersion, request: string): Promise<void> {
    let check = this.underWay.get(request);
    if (!check) {
      check = this.run(version, request).finally(() => this.underWay.delete(request));
      this.underWay.set(request, check);
    }
    return check;
  }

  private async run(version: ModelVersion, request: string): Promise<void> {
    const found = await checkVersion(this.options, version);
    await this.options.submit({ type: 'check', value: { request, actor: 'registry', ...found } });
  }
}
