/** The process of one check: takes its job from the file that is named, answers in another, ends. Nothing else is shared with it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { PlatformError, messageOf } from '#kernel';
import { loadModel } from '../onnx-model';
import type { CheckAnswer, CheckJob } from './check-in-child';
import { checkModel } from './check-model';

const answerTo = async ({ model, used, request, matrices }: CheckJob): Promise<CheckAnswer> => {
  try {
    const { bytes, check } = await checkModel(readFileSync(model), request);
    writeFileSync(used, bytes);
    if (matrices.length > 0) {
      const loaded = await loadModel(bytes, request);
      for (const { rows, scores } of matrices)
        writeFileSync(scores, await loaded.score(floatsOf(readFileSync(rows))));
      await loaded.close();
    }
    return { check };
  } catch (error) {
    if (error instanceof PlatformError && error.disposition === 'refuse') return { refused: error.message };
    return { refused: `the model cannot be used: ${messageOf(error)}` };
  }
};

const floatsOf = (bytes: Buffer): Float32Array =>
  new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);

const [, , path, answer] = process.argv;
if (path !== undefined && answer !== undefined)
  void answerTo(JSON.parse(readFileSync(path, 'utf8')) as CheckJob).then((said) =>
    writeFileSync(answer, JSON.stringify(said)),
  );
