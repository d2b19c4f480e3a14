import { ConfigurationError } from '#kernel';
import { FileArtifactStore } from './file/file-artifact-store';
import { MinioArtifactStore, type MinioOptions } from './minio';
import type { ArtifactStore } from './port';

export interface ArtifactStoreOptions {
  readonly namespace: string;
  /** The object store; it wins when both are given. */
  readonly s3?: MinioOptions;
  /** Folder of the file store, where there is no object store. */
  readonly directory?: string;
}

/** Opens no connection: the first use does, so a service can start while the object store is away. */
export const openArtifactStore = ({ namespace, s3, directory }: ArtifactStoreOptions): ArtifactStore => {
  if (s3) return new MinioArtifactStore(s3, namespace);
  if (directory) return new FileArtifactStore(directory, namespace);
  throw new ConfigurationError(['artifact store: give an S3 endpoint with bucket and keys, or a directory']);
};
