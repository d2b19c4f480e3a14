import { loadModel } from '#inference';
import type { Actors } from './actors';

/** A version of a model that can be asked here, whether it serves or not. */
export interface OpenVersion {
  /** Its inputs, in order. */
  readonly features: readonly string[];
  /** Under which a vector holds its inputs. */
  readonly revision: string;
  /** One score for each row of [rows, features]. */
  score(matrix: Float32Array): Promise<Float64Array>;
  close(): Promise<void>;
}

export const openVersion = async (
  { artifacts, control }: Actors,
  model: string,
  version: number,
): Promise<OpenVersion> => {
  const { service, task, artifact } = await control.versionDocument(model, version);
  const { features, revision } = service;
  const loaded = await loadModel(await artifacts.get(artifact), { task, featureCount: features.length });
  return {
    features,
    revision,
    score: async (matrix) => Float64Array.from(await loaded.score(matrix)),
    close: () => loaded.close(),
  };
};
