export { buildDataset, type DatasetPorts } from './build-dataset';
export {
  readManifest,
  type Dataset,
  type DatasetManifest,
  type DatasetSource,
  type TrainingRequest,
} from './manifest';
export {
  rebuildDataset,
  type RebuildDatasetOptions,
  type RebuiltDataset,
  type RebuiltPart,
} from './rebuild-dataset';
export { readServiceRevision } from './refold-table';
