import {
  AlertRaised,
  AliasAssigned,
  DeploymentUpdated,
  ModelVersionRegistered,
  ModelVersionReviewed,
  PromotionWithheld,
  RolloutChanged,
  RoutesTaken,
  TrainingRequested,
  TrainingRunCancelled,
  TrainingRunFailed,
  TrainingRunRejected,
  TriggerSuppressed,
} from '#contracts';
import { byTime, type TimelineEntry } from './entry';

/** How a story ended, or where it stands. */
export type StoryVerdict = 'kept' | 'rolled-back' | 'refused' | 'waiting' | 'under-way' | 'suppressed';

/** What a request for a run led to, by cause, from what asked for it to what became of the version. */
export interface Chain {
  readonly deployment: string;
  readonly model: string;
  /** Position of the request; of the alert where no run was asked for. */
  readonly id: string;
  readonly trigger: string;
  readonly run: string | null;
  readonly version: number | null;
  readonly verdict: StoryVerdict;
  /** One sentence. */
  readonly why: string;
  /** The alert behind it. */
  readonly alert: TimelineEntry | null;
  /** Serving says that the version answers everybody as champion, the first partition of them. */
  readonly serving: TimelineEntry | null;
  /** In their order. */
  readonly entries: readonly TimelineEntry[];
}

/** Stories of a deployment, in the order in which they began. Pure: the entries in their order are all that is known. */
export const chainsOf = (entries: readonly TimelineEntry[], deployment: string): Chain[] => {
  const updates = entries.filter((entry) => entry.type === DeploymentUpdated.type && entry.deployment === deployment); // prettier-ignore
  const models = new Set(updates.map(({ model }) => model));
  const alias = updates.at(-1)?.details.alias ?? 'champion';
  const at = new Map(entries.map((entry) => [entry.position, entry]));
  const requests = entries.filter(({ type, model }) => type === TrainingRequested.type && models.has(model));
  const told = requests
    .map((request) => ({ request, alert: alertBehind(request, at) }))
    .filter(({ alert }) => !alert || alert.deployment === deployment)
    .map(({ request, alert }) => chainOf(entries, { deployment, alias, request, alert }));
  const asked = new Set(requests.map(({ cause }) => cause));
  return [...told, ...unanswered(entries, deployment, asked)].sort((a, b) =>
    byTime(a.entries[0]!, b.entries[0]!),
  );
};

const alertBehind = (
  { cause }: TimelineEntry,
  at: ReadonlyMap<string, TimelineEntry>,
): TimelineEntry | null => {
  const entry = cause === null ? undefined : at.get(cause);
  return entry?.type === AlertRaised.type ? entry : null;
};

/** Alerts that asked for a run, and none was asked for because of them. */
const unanswered = (
  entries: readonly TimelineEntry[],
  deployment: string,
  asked: ReadonlySet<string | null>,
): Chain[] =>
  entries
    .filter(
      ({ type, position, ...alert }) =>
        type === AlertRaised.type && alert.deployment === deployment && !asked.has(position),
    ) // prettier-ignore
    .flatMap((alert): Chain[] => {
      const suppressed = suppressedBy(entries, alert);
      const last = suppressed.at(-1);
      if (!last) return [];
      return [
        {
          deployment,
          model: alert.model!,
          id: alert.position,
          trigger: last.details.trigger!,
          run: null,
          version: null,
          verdict: 'suppressed',
          why: last.message,
          alert,
          serving: null,
          entries: [alert, ...suppressed],
        },
      ];
    });

const suppressedBy = (entries: readonly TimelineEntry[], { position }: TimelineEntry): TimelineEntry[] =>
  entries.filter(({ type, cause }) => type === TriggerSuppressed.type && cause === position);

interface Root {
  readonly deployment: string;
  readonly alias: string;
  readonly request: TimelineEntry;
  readonly alert: TimelineEntry | null;
}

