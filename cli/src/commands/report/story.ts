import type { Command } from 'commander';
import { openDoor, path } from '../../doors';
import { printJson, withPlace, type GlobalOptions } from '../../options';
import { findPlatform } from '../../platform/platform';
import { storyText, type Stories } from '../../view/story-text';

interface StoryOptions extends GlobalOptions {
  readonly since?: string;
  readonly limit: string;
}

export const addStory = (report: Command): void => {
  withPlace(
    report
      .command('story')
      .argument('<deployment>', 'whose versions are told of')
      .description('what each request for a new model led to: from the first drifted event to who answers'),
  )
    .option('--since <time>', 'stories that went on after it, RFC 3339')
    .option('--limit <n>', 'so many stories, the newest', '5')
    .addHelpText(
      'after',
      `
Each story is the chain of facts on the log, with how many seconds passed between them by append time, and how it ended: kept, rolled-back,
refused, waiting (for an approval, or for somebody to promote it), under-way, or suppressed (no run was asked for).

Example:
  ./playhead report story fraud
  ./playhead report story fraud --since 2026-01-01T00:00:00Z --json`,
    )
    .action(async (deployment: string, { dataDir, since, limit, json }: StoryOptions) => {
      const door = openDoor((await findPlatform(dataDir, process.env)).url('monitoring'));
      const answer = await door.get<Stories>(path`/v1/stories/${deployment}`, { since, limit });
      if (json) printJson(answer);
      else console.log(storyText(answer));
    });
};
