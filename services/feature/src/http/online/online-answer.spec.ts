import type { ServiceRevision } from '#folds';
import { valueIn } from './online-answer';

const revision = (number: string, ...features: string[]): ServiceRevision =>
  ({ revision: number, digest: number, compiled: { features } }) as unknown as ServiceRevision;

const service = {
  retired: [revision('1', 'amount')],
  revisions: [revision('2', 'amount', 'count'), revision('10', 'count', 'mean', 'amount')],
};

describe('the value of a feature in a vector', () => {
  it('is that of the newest revision that the vector carries', () => {
    const vector = { values: { 2: [1, 2], 10: [3, 4, 5] } };
    expect(['amount', 'count', 'mean'].map((name) => valueIn(service, vector, name))).toEqual([5, 3, 4]);
  });

  it.each([
    ['an older one, where the entity had no event since', { 2: [1, null] }, [1, null, undefined]],
    ['a retired one', { 1: [7] }, [7, undefined, undefined]],
    ['nothing, where the vector carries what nobody knows', { 99: [7] }, [undefined, undefined, undefined]],
  ])('is of %s', (_, values, expected) => {
    const given = ['amount', 'count', 'mean'].map((name) => valueIn(service, { values }, name));
    expect(given).toEqual(expected);
  });
});
