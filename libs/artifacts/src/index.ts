export type { ArtifactMeta, ArtifactStore, Label } from './port';
export { MemoryArtifactStore } from './memory/memory-artifact-store';
export { FileArtifactStore } from './file/file-artifact-store';
export { openArtifactStore, type ArtifactStoreOptions } from './open-artifact-store';
export { digestOfFile } from './integrity';
