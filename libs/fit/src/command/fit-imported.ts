import type { ArtifactStore } from '#artifacts';
import type { CheckForeign } from '#inference';
import { Refused } from '#kernel';
import { cancelledFit, type Fit } from '../fit-thread';
import { checkForeign, inQueries, scored } from './score-foreign';

export interface ImportedFitOptions {
  /** Judges and profiles the model. */
  readonly judge: Fit;
  readonly artifacts: Pick<ArtifactStore, 'get'>;
  readonly check?: CheckForeign;
}

/** "Fits" a model file that was made elsewhere: it is checked again, scored by ONNX Runtime and judged as any model; its bytes stay as they are. */
export const fitImported =
  ({ judge, artifacts, check = checkForeign }: ImportedFitOptions): Fit =>
  async (given, control) => {
    const { imported } = given.request.trainer;
    if (!imported) throw new Refused('PLAYHEAD_LEARN_INVALID', 'an import names no model file');
    if (control.signal.aborted) throw cancelledFit();
    const job = inQueries(given);
    const { judged } = await scored(check, job, await artifacts.get(imported.artifact), control);
    return judge({ ...job, foreign: judged }, control);
  };
