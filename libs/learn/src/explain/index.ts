export { meanContributions } from './mean-contributions';
export {
  permutationImportance,
  type PermutationOptions,
  type PermutationRows,
  type PermutedFeature,
} from './permutation';
