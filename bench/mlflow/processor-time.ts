import { readFileSync, readdirSync } from 'node:fs';

const TICKS_A_SECOND = 100;

/** Processor milliseconds so far of all processes of a session, that is, of a program and whatever it started. Linux. */
export const processorMs = (session: number): number => {
  let ticks = 0;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      // Fields after the name, which may hold spaces: state is the third field, session the sixth, times the 14th and 15th.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(fields[3]) === session) ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // It has ended meanwhile.
    }
  }
  return (ticks * 1_000) / TICKS_A_SECOND;
};
