import { spawnSync } from 'node:child_process';
import { hasEnded } from './open-ports';

describe('hasEnded', () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);

  it('knows a process of this host that is no more', () => {
    expect(hasEnded(`playhead.feature.here-${pid}`, 'here')).toBe(true);
  });

  it.each([
    ['one that runs', `playhead.feature.here-${process.pid}`],
    ["another host's", `playhead.feature.there-${pid}`],
    ['one with a name of its own', 'playhead.feature.blue'],
    ['a foreign client', 'kafka-python-2.0.2'],
  ])('says nothing of %s', (_, clientId) => {
    expect(hasEnded(clientId, 'here')).toBe(false);
  });
});
