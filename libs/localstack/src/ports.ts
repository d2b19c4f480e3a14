import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';
import { Refused } from '#kernel';

export type PortName = 'kafka' | 'controller' | 'postgres' | 's3';
export type Ports = Partial<Record<PortName, number>>;

/**
 * Below the range that systems hand out for outgoing connections (32768 and up on Linux, 49152 elsewhere), so that no
 * connection made between choosing a port and listening on it can take it.
 */
export const FREE_RANGE = { from: 20_000, to: 32_000 } as const;

export interface PortProbe {
  isFree(port: number): Promise<boolean>;
  /** A number in [from, to). */
  random(from: number, to: number): number;
  /** Between two looks at a port that was ours: a killed process lets go of it a moment later. */
  pause?(): Promise<void>;
}

export const isFreePort = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });

export const systemPorts: PortProbe = {
  isFree: isFreePort,
  random: (from, to) => randomInt(from, to),
  pause: () => new Promise((resolve) => setTimeout(resolve, 100)),
};

const ATTEMPTS = 200;
const LOOKS = 20;

const becomesFree = async (port: number, probe: PortProbe): Promise<boolean> => {
  for (let look = 1; look < LOOKS; look++) {
    if (await probe.isFree(port)) return true;
    if (!probe.pause) return false;
    await probe.pause();
  }
  return probe.isFree(port);
};

/**
 * One port for each name: the wanted one (which must be free), else the one used before if it is still free, else a free one.
 * 0 counts as not wanted.
 */
export const choosePorts = async (
  names: readonly PortName[],
  wanted: Ports,
  before: Ports,
  probe: PortProbe = systemPorts,
): Promise<Ports> => {
  const chosen: Ports = {};
  const taken = new Set([...Object.values(wanted), ...Object.values(before)]);
  const anyFree = async (name: PortName): Promise<number> => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const port = probe.random(FREE_RANGE.from, FREE_RANGE.to);
      if (taken.has(port) || !(await probe.isFree(port))) continue;
      taken.add(port);
      return port;
    }
    throw new Refused(
      'PLAYHEAD_STACK_UNAVAILABLE',
      `no free port for ${name} between ${FREE_RANGE.from} and ${FREE_RANGE.to}`,
    );
  };
  for (const name of names) {
    const want = wanted[name];
    const last = before[name];
    if (want) {
      if (!(await probe.isFree(want))) {
        throw new Refused(
          'PLAYHEAD_STACK_UNAVAILABLE',
          `port ${want}, asked for by ${name}, is in use; name another or 0 for a free one`,
        );
      }
      chosen[name] = want;
    } else {
      chosen[name] = last && (await becomesFree(last, probe)) ? last : await anyFree(name);
    }
  }
  return chosen;
};

/** As `isFreePort`, with the patience that a process which was just killed needs to let go of it. */
export const becomesFreePort = (port: number): Promise<boolean> => becomesFree(port, systemPorts);
