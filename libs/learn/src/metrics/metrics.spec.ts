import { TASKS } from '../data-set';
import { evaluate, metricsOfTask } from '../evaluate';
import { decisionsAt, logLoss } from './classification';
import { confusionMatrix, predictedClasses } from './multiclass';
import { averagePrecision, precisionAtK, rocAuc } from './ranking';
import { rSquared } from './regression';

const of = (...values: number[]): Float64Array => Float64Array.from(values);

/** What scikit-learn 1.9.1 answers (threshold 0.5; NaN of `precision_score(zero_division=nan)` is our null). */
const golden = {
  ties: {
    labels: [0, 1, 1, 0, 1, 0, 0, 1, 0, 0],
    scores: [0.1, 0.4, 0.4, 0.4, 0.8, 0.8, 0.2, 0.2, 0.2, 0.9],
    roc_auc: 0.5625,
    average_precision: 0.4444444444444444,
    log_loss: 0.8639659174977001,
    brier: 0.31,
    f1: 0.2857142857142857,
    precision: 0.3333333333333333,
    recall: 0.25,
    accuracy: 0.5,
  },
  'all scores equal': {
    labels: [0, 1, 0, 0],
    scores: [0.3, 0.3, 0.3, 0.3],
    roc_auc: 0.5,
    average_precision: 0.25,
    log_loss: 0.5684994090355333,
    brier: 0.19,
    f1: 0,
    precision: null,
    recall: 0,
    accuracy: 0.75,
  },
  perfect: {
    labels: [0, 0, 1, 1],
    scores: [0.1, 0.2, 0.8, 0.9],
    roc_auc: 1,
    average_precision: 1,
    log_loss: 0.16425203348601802,
    brier: 0.025,
    f1: 1,
    precision: 1,
    recall: 1,
    accuracy: 1,
  },
  reversed: {
    labels: [1, 1, 0, 0],
    scores: [0.1, 0.2, 0.8, 0.9],
    roc_auc: 0,
    average_precision: 0.41666666666666663,
    log_loss: 1.956011502714073,
    brier: 0.725,
    f1: 0,
    precision: 0,
    recall: 0,
    accuracy: 0,
  },
  'certain and half wrong': {
    labels: [0, 1, 1, 0],
    scores: [0, 1, 0, 1],
    roc_auc: 0.5,
    average_precision: 0.5,
    log_loss: 18.021826694558577,
    brier: 0.5,
    f1: 0.5,
    precision: 0.5,
    recall: 0.5,
    accuracy: 0.5,
  },
  'on the threshold': {
    labels: [1, 0, 1, 0, 1],
    scores: [0.5, 0.5, 0.49999, 0.7, 0.500001],
    roc_auc: 0.25,
    average_precision: 0.5333333333333333,
    log_loss: 0.7953159053535439,
    brier: 0.2980018000202,
    f1: 0.5714285714285714,
    precision: 0.5,
    recall: 0.6666666666666666,
    accuracy: 0.4,
  },
};

describe('metrics of a binary task', () => {
  it.each(Object.entries(golden))('equal scikit-learn: %s', (_, { labels, scores, ...expected }) => {
    const answers = evaluate('binary', of(...labels), of(...scores));
    for (const [name, value] of Object.entries(expected)) {
      const answer = answers[name as keyof typeof answers];
      if (value === null) expect([name, answer]).toEqual([name, null]);
      else expect(answer).toBeCloseTo(value, 12);
    }
  });

  it('gives the tied rows at the cut their share', () => {
    const labels = of(1, 1, 0, 0, 0);
    const scores = of(0.9, 0.5, 0.5, 0.5, 0.1);
    [1, 2 / 3, 5 / 9, 0.5, 0.4].forEach((share, index) =>
      expect(precisionAtK(labels, scores, index + 1)).toBeCloseTo(share, 14),
    );
    expect(precisionAtK(labels, scores, 9)).toBe(0.4);
  });

  it('is null, not NaN, where there is no answer', () => {
    const none = of();
    expect(evaluate('binary', none, none)).toEqual({
      roc_auc: null,
      average_precision: null,
      log_loss: null,
      brier: null,
      f1: null,
      precision: null,
      recall: null,
      accuracy: null,
      precision_at_k: null,
    });
    expect(rocAuc(of(1, 1), of(0.1, 0.2))).toBeNull();
    expect(rocAuc(of(0, 0), of(0.1, 0.2))).toBeNull();
    expect(averagePrecision(of(0, 0), of(0.1, 0.2))).toBeNull();
    expect(averagePrecision(of(1, 1), of(0.1, 0.2))).toBe(1);
    expect(precisionAtK(of(1), of(0.5), 0)).toBeNull();
    expect(decisionsAt(of(0, 0), of(0.1, 0.2), 0.5)).toMatchObject({
      precision: null,
      recall: null,
      f1: null,
      accuracy: 1,
    });
  });

  it('has a log loss of one class, and one that is not infinite', () => {
    expect(logLoss(of(1), of(0.5))).toBeCloseTo(Math.LN2, 15);
    expect(logLoss(of(1), of(0))).toBeCloseTo(36.04365338911715, 12);
  });

  it('refuses NaN and rows that do not pair up', () => {
    expect(() => rocAuc(of(1, 0), of(0.5, NaN))).toThrow('NaN');
    expect(() => evaluate('binary', of(1, 0), of(0.5))).toThrow('2 labels but 1 predictions');
  });
});

