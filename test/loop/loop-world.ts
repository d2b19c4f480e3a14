import {
  AlertRaised,
  AlertResolved,
  ModelVersionRegistered,
  TOPICS,
  TrainingRequested,
  decodeEvent,
  unqualify,
  type EventOf,
} from '#contracts';
import { askModel } from '#inference';
import { FollowedView, type ServiceLog, type View, type Worker } from '#runtime';
import { TIMELINE_TOPICS } from '../../services/monitoring/src/projections/timeline/entry-of';
import { chainsOf, type Chain } from '../../services/monitoring/src/projections/timeline/story';
import { Timeline } from '../../services/monitoring/src/projections/timeline/timeline';
import { PolicyChecks } from '../../services/registry/src/effects/policy-checks';
import { VersionChecks } from '../../services/registry/src/effects/version-checks';
import { RequestDesk } from '../../services/registry/src/http/request-desk';
import { RegistryView } from '../../services/registry/src/projections/registry-view';
import { alertRouter, followInputs } from '../../services/registry/src/registry.topology';
import { TriggerClock } from '../../services/registry/src/triggers/trigger-clock';
import { RolloutWorld } from '../rollouts/rollout-world';

type Raised = EventOf<typeof AlertRaised>;

/** As RolloutWorld, with all of the registry that needs no door, and what monitoring tells of decisions. Alerts are said by the test, and it trains. */
export class LoopWorld extends RolloutWorld {
  private timeline!: Timeline;
  private alerts = 0;

  static override async make(): Promise<LoopWorld> {
    const world = new LoopWorld('registry');
    await world.prepare();
    await world.topics(1, TOPICS.alerts);
    return world;
  }

  override begin(): Promise<void> {
    return super.begin((registry) => this.loop(registry));
  }

  private loop(registry: ServiceLog): readonly Worker[] {
    const { log, sleep, logger, artifacts, clock } = this.ports;
    const inputs = followInputs(registry);
    const view = new RegistryView(inputs, sleep);
    const patienceMs = 10_000;
    const desk = new RequestDesk({
      log,
      topic: registry.topic(TOPICS.registryInputs),
      view,
      clock,
      sleep,
      patienceMs,
    });
    const checks = new VersionChecks({
      log,
      artifacts,
      ask: (bytes, signature, matrices) => askModel(bytes, signature, matrices),
      topic: (name) => registry.topic(name),
      view,
      submit: (check) => desk.submit(check),
      sleep,
      patienceMs,
    });
    const name = (topic: string): string => unqualify(this.namespace, topic);
    this.timeline = new Timeline(name);
    const told = new FollowedView<Timeline & View<Timeline>>({
      name: 'timeline',
      log,
      topics: TIMELINE_TOPICS.map((topic) => this.topic(topic)),
      sleep,
      view: this.timeline,
      apply: (each, records) =>
        each.onRecords(records, (_, error) => {
          throw error;
        }),
      empty: () => new Timeline(name),
    });
    return [
      inputs,
      alertRouter(registry, { eventLog: log, sleep, transport: this.transport }),
      new TriggerClock({ log, serviceLog: registry, view, desk, clock, sleep, logger, everyMs: 20 }),
      new PolicyChecks({ view, checks, sleep, logger }),
      { start: () => Promise.resolve(), stop: () => desk.close() },
      told,
    ];
  }

  /** Monitoring says that a version drifts. */
  async alert(version: number, kind: Raised['kind'] = 'feature-drift'): Promise<void> {
    const fact = { ...AlertRaised.sample, version, kind, alert: `${kind}/${version}` };
    await this.fact(TOPICS.alerts, AlertRaised, fact, { id: `0-${this.alerts++}` });
  }

  async alertIsOver(version: number, kind: Raised['kind'] = 'feature-drift'): Promise<void> {
    const fact = { ...AlertResolved.sample, version, kind, alert: `${kind}/${version}` };
    await this.fact(TOPICS.alerts, AlertResolved, fact, { id: `0-${this.alerts++}` });
  }

  /** The run that was asked for last, as soon as so many were. */
  async requested(count: number): Promise<string> {
    const requests = async (): Promise<string[]> =>
      (await this.records(TOPICS.requests).catch(() => []))
        .filter(({ headers }) => headers.text('ce_type') === TrainingRequested.type)
        .map(({ value }) => decodeEvent(TrainingRequested, value).run);
    await this.until(`${count} requests`, async () => (await requests()).length >= count);
    return (await requests()).at(-1)!;
  }

  async versions(): Promise<number> {
    const facts = await this.records(TOPICS.models).catch(() => []);
    return facts.filter(({ headers }) => headers.text('ce_type') === ModelVersionRegistered.type).length;
  }

  stories(): Chain[] {
    return chainsOf(this.timeline.all(), 'fraud');
  }
}
