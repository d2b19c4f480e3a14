import { invalid } from '../domain/refusal';
import type { Arguments } from './arguments';

/** Versions are numbers that clients send as texts. */
export const versionNumber = (given: Arguments): number => {
  const text = given.text('version');
  if (!/^[1-9]\d{0,8}$/.test(text)) throw invalid(`Parameter 'version' must be an integer, got '${text}'.`);
  return Number(text);
};
