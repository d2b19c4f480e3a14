import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ArtifactStore } from '#artifacts';
import { TOPICS, qualify } from '#contracts';
import type { EventLog } from '#eventlog';
import { Defect, Refused } from '#kernel';
import type { Platform } from '../platform/platform';
import type { Actors } from './actors';
import { checkLog, type CheckedLog, type Counts } from './check-log';
import { ControlPlane, type ModelVersion, type Story } from './control-plane';
import { measureLatency, type Latency } from './latency';
import { PipelineWatch } from './pipeline-watch';
import type { Case, Check, Findings, Scenario, Table } from './scenario';
import { LoopStory, type Step } from './story';
import { Streaming } from './streaming';
import { WebhookReceiver } from './webhook';
import { Witness } from './witness';

/** What outside programs read of a demo (interfaces.md). */
export interface DemoResult {
  readonly scenario: string;
  readonly rows: number;
  readonly counts: Counts;
  /** The version that serves at the end; where none does, the one that was trained. */
  readonly model: { readonly name: string; readonly version: number; readonly digest: string };
  /** Of its hold-out. */
  readonly metrics: Readonly<Record<string, number | null>>;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  readonly latencyMs: Pick<Latency, 'p50' | 'p99'>;
  readonly ok: boolean;
  readonly checks: readonly Check[];
  /** What monitoring tells of each request for a new version, the newest first (`GET /v1/stories/<deployment>`). */
  readonly story: readonly Story[];
  /** What the platform decided, in the order of the log. */
  readonly decisions: readonly Step[];
  readonly rejectionsByCode: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
  readonly tables: readonly Table[];
}

export interface RunOptions {
  readonly scenario: Scenario;
  readonly plan: Case;
  readonly platform: Platform;
  readonly log: EventLog;
  readonly artifacts: ArtifactStore;
  readonly say: (line: string) => void;
}

/** The end of the stream is sent slowly, so that latency is not queueing. */
const PACED_EVENTS = 1_000;
const PACED_PER_SECOND = 200;
/** Between stretches monitoring and registry may come to rest. */
const QUIET_MS = 400;
/** A version that passed is promoted within this time, or never: by then another was champion. */
const PROMOTION_MS = 15_000;
/** What is under way when the stream ends may come to its end. */
const PATIENCE_MS = 60_000;

/** Where the examples send alerts; a demo listens on a free port. */
const HOOK_IN_DEFINITIONS = 'http://127.0.0.1:9099/hook';

const ROOT = resolve(__dirname, '..', '..', '..', '..');

/** Runs a scenario on a platform that is up: stream, train, serve, stream on, let the loop work, look at what came of it. */
export const runScenario = async (options: RunOptions): Promise<DemoResult> => {
  const hook = await WebhookReceiver.open();
  try {
    return await new Run(options, hook).run();
  } finally {
    await hook.close();
  }
};

interface Came {
  readonly serving: ModelVersion;
  readonly checked: CheckedLog;
  readonly stories: readonly Story[];
  readonly eventsPerSecond: number;
  readonly latency: DemoResult['latencyMs'];
  readonly findings?: Findings | undefined;
}

class Run {
  private readonly started = Date.now();
  private readonly control: ControlPlane;
  private readonly watch: PipelineWatch;
  private readonly story: LoopStory;
  private readonly actors: Actors;
  /** Whether a definition names the demo's receiver. */
  private asksForWebhook = false;

  constructor(
    private readonly options: RunOptions,
    private readonly hook: WebhookReceiver,
  ) {
    const { platform, log, artifacts, plan, say } = options;
    this.control = new ControlPlane(platform, 'demo');
    this.watch = new PipelineWatch(log, platform.namespace, say);
    this.story = new LoopStory(log, platform.namespace, plan.model, plan.deployment, ({ what, says }) => {
      if (what !== 'resolved' && what !== 'suppressed') say(`  ${what}: ${says}`);
    });
    const instead = { [HOOK_IN_DEFINITIONS]: hook.url };
    const apply = async (path: string): Promise<void> => {
      say(`applying ${path}`);
      if (await this.control.apply(resolve(ROOT, path), instead)) this.asksForWebhook = true;
    };
    this.actors = { platform, log, artifacts, control: this.control, apply, say };
  }

