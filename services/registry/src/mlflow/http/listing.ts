import type { Catalog } from '../catalog';

export const PROXY = 'mlflow-artifacts:/';

/** What lies in a folder below the artifacts of a run or a model; empty where clients keep them elsewhere. */
export const listingOf = (catalog: Catalog, root: string, path: string) => {
  const files = root.startsWith(PROXY)
    ? catalog.list(below(root.slice(PROXY.length).replace(/^\/+/, ''), path))
    : [];
  const skip = root.startsWith(PROXY) ? root.slice(PROXY.length).replace(/^\/+/, '').length + 1 : 0;
  return {
    root_uri: root,
    files: files.map((file) => ({
      path: file.path.slice(skip),
      is_dir: file.isFolder,
      ...(file.size !== undefined && { file_size: file.size }),
    })),
  };
};

const below = (folder: string, path: string): string => (path === '' ? folder : `${folder}/${path}`);
