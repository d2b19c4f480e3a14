import type { Command } from 'commander';
import {
  printJson,
  progress,
  startedAs,
  withPlace,
  withStart,
  type GlobalOptions,
  type StartOptions,
} from '../options';
import { startPlatform, stopPlatform } from '../platform/platform';
import { describePlatform } from '../platform/status';

export const addUp = (program: Command): void => {
  withStart(
    program
      .command('up')
      .description(
        'start the local stack and the six services; returns once all is ready and leaves them running',
      ),
  )
    .addHelpText('after', '\nExample:\n  ./playhead up\n  ./playhead up --data-dir /tmp/trial --port-base 0')
    .action(async (options: StartOptions) => {
      const platform = await startPlatform({
        ...options,
        ...startedAs(options),
        env: process.env,
        progress,
      });
      const status = await describePlatform(platform);
      if (options.json) return printJson(status);
      for (const [name, { url }] of Object.entries(status.services)) console.log(`${name.padEnd(11)} ${url}`);
      console.log(`console     ${platform.url('monitoring')}/`);
    });
};

export const addDown = (program: Command): void => {
  withPlace(program.command('down').description('stop the services and the local stack; nothing is lost'))
    .option('--purge', 'also remove all local data', false)
    .addHelpText('after', '\nExample:\n  ./playhead down')
    .action(async (options: GlobalOptions & { purge: boolean }) => {
      await stopPlatform(options.dataDir, { purge: options.purge, progress });
      if (options.json) printJson({ stopped: true, purged: options.purge });
    });
};
