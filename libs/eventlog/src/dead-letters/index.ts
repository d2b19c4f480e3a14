export * from './letter';
export * from './letters';
export { recordAt, redriveOf, refuseLaterSteps } from './redrive';
