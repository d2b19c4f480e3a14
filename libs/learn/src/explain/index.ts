export { meanContributions } from './mean-contributions';
export { openExplainer, type Explainer } from './open-explainer';
export {
  permutationImportance,
  type PermutationOptions,
  type PermutationRows,
  type PermutedFeature,
} from './permutation';
