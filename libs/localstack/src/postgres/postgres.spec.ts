import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mirrorTree, restoreLinks } from './binaries';
import { postgresUrl, serverArguments } from './server';

describe('the packaged binaries', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'playhead-binaries-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('get their symbolic links back, once, and are mirrored with them', () => {
    const native = join(folder, 'native');
    mkdirSync(join(native, 'lib'), { recursive: true });
    writeFileSync(join(native, 'lib', 'libpq.so.5.18'), 'library');
    const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }];
    writeFileSync(join(native, 'pg-symlinks.json'), JSON.stringify(links));
    restoreLinks(native);
    restoreLinks(native);
    expect(readlinkSync(join(native, 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18');

    const mirror = join(folder, 'mirror');
    mirrorTree(native, mirror);
    mirrorTree(native, mirror);
    expect(lstatSync(join(mirror, 'lib', 'libpq.so.5')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(mirror, 'lib', 'libpq.so.5'), 'utf8')).toBe('library');
  });
});

describe('the server', () => {
  it('listens on the loopback interface only and needs no socket folder', () => {
    const args = serverArguments('/data', 20_003);
    expect(args.slice(0, 2)).toEqual(['-D', '/data']);
    expect(args).toEqual(
      expect.arrayContaining(['listen_addresses=127.0.0.1', 'port=20003', 'unix_socket_directories=']),
    );
  });

  it('is reached by a URL', () =>
    expect(postgresUrl(5432, 'secret')).toBe('postgres://playhead:secret@127.0.0.1:5432/playhead'));
});
