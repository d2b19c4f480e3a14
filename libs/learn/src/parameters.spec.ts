import { GBDT_PARAMETERS } from './gbdt/gbdt-parameters';
import { nameFaults, parameterFaults, withDefaults, type ParameterSpecs } from './parameters';
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

const SPECS = {
  loud: { type: 'boolean', default: false, meaning: '' },
  method: { type: 'choice', values: ['fast', 'slow'], default: 'fast', meaning: '' },
  user: { type: 'name', default: 'user', meaning: '' },
  weight: { type: 'name', default: '', meaning: '' },
  categorical: { type: 'names', default: [], meaning: '' },
  monotone: { type: 'numbers', of: 'features', default: {}, min: -1, max: 1, meaning: '' },
  class_weights: { type: 'numbers', of: 'classes', default: {}, min: 0, max: 9, meaning: '' },
} as const satisfies ParameterSpecs;

it('says of each shape what it may be', () => {
  const given = {
    loud: 1,
    method: 'fats',
    user: '',
    weight: 3,
    categorical: 'x',
    monotone: { x: 2 },
    class_weights: [1],
  };
  expect(parameterFaults(SPECS, given)).toEqual([
    'parameter "loud" must be true or false, not 1',
    'parameter "method" must be one of fast, slow, not "fats"',
    'parameter "user" must be the name of a feature, not ""',
    'parameter "weight" must be the name of a feature, not 3',
    'parameter "categorical" must be a list of feature names, not "x"',
    'parameter "monotone" must be a number from -1 to 1 for each of some features, not {"x":2}',
    'parameter "class_weights" must be a number from 0 to 9 for each of some classes, not [1]',
  ]);
});

it('finds names of features and classes that the data do not have, also the default ones', () => {
  const given = {
    categorical: ['amuont'],
    monotone: { amount: 1 },
    class_weights: { 1: 2, 2: 3, '01': 4, '-1': 5 },
  };
  expect(nameFaults(SPECS, given, ['amount', 'hour'], 2)).toEqual([
    'parameter "user" names "user", which is no feature; features are amount, hour',
    'parameter "categorical" names "amuont", which is no feature; did you mean "amount"?',
    'parameter "class_weights" names "2", which is no class; classes are 0, 1',
    'parameter "class_weights" names "01", which is no class; classes are 0, 1',
    'parameter "class_weights" names "-1", which is no class; classes are 0, 1',
  ]);
});

it('suggests a trainer', () => {
  expect(() => trainerOf('gdbt')).toThrow('unknown trainer "gdbt"; did you mean "gbdt"?');
  expect(() => trainerOf('toString')).toThrow('known are gbdt, logistic, linear');
});