describe('metrics of a regression', () => {
  it('equal scikit-learn', () => {
    const answers = evaluate('regression', of(3, -0.5, 2, 7, 2), of(2.5, 0, 2, 8, -1));
    expect(answers.rmse).toBeCloseTo(1.449137674618944, 14);
    expect(answers.mae).toBe(1);
    expect(answers.r2).toBeCloseTo(0.6476510067114094, 14);
  });

  it('are null, not NaN, where there is no answer', () => {
    expect(evaluate('regression', of(), of())).toEqual({ rmse: null, mae: null, r2: null });
    expect(rSquared(of(4, 4), of(4, 5))).toBeNull();
  });
});

describe('metrics of classes', () => {
  it('equal scikit-learn', () => {
    // accuracy_score, f1_score(average=...), log_loss, roc_auc_score(multi_class='ovr') of scikit-learn 1.9.1
    const labels = of(0, 1, 2, 2, 1, 0, 2, 1);
    const probabilities = of(
      ...[0.7, 0.2, 0.1, 0.1, 0.6, 0.3, 0.2, 0.2, 0.6, 0.3, 0.4, 0.3],
      ...[0.25, 0.5, 0.25, 0.4, 0.4, 0.2, 0.1, 0.2, 0.7, 0.5, 0.3, 0.2],
    );
    const answers = evaluate('multiclass', labels, probabilities);
    expect(answers.accuracy).toBe(0.75);
    expect(answers.f1_macro).toBeCloseTo(0.7555555555555555, 14);
    expect(answers.f1_weighted).toBeCloseTo(0.75, 14);
    expect(answers.log_loss).toBeCloseTo(0.7190480820619274, 14);
    expect(answers.roc_auc_ovr).toBeCloseTo(0.9166666666666666, 14);
    const predicted = predictedClasses(probabilities, 3);
    expect([...confusionMatrix(labels, predicted, 3)]).toEqual([2, 0, 0, 1, 2, 0, 0, 1, 2]);
  });

  it('count a class that was only predicted, as scikit-learn does, and leave out its ROC AUC', () => {
    const labels = of(0, 0, 3, 3, 0);
    const probabilities = of(
      ...[0.5, 0.3, 0.1, 0.1, 0.2, 0.5, 0.2, 0.1, 0.1, 0.1, 0.1, 0.7, 0.3, 0.3, 0.3, 0.1, 1, 0, 0, 0],
    );
    const answers = evaluate('multiclass', labels, probabilities);
    expect(answers.accuracy).toBe(0.6);
    expect(answers.f1_macro).toBeCloseTo(0.4444444444444444, 14);
    expect(answers.f1_weighted).toBeCloseTo(0.6666666666666666, 14);
    expect(answers.log_loss).toBeCloseTo(0.9923690259853647, 14);
    expect(answers.roc_auc_ovr).toBeCloseTo(5 / 6, 14);
  });

  it('are null where there are no rows, and refuse a class that the model does not know', () => {
    expect(evaluate('multiclass', of(), of(), { outputs: 3 })).toEqual({
      accuracy: null,
      f1_macro: null,
      f1_weighted: null,
      log_loss: null,
      roc_auc_ovr: null,
    });
    expect(() => evaluate('multiclass', of(0, 2), of(0.5, 0.5, 0.5, 0.5))).toThrow(
      'the label of row 1 is 2; the model knows the classes 0 to 1',
    );
  });
});

describe('metrics of a ranking', () => {
  const relevance = of(3, 2, 3, 0, 1, 2, 0, 1, 0, 0, 2, 0);
  const scores = of(0.9, 0.8, 0.3, 0.3, 0.3, 0.1, 0.5, 0.5, 0.4, 0.2, 0.2, 0.2);
  const groups = of(7, 7, 7, 7, 7, 7, 9, 9, 9, 9, 9, 9);

  it('equal scikit-learn, ties shared', () => {
    // ndcg_score of scikit-learn 1.9.1, with k=3 and without
    expect(evaluate('ranking', relevance, scores, { groups, k: 3 }).ndcg).toBeCloseTo(0.5731593539172147, 14);
    expect(evaluate('ranking', relevance, scores, { groups }).ndcg).toBeCloseTo(0.7749779734212472, 14);
    // average_precision_score and label_ranking_average_precision_score of one query without ties
    const one = evaluate('ranking', of(1, 0, 1, 0, 0, 1), of(0.9, 0.8, 0.7, 0.6, 0.5, 0.4));
    expect(one.map).toBeCloseTo(0.7222222222222222, 14);
    expect(one.mrr).toBe(1);
  });

  it('leave out a query without a relevant row', () => {
    const answers = evaluate('ranking', of(0, 0, 1, 0), of(1, 2, 1, 2), { groups: of(1, 1, 2, 2) });
    expect(answers.map).toBe(0.5);
    expect(answers.mrr).toBe(0.5);
    expect(evaluate('ranking', of(0, 0), of(1, 2))).toEqual({ ndcg: null, map: null, mrr: null });
  });
});

describe('metrics of an anomaly', () => {
  it('are those of a binary task on the rows whose label is known', () => {
    const { roc_auc, average_precision, precision_at_k } = evaluate('binary', of(1, 0, 0, 1), of(5, 4, 1, 3));
    expect(evaluate('anomaly', of(1, NaN, 0, 0, NaN, 1), of(5, 9, 4, 1, 0, 3))).toEqual({
      roc_auc,
      average_precision,
      precision_at_k,
    });
    expect(evaluate('anomaly', of(NaN, NaN), of(1, 2))).toEqual({
      roc_auc: null,
      average_precision: null,
      precision_at_k: null,
    });
  });
});

it.each(TASKS)('every metric that is answered for %s is described', (task) => {
  const two = of(0, 1);
  const answered = Object.keys(evaluate(task, two, task === 'multiclass' ? of(1, 0, 0, 1) : two));
  expect(answered.sort()).toEqual([...metricsOfTask(task)].sort());
});
