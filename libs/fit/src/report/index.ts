/** What is written of a version for people and gates. No client, no runtime: doors read it, too. */
export * from './evaluation-report';