  async run(): Promise<DemoResult> {
    const { platform, log, plan, say } = this.options;
    for (const path of plan.definitions) await this.actors.apply(path);
    const streaming = await Streaming.open(this.actors, plan);
    const driftAt = plan.loop?.driftAt ?? null;
    const drifted = driftAt === null ? undefined : streaming.mark(driftAt);

    const until = new Date(plan.trainAt).toISOString();
    say(`streaming ${plan.source.rows} ${plan.service.trigger}; training when the stream reaches ${until}`);
    await streaming.until(({ time }) => time >= plan.trainAt);
    await this.folded();
    const version = await this.trainFirst();
    const unscored = version.passed ? await this.startOffsets() : undefined;
    if (version.passed) await plan.onServing?.(this.actors);

    const before = streaming.count;
    const begun = Date.now();
    if (plan.loop && version.passed) await this.live(streaming, unscored!);
    else await streaming.until(({ left }) => left <= PACED_EVENTS);
    await this.cameThrough(unscored);
    const eventsPerSecond = Math.round(
      ((streaming.count - before) * 1_000) / Math.max(1, Date.now() - begun),
    );

    const latency = await this.measurePaced(streaming, unscored);
    await streaming.close();
    if (plan.loop) await this.atRest();

    say(
      'checking the log: every inbox record has one outcome, every observation a vector, every vector a prediction',
    );
    const checked = await checkLog(log, platform.namespace, this.watch, plan, unscored);
    if (!version.passed) {
      const fault = `${plan.model}@${version.version} did not pass its gates`;
      const faults = [...checked.faults, fault];
      return this.result({
        serving: version,
        checked: { ...checked, faults },
        stories: [],
        eventsPerSecond,
        latency,
      });
    }
    const findings = await plan.judge?.(
      new Witness({
        ...this.actors,
        plan,
        story: this.story,
        deliveries: this.asksForWebhook ? this.hook.deliveries : undefined,
        driftedAt: drifted?.sentAt ?? null,
        first: version.version,
      }),
    );
    const champion = this.story.champion() ?? version.version;
    const serving = await this.control.version(plan.model, champion);
    const stories = await this.control.stories(plan.deployment);
    return this.result({ serving, checked, stories, eventsPerSecond, latency, findings });
  }

  private async trainFirst(): Promise<ModelVersion> {
    const { plan, say } = this.options;
    say('training');
    const version = await this.control.train(plan.model, say);
    const metrics = Object.entries(version.metrics).map(
      ([name, value]) => `${name} ${value === null ? 'none' : value.toFixed(4)}`,
    );
    say(`${plan.model}@${version.version}: ${metrics.join(', ')}`);
    if (version.passed) {
      await this.control.promote(plan.model, version.version, 'champion');
      await this.control.untilServing(plan.deployment, say);
      say(`${plan.model}@${version.version} passed its gates and serves`);
    } else say(`${plan.model}@${version.version} did not pass its gates and does not serve`);
    await this.story.look();
    return version;
  }

  /** Streams on in stretches of event time, slower while the platform works on what it found; nobody asks it for anything. */
  private async live(streaming: Streaming, unscored: number): Promise<void> {
    const { plan, say } = this.options;
    const { stretchMs, restAfterMs = 0, busyPerSecond } = plan.loop!;
    const moments = [...(plan.moments ?? [])].sort((a, b) => a.at - b.at);
    say('streaming on; from here on the platform is left to itself');
    const looking = setInterval(() => void this.story.look().catch(() => undefined), 150);
    try {
      for (let at = plan.trainAt; ; at += stretchMs) {
        const more = await streaming.until(
          ({ time, left }) =>
            left <= PACED_EVENTS ||
            time >= at + stretchMs + restAfterMs ||
            time >= (moments[0]?.at ?? Infinity),
          () => (this.story.isBusy ? busyPerSecond : undefined),
        );
        await this.folded();
        await this.watch.scored(plan.service.name, plan.deployment, unscored);
        await this.settled();
        const { time, left } = streaming.at ?? { time: Infinity, left: 0 };
        while (moments[0] && time >= moments[0].at) await moments.shift()!.act(this.actors);
        if (!more || left <= PACED_EVENTS) return;
      }
    } finally {
      clearInterval(looking);
    }
  }

