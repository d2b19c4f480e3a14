import type { EventContract } from './define-event';
import * as events from './events';

const isContract = (value: unknown): value is EventContract =>
  typeof value === 'object' && value !== null && 'sample' in value && 'topic' in value;

/** Every event of the platform, by the name of its type. */
export const CONTRACTS: readonly EventContract[] = (Object.values(events) as unknown[])
  .filter(isContract)
  .sort((a, b) => (a.type < b.type ? -1 : 1));
