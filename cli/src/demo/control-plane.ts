import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError, Refused, TransientFailure, type ErrorCode } from '#kernel';
import type { Platform } from '../platform/platform';

export interface ModelVersion {
  readonly version: number;
  readonly artifact: string;
  readonly passed: boolean;
  /** Of the hold-out. */
  readonly metrics: Readonly<Record<string, number | null>>;
}

interface RunAnswer {
  readonly run: string;
  readonly status: string;
  readonly version: number | null;
  readonly error: { readonly message: string } | null;
}

/** The doors of registry and serving as a scenario uses them. */
export class ControlPlane {
  constructor(
    private readonly platform: Platform,
    private readonly actor: string,
  ) {}

  async apply(path: string): Promise<string> {
    const answer = await this.ask<{ diff: string }>(
      'POST',
      `${this.platform.url('registry')}/v1/definitions`,
      { files: [{ path, text: readFileSync(path, 'utf8') }] },
    );
    return answer.diff;
  }

  /** Asks for a run and waits for its end; throws with the reason when it gives no version. */
  async train(model: string, say: (line: string) => void): Promise<ModelVersion> {
    const registry = this.platform.url('registry');
    const { run } = await this.ask<RunAnswer>('POST', `${registry}/v1/models/${model}/train`, {});
    let status = '';
    for (;;) {
      const answer = await this.ask<RunAnswer>('GET', `${registry}/v1/runs/${run}`);
      if (answer.status !== status) say(`  ${run}: ${(status = answer.status)}`);
      if (answer.version !== null) return this.version(model, answer.version);
      if (['failed', 'cancelled', 'rejected'].includes(answer.status))
        throw new Refused(
          'PLAYHEAD_LEARN_INVALID',
          `${run} ${answer.status}: ${answer.error?.message ?? 'no reason given'}`,
        );
      await sleep(200);
    }
  }

  async version(model: string, version: number): Promise<ModelVersion> {
    const answer = await this.ask<{
      version: number;
      artifact: string;
      passed: boolean;
      metrics: { holdout: Record<string, number | null> };
    }>('GET', `${this.platform.url('registry')}/v1/models/${model}/versions/${version}`);
    return {
      version: answer.version,
      artifact: answer.artifact,
      passed: answer.passed,
      metrics: answer.metrics.holdout,
    };
  }

  async promote(model: string, version: number, alias: string): Promise<void> {
    await this.ask(
      'POST',
      `${this.platform.url('registry')}/v1/models/${model}/versions/${version}/promote`,
      { alias },
    );
  }

  /** Waits until serving answers with the version. */
  async untilServing(deployment: string, version: number, patienceMs = 30_000): Promise<void> {
    for (const until = Date.now() + patienceMs; Date.now() < until; await sleep(100)) {
      const { deployments } = await this.ask<{
        deployments: { deployment: string; version: number | null }[];
      }>('GET', `${this.platform.url('serving')}/v1/deployments`);
      if (deployments.some((known) => known.deployment === deployment && known.version === version)) return;
    }
    throw new TransientFailure(
      'PLAYHEAD_NOT_READY',
      `serving does not answer with version ${version} of ${deployment} after ${patienceMs / 1_000} s`,
    );
  }

  private async ask<T>(method: string, url: string, body?: unknown): Promise<T> {
    const answer = await fetch(url, {
      method,
      headers: {
        'x-playhead-actor': this.actor,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      throw new TransientFailure('PLAYHEAD_NOT_READY', `nothing answers at ${url}`, { cause });
    });
    const parsed = (await answer.json()) as {
      error?: { code: ErrorCode; message: string; details?: Record<string, unknown> };
    };
    if (!answer.ok)
      throw new PlatformError(
        parsed.error?.code ?? 'PLAYHEAD_DEFECT',
        'refuse',
        parsed.error?.message ?? `${url} answers ${answer.status}`,
        { details: parsed.error?.details },
      );
    return parsed as T;
  }
}
