import { Type } from 'typebox';
import { defineEvent } from './define-event';
import { upcast } from './upcast';

/** Version 1 had `amount` in euros; 2 allowed a note; 3 counts cents. */
const PaymentSeen = defineEvent({
  type: 'ingestion.payment.seen',
  version: 3,
  topic: 'ingestion.payments',
  key: 'card',
  owner: 'ingestion',
  meaning: 'An example.',
  schema: Type.Object({ card: Type.String(), cents: Type.Integer(), note: Type.Optional(Type.String()) }),
  sample: { card: 'a', cents: 1250 },
  upcasters: {
    2: ({ amount, ...rest }) => ({ ...rest, cents: Math.round(Number(amount) * 100) }),
  },
});

it('carries a value over every version in between, those without a step as they are', () => {
  expect(upcast(PaymentSeen, 1, { card: 'a', amount: 12.5 })).toEqual({ card: 'a', cents: 1250 });
  expect(upcast(PaymentSeen, 2, { card: 'a', amount: 12.5, note: 'n' })).toEqual({
    card: 'a',
    cents: 1250,
    note: 'n',
  });
});

it('takes a value of the newest version as it is', () => {
  expect(upcast(PaymentSeen, 3, PaymentSeen.sample)).toBe(PaymentSeen.sample);
});

it('leaves the value that it was given unchanged', () => {
  const old = Object.freeze({ card: 'a', amount: 12.5 });
  upcast(PaymentSeen, 1, old);
  expect(old).toEqual({ card: 'a', amount: 12.5 });
});

it('refuses what a newer release wrote, and an outcome that breaks the schema', () => {
  expect(() => upcast(PaymentSeen, 4, PaymentSeen.sample)).toThrow(
    'version 4 was written by a newer release',
  );
  expect(() => upcast(PaymentSeen, 1, { amount: 12.5 })).toThrow(
    'a ingestion.payment.seen breaks its contract',
  );
});
