import type { Definition, DefinitionOf } from '../definition';
import { compareFaults, type DefinitionFault } from '../fault';
import type { Kind } from '../kinds';
import { projectOf, type Project } from '../project';
import { checkFeatureService, checkFeatureView } from './check-features';
import { checkDeployment, checkLabel, checkModel, checkMonitor } from './check-models';
import { checkStream } from './check-stream';
import { CheckContext, type TrainerFaults } from './context';

export type { TrainerFaults } from './context';

export interface ResolveOptions {
  /** Definitions that are in the registry; the new ones are laid over them. */
  readonly known?: readonly Definition[];
  /** Keys of definitions that could not be read (`ParsedDefinitions.broken`): naming one is no further fault. */
  readonly broken?: readonly string[];
  /** Checks a trainer's parameters; without it they are taken as they are. */
  readonly trainerFaults?: TrainerFaults;
}

export interface Resolution {
  /** Known and new definitions together. Only to be used when there are no faults. */
  readonly project: Project;
  readonly faults: readonly DefinitionFault[];
}

const CHECKS: { readonly [K in Kind]: (context: CheckContext<K>) => void } = {
  Stream: checkStream,
  FeatureView: checkFeatureView,
  FeatureService: checkFeatureService,
  Label: checkLabel,
  Model: checkModel,
  Deployment: checkDeployment,
  Monitor: checkMonitor,
};

/**
 * Checks what definitions say of each other: that what they name exists and has a fitting type, that expressions fit the fields, and
 * that what is for ever stays. A known definition that the new ones would break is a fault too. All faults are listed.
 */
export const resolveProject = (
  definitions: readonly Definition[],
  options: ResolveOptions = {},
): Resolution => {
  const { known = [], broken = [], trainerFaults = () => [] } = options;
  const before = projectOf(known);
  const project = projectOf([...known, ...definitions]);
  const faults: DefinitionFault[] = [];
  const check = <K extends Kind>(kind: K, definition: DefinitionOf<K>): void =>
    CHECKS[kind](new CheckContext(definition, project, before, trainerFaults, new Set(broken), faults));
  for (const definition of project.definitions) check(definition.kind, definition);
  return { project, faults: faults.sort(compareFaults) };
};
