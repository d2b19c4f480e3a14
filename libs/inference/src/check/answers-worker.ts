/** The process that is asked: takes its job from the file that is named, answers in another, ends. Nothing else is shared with it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { messageOf } from '#kernel';
import { askModel, floatsOf, type AskJob, type AskSaid } from './answers-in-child';

const answerTo = async ({ model, signature, matrices }: AskJob): Promise<AskSaid> => {
  try {
    const rows = matrices.map((each) => floatsOf(readFileSync(each.rows)));
    const { answers, outputs, fingerprint } = await askModel(readFileSync(model), signature, rows);
    for (const [index, each] of matrices.entries()) writeFileSync(each.answers, answers[index]!);
    return { outputs, fingerprint };
  } catch (error) {
    return { refused: messageOf(error) };
  }
};

const [, , path, answer] = process.argv;
if (path !== undefined && answer !== undefined)
  void answerTo(JSON.parse(readFileSync(path, 'utf8')) as AskJob).then((said) =>
    writeFileSync(answer, JSON.stringify(said)),
  );
