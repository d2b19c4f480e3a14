export { MinioArtifactStore, type MinioOptions } from './minio-artifact-store';
