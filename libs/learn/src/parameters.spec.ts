import { GBDT_PARAMETERS } from './gbdt/gbdt-parameters';
import { parameterFaults, withDefaults } from './parameters';
import { TRAINERS, trainerOf } from './trainers';

it('lists all faults, with suggestions and ranges', () => {
  expect(
    parameterFaults(GBDT_PARAMETERS, {
      n_estimators: 5,
      detph: 3,
      zzz: 1,
      trees: 2.5,
      learning_rate: 0,
      subsample: '1',
      l2: -1,
      toString: 1,
    }),
  ).toEqual([
    'unknown parameter "n_estimators"; did you mean "trees"?',
    'unknown parameter "detph"; did you mean "depth"?',
    `unknown parameter "zzz"; known are ${Object.keys(GBDT_PARAMETERS).join(', ')}`,
    'parameter "trees" must be a whole number from 1 to 10000, not 2.5',
    'parameter "learning_rate" must be a number above 0 to 1, not 0',
    'parameter "subsample" must be a number above 0 to 1, not "1"',
    'parameter "l2" must be a number from 0 to 1000000000, not -1',
    `unknown parameter "toString"; known are ${Object.keys(GBDT_PARAMETERS).join(', ')}`,
  ]);
});

it('fills in the defaults, which keep their own ranges', () => {
  expect(withDefaults(GBDT_PARAMETERS, { trees: 7 })).toMatchObject({ trees: 7, depth: 6 });
  for (const { parameters } of Object.values(TRAINERS)) {
    const defaults = Object.fromEntries(
      Object.entries(parameters).map(([name, spec]) => [name, spec.default]),
    );
    expect(parameterFaults(parameters, defaults)).toEqual([]);
  }
});

it('suggests a trainer', () => {
  expect(() => trainerOf('gdbt')).toThrow('unknown trainer "gdbt"; did you mean "gbdt"?');
  expect(() => trainerOf('toString')).toThrow('known are gbdt, logistic, linear');
});
