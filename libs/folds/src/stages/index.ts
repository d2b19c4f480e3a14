export * from './alignment';
export * from './on-inputs';
export * from './on-source';
export * from './parts-gate';
export { compileRevision, type RevisionEngines, type RevisionStage } from './revision-stages';
export { readPart, type Part } from './part';
export type { PartsOfTrigger } from './gathered-parts';
export { compileStage, streamOf, timeOf } from './stage';
