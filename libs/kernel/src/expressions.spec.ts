import { compileExpression, type FieldTypes } from './expressions';
import { Refused } from './errors';

const FIELDS: FieldTypes = {
  amount: 'number',
  items: 'integer',
  time: 'timestamp',
  merchant: 'string',
  foreign: 'boolean',
  in: 'number',
  'card-type': 'string',
};
const EVENT = {
  amount: 12.5,
  items: 3,
  time: '2018-07-02T05:59:00.000Z',
  merchant: 'shop-9',
  foreign: true,
  in: 4,
  'card-type': 'debit',
};

describe('compileExpression', () => {
  it.each([
    ['amount < 50000.0', 'boolean', true],
    ['amount * 2.0 + items', 'number', 28],
    ['time.getHours() < 6', 'boolean', true],
    ['time.getHours()', 'integer', 5],
    ['double(time.getDayOfWeek()) / 7.0', 'number', 1 / 7],
    ['foreign ? 1.0 : 0.0', 'number', 1],
    ['merchant.startsWith("shop") && merchant in ["shop-9", "shop-8"]', 'boolean', true],
    ['merchant + "!"', 'string', 'shop-9!'],
    ['time + duration("1h")', 'timestamp', new Date('2018-07-02T06:59:00.000Z')],
    ['time > timestamp("2018-07-01T00:00:00Z")', 'boolean', true],
    ['amount / 0.0', 'number', Infinity],
    ['[1.0, 2.0].exists(x, x * 6.25 == amount)', 'boolean', true],
  ])('%s', (source, resultType, value) => {
    const expression = compileExpression(source, FIELDS);
    expect(expression.resultType).toBe(resultType);
    expect(expression.evaluate(EVENT)).toEqual(value);
  });

  it.each([
    ['amount', 12.5],
    [' items ', 3],
    ['in', 4],
    ['card-type', 'debit'],
    ['time', new Date('2018-07-02T05:59:00.000Z')],
  ])('reads the field %s directly', (source, value) => {
    const expression = compileExpression(source, FIELDS);
    expect(expression.field).toBe(source.trim());
    expect(expression.evaluate(EVENT)).toEqual(value);
    expect(expression.evaluate({})).toBeNull();
  });

  it('names the fields that it reads', () => {
    expect(compileExpression('foreign ? amount : double(time.getHours())', FIELDS).fields).toEqual([
      'amount',
      'time',
      'foreign',
    ]);
  });

  it('takes timestamps as text, epoch or Date', () => {
    const hours = compileExpression('time.getHours()', FIELDS);
    for (const time of [EVENT.time, Date.parse(EVENT.time), new Date(EVENT.time)])
      expect(hours.evaluate({ time })).toBe(5);
    expect(() => hours.evaluate({ time: 'yesterday' })).toThrow('not a timestamp');
  });

  it.each([
    ['a null operand', 'amount < 1.0', { amount: null }],
    ['an absent operand', 'amount < 1.0', {}],
    ['a null timestamp', 'time.getHours() < 6', { time: null }],
    ['a wrong type', 'amount < 1.0', { amount: 'ten' }],
    ['an integer beyond 2^53', 'int(amount) * 1000', { amount: 1e15 }],
  ])('throws on %s', (_what, source, event) => {
    const expression = compileExpression(source, FIELDS);
    expect(() => expression.evaluate(event)).toThrow();
  });

  it.each([
    ['items + 1', /write 1\.0/],
    ['items % 2', /write 1\.0/],
    ['amount == 3', /write 1\.0/],
    ['amount * time.getHours()', /double\(/],
    ['amount == null', /leave the comparison out/],
    ['nope > 1.0', /Unknown variable: nope; the fields are amount, items/],
    ['getHours(time)', /write field\.getHours\(\)/],
    ['amount <', /Unexpected token/],
    ['time - time', /gives a google\.protobuf\.Duration/],
    ['[amount]', /gives a list/],
    ['time.getHours("America/New_York")', /UTC/],
    ['time.getDayOfYear()', /not available/],
    ['time > timestamp("2018-07-01T00:00:00.000")', /with its zone/],
    ['time > timestamp(merchant)', /literal/],
    ['now() > time', /no matching overload/],
  ])('refuses %s', (source, message) => {
    expect.assertions(3);
    try {
      compileExpression(source, FIELDS);
    } catch (error) {
      expect(error).toBeInstanceOf(Refused);
      expect(error).toMatchObject({ code: 'PLAYHEAD_EXPRESSION_INVALID', details: { source } });
      expect((error as Error).message).toMatch(message);
    }
  });
});
