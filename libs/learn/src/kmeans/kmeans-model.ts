import { standardise, type Standardisation } from '../linear/standardise';
import { nearestCentre, type Points } from './lloyd';

/** The score of a row is its distance to the nearest centre, in standard deviations. */
export interface KMeans {
  readonly standardisation: Standardisation;
  readonly centres: Points;
}

/** All in double, rounded to float32 at the end: what the ONNX graph does. */
export const predictKMeans = ({ standardisation, centres }: KMeans, rows: Float32Array): Float64Array => {
  const { width } = centres;
  const point = new Float64Array(width);
  return Float64Array.from({ length: rows.length / width }, (_, row) => {
    for (let f = 0; f < width; f++) point[f] = standardise(standardisation, f, rows[row * width + f]!);
    return Math.fround(Math.sqrt(nearestCentre(point, 0, centres).distance));
  });
};
