import { describeArtifactStore } from '../artifact-store.conformance';
import { MemoryArtifactStore } from './memory-artifact-store';

describeArtifactStore('MemoryArtifactStore', () => {
  const objects = new Map<string, Buffer>();
  return Promise.resolve({
    store: (namespace) => new MemoryArtifactStore(namespace, objects),
    tamper: (key, bytes) => {
      objects.set(key, bytes);
      return Promise.resolve();
    },
  });
});
