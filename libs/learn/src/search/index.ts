export { allot, type Allotted } from './resource';
export { searchFaults, searchOf, type SearchRequest, type WrittenSearch } from './resolve';
export {
  GENERATION,
  bestTrial,
  leaderboard,
  nextGeneration,
  trialsOf,
  type Contender,
  type FinishedTrial,
  type Proposal,
  type Search,
  type SearchMethod,
} from './search';
export type { ParameterValue, ParameterValues, SearchSpace } from './space';
