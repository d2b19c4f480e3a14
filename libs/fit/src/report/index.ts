/** What is written of a version for people and gates. No client, no runtime: doors read it, too. */
export { cardOfRun } from './card-of-run';
export { writeModelCard } from './card-markdown';
export * from './evaluation-report';
export * from './model-card';
