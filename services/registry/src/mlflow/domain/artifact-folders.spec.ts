import { ArtifactFolders, safePath, splitArtifactPath } from './artifact-folders';

const put = (folders: ArtifactFolders, path: string, size = 1): void => {
  const { folder, rest } = splitArtifactPath(path);
  folders.put({ folder, path: rest, artifact: 'a'.repeat(64), size });
};

it.each([
  ['1/abc/artifacts/plots/a.png', '1/abc/artifacts', 'plots/a.png'],
  ['1/models/m-1/artifacts/MLmodel', '1/models/m-1/artifacts', 'MLmodel'],
  ['prices/abc/artifacts/artifacts/x', 'prices/abc/artifacts', 'artifacts/x'],
  ['artifacts/x', 'artifacts', 'x'],
  ['somewhere/else', 'somewhere', 'else'],
])('%s lies in %s', (path, folder, rest) => {
  expect(splitArtifactPath(path)).toEqual({ folder, rest });
});

it('lists files and folders one level deep, and gives a file again as it was put last', () => {
  const folders = new ArtifactFolders();
  for (const path of [
    '1/r/artifacts/a.txt',
    '1/r/artifacts/d/b.txt',
    '1/r/artifacts/d/e/c.txt',
    '2/r/artifacts/x',
  ])
    put(folders, path);
  put(folders, '1/r/artifacts/a.txt', 2);
  const list = (path: string): string[] =>
    folders.list(path).map((each) => `${each.path}${each.isFolder ? '/' : ` ${each.size}`}`);
  expect(list('1/r/artifacts')).toEqual(['1/r/artifacts/a.txt 2', '1/r/artifacts/d/']);
  expect(list('1/r/artifacts/d')).toEqual(['1/r/artifacts/d/b.txt 1', '1/r/artifacts/d/e/']);
  expect(list('1')).toEqual(['1/r/']);
  expect(list('')).toEqual(['1/', '2/']);
  expect(list('1/r/artifacts/a.txt')).toEqual([]);
  expect(list('1/r/artifacts/nothing')).toEqual([]);
});

it('deletes a folder with all in it, and no neighbour', () => {
  const folders = new ArtifactFolders();
  for (const path of ['1/r/artifacts/d/a', '1/r/artifacts/d/e/b', '1/r/artifacts/dd', '1/s/artifacts/x'])
    put(folders, path);
  for (const each of folders.foldersAt('1/r/artifacts/d')) folders.remove(each);
  expect([...folders.rows()].map(([key]) => key)).toEqual([
    'artifact 1/r/artifacts/dd',
    'artifact 1/s/artifacts/x',
  ]);
  expect(folders.foldersAt('1')).toEqual([
    { folder: '1/r/artifacts', path: '' },
    { folder: '1/s/artifacts', path: '' },
  ]);
});

it.each(['a b.txt', '100%.txt', 'ü/ö', 'a;b&c', '/slashes/at/ends/'])('takes the path %s', (path) => {
  expect(safePath(path)).toBe(path.replace(/^\/|\/$/g, ''));
});

it.each([
  '..',
  'a/../b',
  'a//b',
  './a',
  'a\\b',
  'a\nb',
  'a#b',
  '%2e%2e/x',
  '%252e%252e/x',
  'a%23b',
  'x'.repeat(2_000),
])('refuses the path %j', (path) => {
  expect(() => safePath(path)).toThrow('Invalid path');
});
