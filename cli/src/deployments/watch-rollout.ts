import { setTimeout as sleep } from 'node:timers/promises';
import { isPlatformError } from '#kernel';
import type { RolloutDocument } from '../documents';
import { path, type Door } from '../doors';
import { changeLine, describeRollout } from './describe-rollout';

export interface RolloutWatchOptions {
  readonly registry: Door;
  readonly name: string;
  readonly now: () => number;
  /** Tells one line, where no picture is drawn. */
  readonly say: (line: string) => void;
  /** Draws the newest picture over the one before; absent where nobody looks at a terminal. */
  readonly draw?: (picture: string) => void;
  readonly everyMs?: number;
}

/** Shows a rollout until it has ended, and gives it as it ended; at once where none is under way. While the door is away it waits. */
export const watchRollout = async (options: RolloutWatchOptions): Promise<RolloutDocument> => {
  const { registry, name, now, say, draw, everyMs = 1_000 } = options;
  const told = new Set<string>();
  for (;;) {
    const document = await registry
      .get<RolloutDocument>(path`/v1/deployments/${name}/rollout`)
      .catch((error: unknown) => {
        if (isPlatformError(error) && error.disposition === 'retry') return undefined;
        throw error;
      });
    if (document) {
      if (draw) draw(describeRollout(document, now()));
      else
        for (const change of document.story) {
          const key = `${change.position} ${change.change}`;
          if (!told.has(key)) say(changeLine(change));
          told.add(key);
        }
      const status = document.rollout?.status;
      if (status !== 'running' && status !== 'paused') return document;
    }
    await sleep(everyMs);
  }
};

/** Writes each picture over the one before, as many lines up as that one had. */
export const overwriting = (
  write: (text: string) => void,
  columns: () => number,
): ((picture: string) => void) => {
  let lines = 0;
  return (picture) => {
    const cut = picture.split('\n').map((line) => line.slice(0, Math.max(1, columns() - 1)));
    write(
      `${lines > 0 ? `\u001b[${lines}A` : ''}${cut.map((line) => `\u001b[2K${line}\n`).join('')}\u001b[J`,
    );
    lines = cut.length;
  };
};
