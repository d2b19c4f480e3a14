import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshState, readState, statePath, writeState } from './state';

describe('the state file', () => {
  let dataDir: string;
  beforeEach(() => (dataDir = mkdtempSync(join(tmpdir(), 'playhead-state-'))));
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  it('comes back as it was written, readable by its owner only', () => {
    const state = {
      ...freshState(),
      ports: { kafka: 20_001 },
      processes: { kafka: { pid: 1, started: 'x' } },
    };
    writeState(dataDir, state);
    expect(readState(dataDir)).toEqual(state);
    expect(statSync(statePath(dataDir)).mode & 0o777).toBe(0o600);
  });

  it('is undefined where there is none', () => expect(readState(dataDir)).toBeUndefined());

  it.each(['', '{"version":1', '{}', '{"version":2}', 'null'])('refuses %j and says what to do', (text) => {
    writeFileSync(statePath(dataDir), text);
    expect(() => readState(dataDir)).toThrow('remove the data folder');
  });

  it('has secrets and a cluster id that nothing mistakes for an option, different each time', () => {
    const states = Array.from({ length: 200 }, freshState);
    expect(states.every((state) => /^[A-Za-z0-9][A-Za-z0-9_-]{21}$/.test(state.clusterId))).toBe(true);
    expect(new Set(states.map((state) => state.secrets.postgresPassword)).size).toBe(200);
  });
});
