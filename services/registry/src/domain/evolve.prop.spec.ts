import * as fc from 'fast-check';
import { canonicalJson, type CanonicalValue } from '#kernel';
import {
  apply as submit,
  cancel,
  changedWindow,
  checked,
  note,
  placeOf,
  promote,
  promoteChecked,
  PROJECT,
  removeAlias,
  reportCompleted,
  reportFailed,
  review,
  rollBack,
  train,
  warmed,
} from '../registry.testing';
import { apply, type Applied } from './evolve';
import type { Input } from './inputs';
import { initialState, type RegistryState } from './state';

/** Anything that may stand on `registry.inputs`, sensible or not; ids come from a small set, so that some are repeated. */
const input: fc.Arbitrary<Input> = fc
  .tuple(
    fc.integer({ min: 0, max: 60 }).map((n) => `request-${n}`),
    fc.integer({ min: 1, max: 12 }).map((n) => `run-0-${n}`),
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 0, max: 20 }),
    fc.constantFrom(
      'definitions',
      'train',
      'cancel',
      'promote',
      'rollback',
      'approve',
      'reject',
      'completed',
      'failed',
      'completed',
      'train',
      'warmed',
      'warmed',
      'checked',
      'note',
      'remove alias',
      'promote as today',
    ),
    fc.constantFrom('1d', '2d', '7d'),
    fc.constantFrom(0.05, 0.6, null),
  )
  .map(([request, run, version, offset, kind, window, value]) => {
    if (kind === 'definitions') return submit(changedWindow(window), '1', request);
    if (kind === 'train') return train('fraud', request);
    if (kind === 'cancel') return cancel(run, request);
    if (kind === 'promote') return promote(version, 'champion', request);
    if (kind === 'rollback') return rollBack('champion', request);
    if (kind === 'completed') return reportCompleted(offset, run, value);
    if (kind === 'warmed') return warmed(String(1 + (offset % 3)), changedWindow(window), version - 1);
    if (kind === 'checked') return checked(version, run, value === null ? 'it does not load' : undefined);
    if (kind === 'note')
      return note(version === 4 ? undefined : version, { tag: value === null ? null : window });
    if (kind === 'remove alias') return removeAlias(offset % 2 === 0 ? 'champion' : 'candidate');
    if (kind === 'promote as today')
      return promoteChecked(version, offset % 2 === 0 ? 'champion' : 'candidate');
    if (kind === 'failed') return reportFailed(offset, run);
    return review(version, kind === 'approve' ? 'approved' : 'rejected', request);
  });

const log = fc.array(input, { maxLength: 40 }).map((inputs) => [submit(PROJECT, '1', 'first'), ...inputs]);

/** A state as plain data, for comparison and to see whether it was changed behind one's back. */
const plain = (state: RegistryState): string =>
  canonicalJson(
    JSON.parse(
      JSON.stringify(state, (_, value: unknown) => {
        if (value instanceof Map) return [...value];
        if (typeof value === 'object' && value !== null && 'entries' in value && 'root' in value)
          return [...(value as { entries(): Iterable<unknown> }).entries()];
        return value;
      }),
    ) as CanonicalValue,
  );

const fold = (inputs: readonly Input[], state = initialState, from = 0): Applied[] => {
  const all: Applied[] = [];
  for (const [index, next] of inputs.entries()) {
    const applied = apply(all.at(-1)?.state ?? state, next, placeOf(from + index));
    all.push(applied);
  }
  return all;
};

it('gives two instances that fold the same inputs the same states and outcomes, whatever they had folded before a restart', () => {
  fc.assert(
    fc.property(log, fc.nat(), (inputs, cut) => {
      const one = fold(inputs);
      const at = cut % inputs.length;
      const other = [...fold(inputs.slice(0, at)), ...fold(inputs.slice(at), one[at - 1]?.state, at)];
      expect(other.map(({ outcomes }) => outcomes)).toEqual(one.map(({ outcomes }) => outcomes));
      expect(plain(other.at(-1)!.state)).toBe(plain(one.at(-1)!.state));
    }),
    { numRuns: 30 },
  );
});

it('keeps every earlier state as it was when it was the newest', () => {
  fc.assert(
    fc.property(log, (inputs) => {
      const live: string[] = [];
      const states: RegistryState[] = [];
      let state = initialState;
      for (const [offset, next] of inputs.entries()) {
        ({ state } = apply(state, next, placeOf(offset)));
        live.push(plain(state));
        states.push(state);
      }
      expect(states.map(plain)).toEqual(live);
    }),
    { numRuns: 30 },
  );
});

const isKnown = ({ revisions }: RegistryState, { value }: Extract<Input, { type: 'revision' }>): boolean =>
  revisions.get(`FeatureService/${value.fact.service}@${value.fact.revision}`)?.digest === value.fact.digest;

it('drops what it has folded before: a repeated input changes nothing but the position', () => {
  fc.assert(
    fc.property(log, fc.nat(), (inputs, which) => {
      const at = which % inputs.length;
      const again = inputs[at]!;
      const applied = fold(inputs);
      // What was said of a revision that was not there yet is no repetition when it is said again.
      fc.pre(again.type !== 'revision' || isKnown(applied[at]!.state, again));
      const before = applied.at(-1)!.state;
      const { state, outcomes } = apply(before, again, placeOf(inputs.length));
      expect(outcomes).toEqual([]);
      expect(plain({ ...state, position: 0, time: '' })).toBe(plain({ ...before, position: 0, time: '' }));
    }),
    { numRuns: 30 },
  );
});

it('keeps what must hold of any log', () => {
  fc.assert(
    fc.property(log, (inputs) => {
      const { state } = fold(inputs).at(-1)!;
      const versions = [...state.versions.values()];
      expect(versions.map(({ version }) => version).sort((a, b) => a - b)).toEqual(
        versions.map((_, index) => index + 1),
      );
      expect(new Set(versions.map(({ run }) => run)).size).toBe(versions.length);
      for (const { history } of state.aliases.values()) {
        for (const version of history) expect(state.versions.get(`fraud@${version}`)!.passed).toBe(true);
        expect(state.versions.get(`fraud@${history.at(-1)}`)!.verdict?.verdict).not.toBe('rejected');
      }
      for (const { fact } of state.deployments.values()) {
        for (const route of fact.routes) {
          expect(state.revisions.get(`FeatureService/fraud@${route.revision}`)).toMatchObject({
            retired: false,
            digest: route.definition,
          });
        }
      }
    }),
    { numRuns: 30 },
  );
});
