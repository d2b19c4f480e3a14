/** The process that runs units of a replay, one after the other, as its parent gives them. It ends when the parent does. */
import { Defect, PlatformError, messageOf } from '#kernel';
import { openReplayPorts, type OpenPorts } from './open-ports';
import { ReplayFolder } from './replay-folder';
import { runUnit } from './run-unit';
import type { FromWorker, ToWorker, UnitTask } from './unit-messages';

let ports: OpenPorts | undefined;
let stopping = false;

const say = (message: FromWorker): void => void process.send?.(message);

const work = async ({ unit, place, road, plan, folder: path, options }: UnitTask): Promise<void> => {
  const warnings: string[] = [];
  ports ??= openReplayPorts(place, (message) => warnings.push(message));
  const folder = ReplayFolder.at(path);
  let records = 0;
  const telling = setInterval(() => {
    say({ type: 'progress', unit, records });
    records = 0;
  }, 250);
  try {
    const outcome = await runUnit(
      { ...ports, warn: (message) => warnings.push(message) },
      road,
      plan,
      folder,
      options,
      {
        progress: (more) => void (records += more),
        isStopping: () => stopping || folder.isPaused,
      },
    );
    say({ type: 'progress', unit, records });
    say({ type: outcome ? 'done' : 'stopped', unit, warnings });
  } catch (error) {
    const told = error instanceof PlatformError ? error : new Defect(messageOf(error), { cause: error });
    const { code, disposition, message, details } = told;
    say({ type: 'failed', unit, error: { code, disposition, message, details } });
  } finally {
    clearInterval(telling);
  }
};

process.on('message', (message: ToWorker) => {
  if (message.type === 'stop') stopping = true;
  else if (message.type === 'end') void ports?.close().then(() => process.disconnect());
  else void work(message);
});
// Ctrl-C goes to the whole group: the parent decides what it means.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0));