  /** Monitoring has judged what came, and no run is under way: the next stretch finds the platform awake. A rollout needs the stream. */
  private async settled(): Promise<void> {
    const { deployment, loop } = this.options.plan;
    for (const began = Date.now(); ; await sleep(100)) {
      await this.watch.still(this.decisions, QUIET_MS);
      await this.story.look();
      const patience =
        loop?.promotesAtOnce && this.story.isPromoting
          ? PROMOTION_MS
          : this.story.isTraining
            ? PATIENCE_MS
            : 0;
      if (Date.now() - began >= patience) break;
    }
    if (loop?.promotesAtOnce) await this.control.untilServing(deployment, () => undefined);
  }

  /** Sends what is left slowly and measures from inbox to prediction. */
  private async measurePaced(
    streaming: Streaming,
    unscored: number | undefined,
  ): Promise<Pick<Latency, 'p50' | 'p99'>> {
    const { platform, log, plan, say } = this.options;
    const { name, trigger } = plan.service;
    const ends = await log.ends(qualify(platform.namespace, TOPICS.inbox(trigger)));
    const inboxFrom = ends.map(({ end }) => end);
    say(`the last ${PACED_EVENTS} events at ${PACED_PER_SECOND}/s, to see the latency`);
    await streaming.until(
      () => false,
      () => PACED_PER_SECOND,
    );
    await this.cameThrough(unscored);
    if (unscored === undefined) return { p50: null, p99: null };
    const range = { stream: trigger, service: name, deployment: plan.deployment, inboxFrom };
    const { p50, p99 } = await measureLatency(log, platform.namespace, range);
    return { p50, p99 };
  }

  private async atRest(): Promise<void> {
    for (const until = Date.now() + PATIENCE_MS; Date.now() < until;) {
      await this.watch.still(this.decisions, QUIET_MS);
      await this.story.look();
      if (!this.story.isBusy) return;
      await sleep(200);
    }
  }

  private async folded(): Promise<void> {
    const { streams, service } = this.options.plan;
    await this.watch.folded(streams, service);
  }

  private async cameThrough(unscored: number | undefined): Promise<void> {
    const { service, deployment } = this.options.plan;
    await this.folded();
    if (unscored !== undefined) await this.watch.scored(service.name, deployment, unscored);
  }

  /** Vectors before the deployment began: they have no prediction (`from: now`). */
  private async startOffsets(): Promise<number> {
    const { platform, log, plan } = this.options;
    const topic = qualify(platform.namespace, TOPICS.predictions(plan.deployment));
    for (let tries = 0; tries < 600; tries++, await sleep(50)) {
      if ((await log.partitionCount(topic)) !== undefined)
        return this.watch.count(TOPICS.vectors(plan.service.name));
    }
    throw new Defect('the deployment has no predictions topic after 30 s');
  }

  private get decisions(): readonly string[] {
    return [
      TOPICS.deploymentInputs(this.options.plan.deployment),
      TOPICS.monitoringInputs,
      TOPICS.reports,
      TOPICS.alerts,
      TOPICS.registryInputs,
      TOPICS.requests,
      TOPICS.models,
      TOPICS.rolloutChanges,
    ];
  }

  private result({ serving, checked, stories, eventsPerSecond, latency, findings }: Came): DemoResult {
    const { plan, scenario } = this.options;
    const { counts, rejectionsByCode, faults } = checked;
    const whole: Check = {
      name: 'the log is whole',
      ok: faults.length === 0,
      value: faults.length === 0 ? 'no fault' : faults.join('; '),
      wanted:
        'every inbox record one outcome, every observation a vector, every vector since the deployment a prediction',
    };
    const checks = [whole, ...(findings?.checks ?? [])];
    return {
      scenario: scenario.name,
      rows: plan.source.rows,
      counts,
      model: { name: plan.model, version: serving.version, digest: serving.artifact },
      metrics: serving.metrics,
      seconds: (Date.now() - this.started) / 1_000,
      eventsPerSecond,
      latencyMs: latency,
      ok: checks.every(({ ok }) => ok),
      checks,
      story: stories,
      decisions: this.story.steps,
      rejectionsByCode,
      faults,
      tables: findings?.tables ?? [],
      ...findings?.extra,
    };
  }
}

/** The scenario of that name; refuses, listing all, where there is none. */
export const scenarioNamed = (scenarios: readonly Scenario[], name: string): Scenario => {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found) return found;
  throw new Refused(
    'PLAYHEAD_REQUEST_INVALID',
    `there is no demo ${name}; there are ${scenarios.map((scenario) => scenario.name).join(', ')}`,
  );
};
