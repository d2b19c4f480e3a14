import { join } from 'node:path';
import { CONTRACTS } from '#contracts';
import { checkContracts, freeze, type ContractFault } from './contracts/check-contracts';
import { readFrozen, writeFrozen } from './contracts/frozen-folder';
import { projectRoot } from './project/project-root';

const HELP = `npm run contracts:check [-- --write]

Compares every event contract with its frozen copy under schemas/<type>/<version>.json and refuses what would make a record that
stands on a log unreadable. Exit code: 0 all agree, 1 something does not, 2 wrong use.

  --write   freezes new versions first, and takes over words and samples; a shape that was frozen is never written again
`;

/** What writing mends: copies that are not there yet, and words. */
const isMendable = ({ rule }: ContractFault): boolean => rule === 'not-frozen' || rule === 'words';

const write = (folder: string): void => {
  const faults = checkContracts(CONTRACTS, readFrozen(folder));
  const broken = new Set(faults.filter((fault) => !isMendable(fault)).map(({ type }) => type));
  const wanted = new Set(faults.filter(({ type }) => !broken.has(type)).map(({ type }) => type));
  for (const contract of CONTRACTS)
    if (wanted.has(contract.type)) console.log(`froze ${writeFrozen(folder, freeze(contract))}`);
};

const main = (args: readonly string[]): number => {
  if (args.includes('--help')) return (console.log(HELP), 0);
  const unknown = args.find((arg) => arg !== '--write');
  if (unknown !== undefined) return (console.error(`${unknown} is not an option; see --help`), 2);
  const folder = join(projectRoot(), 'schemas');
  if (args.includes('--write')) write(folder);
  const faults = checkContracts(CONTRACTS, readFrozen(folder));
  for (const { type, version, rule, message } of faults)
    console.error(`${type} version ${version}: ${message} (${rule})`);
  if (faults.some(isMendable)) console.error('`npm run contracts:check -- --write` freezes what is new');
  console.log(`${CONTRACTS.length} contracts, ${faults.length} faults`);
  return faults.length === 0 ? 0 : 1;
};

process.exitCode = main(process.argv.slice(2));
