import {
  AliasAssigned,
  HEADERS,
  ModelVersionRegistered,
  ModelVersionReviewed,
  TOPICS,
  decodeEvent,
  type EventOf,
} from '#contracts';
import type { FollowedTopic, LogRecord } from '#eventlog';
import type { ServiceLog } from '#runtime';

/** What the doors need of a version. */
export interface RegisteredVersion {
  readonly version: number;
  readonly task: EventOf<typeof ModelVersionRegistered>['task'];
  readonly artifact: string;
  readonly manifest: string;
  /** Of the feature service that it reads. */
  readonly revision: string;
  readonly features: string[];
  readonly review?: 'approved' | 'rejected';
}

export interface RegisteredModel {
  /** By ascending number. */
  readonly versions: readonly RegisteredVersion[];
  readonly aliases: Readonly<Record<string, number>>;
}

/** Models with their versions, as `registry.models` tells them: a pure fold over that topic. */
export type RegisteredModels = ReadonlyMap<string, RegisteredModel>;

const NONE: RegisteredModel = { versions: [], aliases: {} };

export const evolveRegisteredModels = (models: RegisteredModels, record: LogRecord): RegisteredModels => {
  const change = (name: string, next: (model: RegisteredModel) => RegisteredModel): RegisteredModels =>
    new Map(models).set(name, next(models.get(name) ?? NONE));
  switch (record.headers.text(HEADERS.type)) {
    case ModelVersionRegistered.type: {
      const fact = decodeEvent(ModelVersionRegistered, record.value);
      const { version, task, artifact, manifest, service } = fact;
      const added = {
        version,
        task,
        artifact,
        manifest,
        revision: service.revision,
        features: service.features,
      };
      return change(fact.model, (model) => ({
        ...model,
        versions: [...model.versions.filter((other) => other.version !== version), added],
      }));
    }
    case ModelVersionReviewed.type: {
      const { model: name, version, verdict } = decodeEvent(ModelVersionReviewed, record.value);
      return change(name, (model) => ({
        ...model,
        versions: model.versions.map((each) =>
          each.version === version ? { ...each, review: verdict } : each,
        ),
      }));
    }
    case AliasAssigned.type: {
      const { model: name, alias, version } = decodeEvent(AliasAssigned, record.value);
      return change(name, (model) => ({ ...model, aliases: { ...model.aliases, [alias]: version } }));
    }
    default:
      return models;
  }
};

/** Versions that have no route are found by it; a read model of the doors, no control of a fold. */
export const followRegisteredModels = (serviceLog: ServiceLog): FollowedTopic<RegisteredModels> =>
  serviceLog.followed<RegisteredModels>(TOPICS.models, {
    initial: new Map(),
    evolve: evolveRegisteredModels,
    newestOnly: true,
  });

/** Who answers for a model's own name: its champion, else the newest approved version, else the newest that nobody rejected. */
export const versionByDefault = ({ versions, aliases }: RegisteredModel): RegisteredVersion | undefined => {
  const usable = versions.filter(({ review }) => review !== 'rejected');
  return (
    usable.find(({ version }) => version === aliases.champion) ??
    usable.findLast(({ review }) => review === 'approved') ??
    usable.at(-1)
  );
};
