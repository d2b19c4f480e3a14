import { Refused, Rng } from '#kernel';
import { factorisationModel } from '../onnx/factorisation';
import type { Parameters, ParameterSpecs } from '../parameters';
import { defineTrainer, type Fit } from '../trainer';
import { drawTable, rowsByPlace, solveSide, type Ratings, type Table } from './als';
import { descendPairs, pairLoss, Wishes } from './bpr';
import { predictFactors, varianceShares, type FactorModel } from './factor-model';
import { idFaults, KnownIds } from './ids';

export const FACTORISATION_PARAMETERS = {
  user: {
    type: 'name',
    default: 'user',
    meaning: 'the feature with the ids of users: whole numbers below 2^24',
    aka: ['user_id', 'user_column', 'query'],
  },
  item: {
    type: 'name',
    default: 'item',
    meaning: 'the feature with the ids of items: whole numbers below 2^24',
    aka: ['item_id', 'item_column', 'product'],
  },
  factors: {
    type: 'integer',
    default: 16,
    min: 0,
    max: 512,
    meaning: 'length of the vector of each user and item; 0 learns the biases alone',
    aka: ['rank', 'n_factors', 'embedding_dim', 'components'],
  },
  epochs: {
    type: 'integer',
    default: 20,
    min: 1,
    max: 10_000,
    meaning: 'regression: how often users and items are solved for in turn; ranking: passes over the rows',
    aka: ['iterations', 'n_epochs', 'max_iterations'],
  },
  l2: {
    type: 'number',
    default: 0.05,
    min: 0,
    max: 1e6,
    meaning:
      'weight of the squared biases and vectors of each row beside its loss (regression: its squared error over the variance of the labels)',
    aka: ['lambda', 'reg', 'regularization', 'alpha'],
  },
  learning_rate: {
    type: 'number',
    default: 0.05,
    min: 0,
    aboveMin: true,
    max: 10,
    meaning: 'ranking: how far each draw moves what it touches',
    aka: ['lr', 'eta', 'step'],
  },
} as const satisfies ParameterSpecs;

/**
 * Matrix factorisation with biases (Koren, Bell and Volinsky, "Matrix factorization techniques for recommender systems", 2009): mean +
 * bias of user and item + product of their vectors. A regression learns the values by alternating least squares; a ranking learns from
 * rows with a relevance above 0 which items a user wants more than others, by Bayesian personalised ranking (Rendle and others, 2009).
 * An id that was not in the data adds nothing. Of the features, only `user` and `item` are looked at.
 * @throws Refused PLAYHEAD_LEARN_INVALID where they are no ids.
 */
export const matrixFactorisation = defineTrainer({
  kind: 'matrix-factorisation',
  tasks: ['regression', 'ranking'],
  parameters: FACTORISATION_PARAMETERS,
  learn(fit) {
    const { parameters, columns, featureNames, task } = fit;
    fit.checkpoint();
    const sides = [parameters.user, parameters.item].map((name) => featureNames.indexOf(name));
    const faults = sides.flatMap((column) => idFaults(featureNames[column]!, columns[column]!));
    if (sides[0] === sides[1]) faults.push('"user" and "item" must be two features');
    if (faults.length > 0)
      throw new Refused('PLAYHEAD_LEARN_INVALID', `cannot train:\n  - ${faults.join('\n  - ')}`, {
        details: { faults },
      });
    const [users, items] = sides.map((column) => KnownIds.of(columns[column]!)) as [KnownIds, KnownIds];
    const ratingsOf = (rows: { columns: readonly Float32Array[]; labels: Float64Array }): Ratings => ({
      users: users.placesOf(rows.columns[sides[0]!]!),
      items: items.placesOf(rows.columns[sides[1]!]!),
      values: rows.labels,
      userCount: users.unknown,
      itemCount: items.unknown,
    });
    const train = ratingsOf(fit);
    const watched = fit.validation && ratingsOf(fit.validation);
    const learned = task === 'regression' ? alternate(fit, train, watched) : rankPairs(fit, train, watched);
    const { factors } = parameters;
    const model: FactorModel = {
      task,
      features: columns.length,
      factors,
      mean: learned.mean,
      user: { column: sides[0]!, ids: users, ...apart(learned.users, factors) },
      item: { column: sides[1]!, ids: items, ...apart(learned.items, factors) },
    };
    return {
      importance: varianceShares(model, train.users, train.items),
      predict: (rows) => predictFactors(model, rows),
      toOnnx: () => factorisationModel(model, featureNames),
    };
  },
});

