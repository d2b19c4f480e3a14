import type { CompiledByKind, Kind, LabelReference, ServiceReference } from '#contracts';
import type { Static } from 'typebox';
import { Defect } from '#kernel';
import { currentVersion, type AppliedDefinition, type ModelVersion, type RegistryState } from './state';

/** The newest revision of a definition with its compiled form, or undefined. */
export const applied = <K extends Kind>(
  state: Pick<RegistryState, 'definitions'>,
  kind: K,
  name: string,
): (AppliedDefinition & { readonly compiled: CompiledByKind[K] }) | undefined =>
  state.definitions.get(`${kind}/${name}`) as
    (AppliedDefinition & { compiled: CompiledByKind[K] }) | undefined;

/** As `applied`, for what the checks at `apply` have shown to be there. */
const sureOf = <K extends Kind>(state: Pick<RegistryState, 'definitions'>, kind: K, name: string) => {
  const found = applied(state, kind, name);
  if (!found) throw new Defect(`${kind} ${name} is named by a definition that was applied, but is not there`);
  return found;
};

/** The version that an alias names, as long as it reads the deployment's feature service, which is for ever. */
export const versionUnder = (
  { aliases, versions }: Pick<RegistryState, 'aliases' | 'versions'>,
  { model, alias, service }: Pick<CompiledByKind['Deployment'], 'model' | 'alias' | 'service'>,
): ModelVersion | undefined => {
  const named = aliases.get(`${model}@${alias}`);
  const version = named && versions.get(`${model}@${currentVersion(named)}`);
  return version?.service.name === service ? version : undefined;
};

export const serviceReference = (state: RegistryState, name: string): Static<typeof ServiceReference> => {
  const { revision, digest, compiled } = sureOf(state, 'FeatureService', name);
  const { stream: trigger, key, partitions } = compiled.trigger;
  return { name, revision, digest, trigger, key, partitions, features: [...compiled.features] };
};

export const labelReference = (state: RegistryState, name: string): Static<typeof LabelReference> => {
  const { revision, digest, compiled } = sureOf(state, 'Label', name);
  const { key, partitions } = sureOf(state, 'Stream', compiled.stream).compiled;
  const { stream, on, value, valueType, maturityMs } = compiled;
  return {
    name,
    revision,
    digest,
    stream,
    key,
    partitions,
    on,
    value,
    value_type: numeric(valueType),
    maturity_ms: maturityMs,
  };
};

const numeric = (type: string): Static<typeof LabelReference>['value_type'] => {
  if (type === 'boolean' || type === 'integer' || type === 'number') return type;
  throw new Defect(`a label of type ${type} passed the checks`);
};
