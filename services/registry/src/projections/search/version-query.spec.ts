import { parseVersionQuery } from './version-query';

const read = (text: string) => parseVersionQuery(text, 10);

it('reads words and conditions, quoted or not, with or without `and`', () => {
  expect(
    read(
      `Fraud metric.f1@0.5>=0.6 and tag.team = 'credit risk' alias!=champion  description ~ "a=b" version<3 'two words'`,
    ),
  ).toEqual({
    words: ['fraud', 'two words'],
    conditions: [
      { of: 'metric', name: 'f1@0.5', operator: '>=', value: 0.6 },
      { of: 'tag', name: 'team', operator: '=', value: 'credit risk' },
      { of: 'text', field: 'alias', operator: '!=', value: 'champion' },
      { of: 'text', field: 'description', operator: '~', value: 'a=b' },
      { of: 'version', operator: '<', value: 3 },
    ],
    limit: 10,
  });
  expect(read('  ')).toEqual({ words: [], conditions: [], limit: 10 });
});

it.each([
  ['stage=x', 'there is no stage; there are model'],
  ['metric.f1>=good', 'metric.f1 is compared with a number, not with "good"'],
  ['metric.f1~1', 'metric.f1 is a number: ask with'],
  ['status>passed', 'status is a text: ask with'],
  ['metric.f1>=', '"metric.f1>=" cannot be read'],
  [`"open`, `""open" cannot be read`],
])('refuses %s', (text, reason) => {
  expect(() => read(text)).toThrow(reason);
});