type FactorFit = Fit<Parameters<typeof FACTORISATION_PARAMETERS>>;

interface Learned {
  readonly mean: number;
  readonly users: Table;
  readonly items: Table;
}

/** Least squares of labels brought to mean 0 and variance 1, so that l2 means the same whatever their unit. */
const alternate = (fit: FactorFit, train: Ratings, watched: Ratings | null): Learned => {
  const { factors, epochs, l2 } = fit.parameters;
  const { labels } = fit;
  const mean = labels.reduce((sum, label) => sum + label / labels.length, 0);
  const deviation = Math.sqrt(
    labels.reduce((sum, label) => sum + (label - mean) * (label - mean), 0) / labels.length,
  );
  const unit = deviation > 1e-12 * Math.abs(mean) ? deviation : 1;
  const values = labels.map((label) => (deviation > 1e-12 * Math.abs(mean) ? (label - mean) / unit : 0));
  const rng = new Rng(fit.seed);
  const users = drawTable(train.userCount, factors, rng);
  const items = drawTable(train.itemCount, factors, rng);
  const byUser = rowsByPlace(train.users, train.userCount);
  const byItem = rowsByPlace(train.items, train.itemCount);
  const rmse = (ratings: Ratings): number => unit * rmseOf(ratings, users, items, factors, mean, unit);
  for (let iteration = 1; iteration <= epochs; iteration++) {
    fit.checkpoint();
    solveSide(byUser, users, train.items, items, values, factors, l2);
    fit.checkpoint();
    solveSide(byItem, items, train.users, users, values, factors, l2);
    fit.report(() => ({
      iteration,
      iterations: epochs,
      metric: 'rmse',
      train: rmse(train),
      ...(watched ? { validation: rmse(watched) } : {}),
    }));
  }
  const scaled = (table: Table): Table =>
    table.map((value, at) => value * (at % (factors + 1) === 0 ? unit : Math.sqrt(unit)));
  return { mean, users: scaled(users), items: scaled(items) };
};

const rmseOf = (
  { users: us, items: is, values }: Ratings,
  users: Table,
  items: Table,
  factors: number,
  mean: number,
  unit: number,
): number => {
  const width = factors + 1;
  let squares = 0;
  values.forEach((value, row) => {
    const [u, i] = [us[row]! * width, is[row]! * width];
    let error = (value - mean) / unit - users[u]! - items[i]!;
    for (let f = 1; f < width; f++) error -= users[u + f]! * items[i + f]!;
    squares += error * error;
  });
  return Math.sqrt(squares / values.length);
};

const rankPairs = (fit: FactorFit, train: Ratings, watched: Ratings | null): Learned => {
  const { factors, epochs, l2, learning_rate: rate } = fit.parameters;
  const rng = new Rng(fit.seed);
  const users = drawTable(train.userCount, factors, rng);
  const items = drawTable(train.itemCount, factors, rng);
  const wishes = new Wishes(train);
  const watchedWishes = watched && new Wishes(watched);
  for (let iteration = 1; iteration <= epochs; iteration++) {
    fit.checkpoint();
    descendPairs(train, wishes, users, items, { factors, rate, l2, rng });
    fit.report(() => ({
      iteration,
      iterations: epochs,
      metric: 'pair_loss',
      train: pairLoss(train, wishes, users, items, factors, fit.seed),
      ...(watched && watchedWishes
        ? { validation: pairLoss(watched, watchedWishes, users, items, factors, fit.seed) }
        : {}),
    }));
  }
  return { mean: 0, users, items };
};

/** Biases and vectors of a table, in float32. */
const apart = (table: Table, factors: number): { bias: Float32Array; vectors: Float32Array } => {
  const width = factors + 1;
  const count = table.length / width;
  const bias = new Float32Array(count);
  const vectors = new Float32Array(count * factors);
  for (let place = 0; place < count; place++) {
    bias[place] = table[place * width]!;
    for (let f = 0; f < factors; f++) vectors[place * factors + f] = table[place * width + f + 1]!;
  }
  return { bias, vectors };
};
