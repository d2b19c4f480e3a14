import type { Command } from 'commander';
import { Refused } from '#kernel';
import { openDoor } from '../../doors';
import { printJson, withPlace, type GlobalOptions } from '../../options';
import { findPlatform } from '../../platform/platform';
import { SERVICES, type ServiceName } from '../../platform/platform-state';
import { plural, shortDigest, table } from '../../view/text';

/** Of `POST /v1/state/rebuild`. */
interface StateDocument {
  readonly service: string;
  readonly ok: boolean;
  readonly models: readonly {
    readonly name: string;
    readonly position: string;
    readonly rows: number;
    readonly before: string;
    readonly after: string;
    readonly equal: boolean;
  }[];
}

export const addReplayState = (replay: Command): void => {
  withPlace(
    replay
      .command('state')
      .argument('<service>', SERVICES.join(', '))
      .description(
        'drop what a running service holds for its doors and build it anew from the log; exit 1 where it was not what the log says',
      ),
  )
    .addHelpText(
      'after',
      '\nUntil the new state takes its place the old one answers, so this is safe at any time.\n\nExample:\n  ./playhead replay state registry\n  ./playhead replay state training --json',
    )
    .action(async (name: string, options: GlobalOptions) => {
      const service = serviceOf(name);
      const begun = performance.now();
      const answer = await openDoor(
        (await findPlatform(options.dataDir, process.env)).url(service),
      ).post<StateDocument>('/v1/state/rebuild', {});
      const seconds = Math.round(performance.now() - begun) / 1_000;
      if (!answer.ok) process.exitCode = 1;
      if (options.json) printJson({ ...answer, seconds });
      else console.log(describeState(answer, seconds));
    });
};

const serviceOf = (name: string): ServiceName => {
  const service = SERVICES.find((each) => each === name);
  if (!service)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `there is no service ${name}; there are ${SERVICES.join(', ')}`,
    );
  return service;
};

const describeState = ({ service, ok, models }: StateDocument, seconds: number): string => {
  if (models.length === 0) return `${service} holds no read model: its folds restore from their own outputs`;
  return [
    table(
      ['read model', 'rows', 'before', 'after', '', 'position'],
      models.map(({ name, rows, before, after, equal, position }) => [
        name,
        rows,
        shortDigest(before),
        shortDigest(after),
        equal ? 'equal' : 'DIFFERENT',
        position,
      ]),
    ),
    ok
      ? `${service}: ${plural(models.length, 'read model')} dropped and built anew, equal to what was there; ${seconds} s`
      : `${service}: what was there was not what the log says; it is now`,
  ].join('\n');
};
