export {
  environmentChanges,
  rebuildModel,
  type RebuildPorts,
  type RebuildReport,
  type RebuildRequest,
  type RebuildStep,
  type SpoiltArtifact,
} from './rebuild-model';
export { refoldLearner, type RefoldedLearner } from './refold-learner';
