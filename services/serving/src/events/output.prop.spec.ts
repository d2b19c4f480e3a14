import fc from 'fast-check';
import { compileOutput } from '#folds';
import { outputOf } from './output';

it('says what stands in a prediction of the stream', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('binary', 'multiclass', 'regression', 'anomaly', 'ranking' as const),
      fc.float32Array({ minLength: 1, maxLength: 4 }),
      (task, all) => {
        const values = task === 'multiclass' ? all : all.subarray(0, 1);
        const text = compileOutput(task)({ values, width: values.length }, 0);
        expect(JSON.stringify(outputOf(task, values))).toBe(text);
      },
    ),
  );
});