const chainOf = (entries: readonly TimelineEntry[], root: Root): Chain => {
  const { deployment, alias, request, alert } = root;
  const { model, run } = request;
  const ofRun = entries.filter((entry) => entry.kind === 'run' && entry.run === run);
  const registered = entries.find(
    ({ type, ...entry }) => type === ModelVersionRegistered.type && entry.run === run,
  );
  const version = registered?.version ?? null;
  const ofVersion = registered
    ? entries.filter((entry) => entry.version === version && entry.model === model)
    : [];
  const judged = ofVersion.filter(({ kind }) => kind === 'version');
  const named = ofVersion.filter(
    ({ type, details }) => type === AliasAssigned.type && details.change === 'promotion',
  );
  const promoted = named.find(({ details }) => details.alias === alias);
  const after = promoted ? entries.filter((entry) => byTime(entry, promoted) >= 0) : [];
  const back = after.find(
    ({ type, details, model: of }) =>
      type === AliasAssigned.type && of === model && details.alias === alias && details.previous === version && details.change !== 'promotion', // prettier-ignore
  );
  const until = after.find(
    ({ type, details, model: of, ...entry }) =>
      type === AliasAssigned.type && of === model && details.alias === alias && entry.version !== version && details.change === 'promotion', // prettier-ignore
  );
  const held = after.filter(
    (entry) => entry.deployment === deployment && (!until || byTime(entry, until) <= 0),
  );
  const rollout = held.filter((entry) => entry.kind === 'rollout' && entry.version === version);
  const routed = held.filter((entry) => entry.type === DeploymentUpdated.type && answersWith(entry, version));
  const taken = held.filter((entry) => entry.type === RoutesTaken.type && answersWith(entry, version));
  const serving = taken.find((entry) => isChampion(entry, version)) ?? null;
  const trying = taken.find((entry) => !isChampion(entry, version));
  const alarms = held.filter((entry) => entry.type === AlertRaised.type && entry.version === version);
  const steps = [
    ...(alert ? [alert, ...suppressedBy(entries, alert)] : []),
    request,
    ...ofRun,
    ...judged,
    ...named,
    ...rollout,
    ...firstOf(routed),
    ...(trying ? [trying] : []),
    ...(serving ? [serving] : []),
    ...alarms,
    ...(back ? [back] : []),
    ...(until && !back ? [until] : []),
  ];
  return {
    deployment,
    model: model!,
    id: request.position,
    trigger: request.details.trigger!,
    run,
    version,
    ...verdictOf({ request, ofRun, registered, judged, promoted, back, rollout, until }),
    alert,
    serving,
    entries: [...new Set(steps)].sort(byTime),
  };
};

/** The same routes may be said again for another reason. */
const firstOf = (routed: readonly TimelineEntry[]): TimelineEntry[] =>
  routed.filter((entry, i) => i === 0 || JSON.stringify(entry.details.routes) !== JSON.stringify(routed[i - 1]!.details.routes)); // prettier-ignore

const answersWith = ({ details }: TimelineEntry, version: number | null): boolean =>
  details.routes?.some(
    (route) => route.version === version && route.route !== 'shadow' && route.share !== 0,
  ) ?? false;

const isChampion = ({ details }: TimelineEntry, version: number | null): boolean =>
  details.routes?.some((route) => route.route === 'champion' && route.version === version) ?? false;

interface Found {
  readonly request: TimelineEntry;
  readonly ofRun: readonly TimelineEntry[];
  readonly registered: TimelineEntry | undefined;
  readonly judged: readonly TimelineEntry[];
  readonly promoted: TimelineEntry | undefined;
  readonly back: TimelineEntry | undefined;
  readonly rollout: readonly TimelineEntry[];
  readonly until: TimelineEntry | undefined;
}

const ENDED_BADLY: readonly string[] = [TrainingRunFailed, TrainingRunRejected, TrainingRunCancelled].map(({ type }) => type); // prettier-ignore
const OVER: readonly (string | undefined)[] = ['completed', 'aborted', 'superseded'];

const verdictOf = (found: Found): { readonly verdict: StoryVerdict; readonly why: string } => {
  const { request, ofRun, registered, judged, promoted, back, rollout, until } = found;
  const failed = ofRun.find(({ type }) => ENDED_BADLY.includes(type));
  if (failed) return { verdict: 'refused', why: failed.message };
  if (!registered) return { verdict: 'under-way', why: `${request.run} is under way` };
  if (back) {
    const aborted = rollout.find(({ details }) => details.change === 'aborted');
    return { verdict: 'rolled-back', why: (aborted ?? back).message };
  }
  if (promoted) {
    const last = rollout.findLast(({ type }) => type === RolloutChanged.type);
    if (last && !OVER.includes(last.details.change)) return { verdict: 'under-way', why: last.message };
    if (until) return { verdict: 'kept', why: `until ${until.message}` };
    return { verdict: 'kept', why: promoted.message };
  }
  const withheld = judged.findLast(({ type }) => type === PromotionWithheld.type);
  const rejected = judged.findLast(({ type, details }) => type === ModelVersionReviewed.type && details.verdict === 'rejected'); // prettier-ignore
  if (withheld && !withheld.details.waits) return { verdict: 'refused', why: withheld.message };
  if (rejected) return { verdict: 'refused', why: rejected.message };
  if (!registered.details.passed)
    return { verdict: 'refused', why: `${registered.message}: ${registered.details.gates!.join('; ')}` };
  return { verdict: 'waiting', why: withheld?.message ?? `${registered.message}; nobody has promoted it` };
};
