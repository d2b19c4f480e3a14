import fc from 'fast-check';
import { compileProject, loadDefinitions, type CompiledFeatureService } from '#contracts';
import { compileService, type FeatureEvent } from '#features';
import { compileRevision } from '../stages';
import { PartitionState } from './partition-state';
import type { CarriedService } from './services';
import { compileVectorFold } from './vector';

const project = (features: string): string => `
kind: Stream
name: payments
spec:
  key: customer
  id: id
  time: at
  partitions: 1
  fields:
    terminal: { type: string, required: false }
    at: { type: timestamp }
    customer: { type: string }
    online: { type: boolean }
    amount: { type: number, decimals: 2, required: false }
    rate: { type: number, required: false }
    id: { type: integer }
---
kind: FeatureView
name: spend
spec:
  stream: payments
  entity: customer
  features: [${features}]
---
kind: FeatureService
name: fraud
spec: { trigger: payments, views: [spend] }
`;

const compiled = (features: string): CompiledFeatureService => {
  const { project: loaded } = loadDefinitions([{ path: 'p.yaml', text: project(features) }]);
  return compileProject(loaded, '1').find(({ kind }) => kind === 'FeatureService')!
    .compiled as CompiledFeatureService;
};

const REVISIONS = [
  compiled('{ name: n, aggregate: count, window: 1h }, { name: mean, aggregate: mean, of: amount }'),
  compiled(
    '{ name: rate, value: rate }, { name: std, aggregate: std, of: rate }, { name: here, aggregate: mean, of: "online ? 0.0 : amount", window: 1h }',
  ),
];

const serviceOf = (revisions: readonly CompiledFeatureService[]): CarriedService => ({
  name: 'fraud',
  revisions: revisions.map((compiled, i) => ({
    revision: String(i + 1),
    digest: compiled.digest,
    compiled,
    ...compileRevision(compiled),
  })),
});

/** Parsed, folded by engines of its own, and written by `JSON.stringify`. */
const obviousFold = (
  revisions: readonly CompiledFeatureService[],
): ((value: Buffer, position: string) => string) => {
  const folds = revisions.map(({ views }, i) => {
    const engine = compileService(views);
    return { name: `${i + 1}`, engine, state: engine.createState() };
  });
  return (value, trigger) => {
    const event = JSON.parse(value.toString()) as FeatureEvent;
    const values = folds.map(({ name, engine, state }) => [name, engine.apply(state, event)] as const);
    return JSON.stringify({
      event_id: String(event.id),
      entity: { customer: String(event.customer).normalize('NFC') },
      event_time: event.at,
      trigger,
      values: Object.fromEntries(values),
    });
  };
};

const number = fc.oneof(
  fc.constantFrom(null, 0, -0, 1e21, 5e-324, 1e-7, 0.1),
  fc.integer({ min: -100_000, max: 100_000 }).map((cents) => cents / 100),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const payment = fc.record({
  terminal: fc.oneof(fc.string(), fc.constant(null)),
  at: fc.integer({ min: 0, max: 20_000_000 }).map((ms) => new Date(ms).toISOString()),
  customer: fc.oneof(
    fc.constantFrom('C1', 'C2'),
    fc.string({ minLength: 1, unit: 'grapheme', maxLength: 3 }),
  ),
  online: fc.boolean(),
  amount: number,
  rate: number,
  id: fc.maxSafeInteger(),
});

it('writes what JSON.stringify writes of the values that the engines give for the parsed events', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(REVISIONS, REVISIONS.slice(0, 1), REVISIONS.slice(1)),
      fc.array(payment, { minLength: 1, maxLength: 12 }),
      (revisions, payments) => {
        const fold = compileVectorFold(serviceOf(revisions));
        const obvious = obviousFold(revisions);
        const state = new PartitionState();
        for (const [n, event] of payments.entries()) {
          const value = Buffer.from(JSON.stringify(event));
          expect(fold(state, value, `0-${n}`)).toEqual({ text: obvious(value, `0-${n}`), time: event.at });
        }
      },
    ),
    { numRuns: 300 },
  );
});

it.each(['', 'null', '[]', '1', '{"at":1}', '{"id":1,"customer":"C1","at":"yesterday"}', '{"id":1,'])(
  'refuses what is no observation and keeps the state: %s',
  (text) => {
    const fold = compileVectorFold(serviceOf(REVISIONS));
    const event = Buffer.from(JSON.stringify({ at: '2026-01-01T00:00:00.000Z', customer: 'C1', id: 1 }));
    const state = new PartitionState();
    expect(() => fold(state, Buffer.from(text), '0-0')).toThrow(
      expect.objectContaining({ code: 'PLAYHEAD_CONTRACT_VIOLATED' }),
    );
    expect(() => fold(state, null, '0-0')).toThrow(
      expect.objectContaining({ code: 'PLAYHEAD_CONTRACT_VIOLATED' }),
    );
    expect(fold(state, event, '0-1')).toEqual(fold(new PartitionState(), event, '0-1'));
  },
);
