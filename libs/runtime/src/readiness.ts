import { messageOf } from '#kernel';

export interface ReadinessCheck {
  readonly name: string;
  /** Rejects (or throws) with the reason while the dependency is away. */
  readonly check: () => Promise<unknown> | void;
  /** `degrades`: the doors work without it, so the answer stays 200 and says so. Default `required`. */
  readonly effect?: 'required' | 'degrades';
}

export interface CheckResult {
  readonly name: string;
  readonly ready: boolean;
  readonly effect: 'required' | 'degrades';
  readonly reason?: string;
}

export interface ReadinessReport {
  readonly status: 'ready' | 'degraded' | 'not ready';
  readonly checks: readonly CheckResult[];
}

/** A check that gives no answer for so long counts as away. */
const PATIENCE_MS = 2_000;

/** The registered checks of a service: `GET /health/ready` runs them all and names what is away. */
export class Readiness {
  private readonly checks = new Map<string, ReadinessCheck>();

  register(check: ReadinessCheck): void {
    this.checks.set(check.name, check);
  }

  async report(): Promise<ReadinessReport> {
    const checks = await Promise.all([...this.checks.values()].map(run));
    const away = checks.filter((check) => !check.ready);
    const status =
      away.length === 0
        ? 'ready'
        : away.some((check) => check.effect === 'required')
          ? 'not ready'
          : 'degraded';
    return { status, checks };
  }
}

const run = async ({ name, check, effect = 'required' }: ReadinessCheck): Promise<CheckResult> => {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  try {
    await Promise.race([check(), silence]);
    return { name, ready: true, effect };
  } catch (error) {
    return { name, ready: false, effect, reason: messageOf(error) };
  } finally {
    clearTimeout(timer);
  }
};
