import type { Rng } from '#kernel';

/** Points row after row: [count, width]. */
export interface Points {
  readonly values: Float64Array;
  readonly width: number;
}

export const countOf = ({ values, width }: Points): number => values.length / width;

export interface Nearest {
  readonly centre: number;
  /** Squared. */
  readonly distance: number;
}

/** The first of the nearest centres to the point that begins at `at`. */
export const nearestCentre = (points: Float64Array, at: number, centres: Points): Nearest => {
  const { values, width } = centres;
  let centre = 0;
  let least = Infinity;
  for (let c = 0, begin = 0; begin < values.length; c++, begin += width) {
    let distance = 0;
    for (let f = 0; f < width; f++) {
      const difference = points[at + f]! - values[begin + f]!;
      distance += difference * difference;
    }
    if (distance < least) {
      least = distance;
      centre = c;
    }
  }
  return { centre, distance: least };
};

/**
 * The first centres: points drawn one by one, each with a chance in proportion to its squared distance to the nearest one drawn before
 * (k-means++; Arthur and Vassilvitskii, 2007). Fewer than `count` where there are fewer distinct points.
 */
export const drawCentres = ({ values, width }: Points, count: number, rng: Rng): Points => {
  const rows = values.length / width;
  const drawn: number[] = [rng.below(rows)];
  const distances = new Float64Array(rows).fill(Infinity);
  const centreAt = (row: number): Float64Array => values.slice(row * width, (row + 1) * width);
  while (drawn.length < count) {
    const last = { values: centreAt(drawn.at(-1)!), width };
    let total = 0;
    for (let row = 0; row < rows; row++) {
      const { distance } = nearestCentre(values, row * width, last);
      if (distance < distances[row]!) distances[row] = distance;
      total += distances[row]!;
    }
    if (!(total > 0)) break;
    let left = rng.uniform() * total;
    let row = 0;
    // A row at a distance of 0 is never taken; rounding may leave a rest behind the last one that can be.
    for (let next = 0; next < rows; next++) {
      if (distances[next]! === 0) continue;
      row = next;
      left -= distances[next]!;
      if (left < 0) break;
    }
    drawn.push(row);
  }
  const centres = new Float64Array(drawn.length * width);
  drawn.forEach((row, c) => centres.set(centreAt(row), c * width));
  return { values: centres, width };
};

export interface Assignment {
  /** Of each point. */
  readonly centre: Uint32Array;
  /** How many points each centre has. */
  readonly sizes: Uint32Array;
  /** Sum of squared distances. */
  readonly inertia: number;
}

export const assign = (points: Points, centres: Points): Assignment => {
  const { values, width } = points;
  const centre = new Uint32Array(countOf(points));
  const sizes = new Uint32Array(countOf(centres));
  let inertia = 0;
  for (let row = 0; row < centre.length; row++) {
    const near = nearestCentre(values, row * width, centres);
    centre[row] = near.centre;
    sizes[near.centre]!++;
    inertia += near.distance;
  }
  return { centre, sizes, inertia };
};

/** Each centre to the mean of its points; one without points stays (Lloyd, 1982). */
export const moveCentres = (points: Points, centres: Points, { centre, sizes }: Assignment): Points => {
  const { values, width } = points;
  const sums = new Float64Array(centres.values.length);
  for (let row = 0; row < centre.length; row++)
    for (let f = 0; f < width; f++) sums[centre[row]! * width + f]! += values[row * width + f]!;
  return {
    width,
    values: sums.map((sum, at) => {
      const size = sizes[Math.floor(at / width)]!;
      return size === 0 ? centres.values[at]! : sum / size;
    }),
  };
};
