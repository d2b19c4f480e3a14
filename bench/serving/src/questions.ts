import { loadModel } from '#inference';
import type { Question } from './measure';
import { sampleOf } from './model';

/** Requests of so many rows each, with what `#inference` answers: the oracle of every server, ours too. */
export const questionsOf = async (
  file: Uint8Array,
  features: number,
  rows: number,
  count: number,
): Promise<Question[]> => {
  const model = await loadModel(file, { featureCount: features });
  try {
    const all = sampleOf(features, rows * count, 2).rows;
    const scores = await model.score(Float32Array.from(all.flat()));
    return Array.from({ length: count }, (_, i) => ({
      rows: all.slice(i * rows, (i + 1) * rows),
      answer: [...scores.subarray(i * rows, (i + 1) * rows)],
    }));
  } finally {
    await model.close();
  }
};
