export { allot, type Allotted } from './resource';
export { searchFaults, searchOf, trainerFaults, type SearchRequest, type WrittenSearch } from './resolve';
export { GENERATION, bestTrial, leaderboard, nextGeneration, trialsOf } from './search';
export type { Contender, FinishedTrial, Proposal, Search, SearchMethod } from './trial';
export type { ParameterValue, ParameterValues, SearchSpace } from './space';
