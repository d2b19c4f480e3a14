import { checkEvent, type EventContract } from '../define-event';
import * as events from './index';

const isContract = (value: unknown): value is EventContract =>
  typeof value === 'object' && value !== null && 'sample' in value && 'topic' in value;
const contracts = (Object.values(events) as unknown[]).filter(isContract);

it.each(contracts.map((contract) => [contract.type, contract] as const))(
  '%s keeps its own schema',
  (_, contract) => {
    expect(checkEvent(contract, contract.sample)).toBe(contract.sample);
  },
);

it('gives every event a name of its own that begins with its owner', () => {
  const types = contracts.map(({ type }) => type);
  expect(new Set(types).size).toBe(types.length);
  for (const { type, topic, owner } of contracts) {
    expect(type).toMatch(/^[a-z]+(\.[a-z-]+)+$/);
    if (owner !== 'any service') expect([type.split('.')[0], topic.split('.')[0]]).toEqual([owner, owner]);
  }
});
