import type { Command } from 'commander';
import { printJson, withPlace, type GlobalOptions } from '../options';
import { findPlatform } from '../platform/platform';
import { describePlatform } from '../platform/status';

export const addStatus = (program: Command): void => {
  withPlace(
    program.command('status').description('what runs, whether it is ready, and what stands on the topics'),
  )
    .addHelpText('after', '\nExample:\n  ./playhead status --json')
    .action(async (options: GlobalOptions) => {
      const status = await describePlatform(await findPlatform(options.dataDir, process.env));
      if (options.json) return printJson(status);
      console.log(`namespace ${status.namespace}, kafka ${status.kafka.brokers.join(',')}`);
      for (const [name, { url, grpc, ready, reason, log }] of Object.entries(status.services))
        console.log(
          `${name.padEnd(11)} ${url.padEnd(24)} ${ready ? 'ready' : `NOT READY: ${reason}`}   ${grpc === undefined ? '' : `gRPC ${grpc}   `}log ${log}`,
        );
      for (const { topic, partitions, records, bytes } of status.topics) {
        console.log(
          `${topic.padEnd(52)} ${String(partitions).padStart(3)} partitions ${String(records).padStart(10)} records ${bytes === undefined ? '' : `${(bytes / 1e6).toFixed(1).padStart(9)} MB`}`,
        );
      }
      for (const warning of status.warnings) console.log(`WARNING ${warning}`);
    });
};
