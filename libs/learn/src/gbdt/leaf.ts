/** Between which values the leaves below a node must stay, so that what is promised of a feature holds across the whole tree. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

export const UNBOUNDED: Bounds = { low: -Infinity, high: Infinity };

/** The best value of a leaf, -G / H, as near as the bounds let it come. `hessian` has what regularises it added. */
export const leafWeight = (gradient: number, hessian: number, { low, high }: Bounds): number => {
  const weight = -gradient / hessian;
  return weight < low ? low : weight > high ? high : weight;
};

/** How much a leaf with that value takes from the loss, twice: G^2 / H where no bound holds it back. */
export const clampedScore = (gradient: number, hessian: number, bounds: Bounds): number => {
  if (bounds === UNBOUNDED) return (gradient * gradient) / hessian;
  const weight = leafWeight(gradient, hessian, bounds);
  return -(2 * gradient + hessian * weight) * weight;
};

/**
 * The bounds of the children of a split. Under a promise the middle of their own values parts them, as in XGBoost and LightGBM's basic
 * method: all leaves on one side stay below it, all on the other above.
 */
export const childBounds = (
  direction: number,
  bounds: Bounds,
  leftWeight: number,
  rightWeight: number,
): [left: Bounds, right: Bounds] => {
  if (direction === 0) return [bounds, bounds];
  const middle = leftWeight / 2 + rightWeight / 2;
  const below = { low: bounds.low, high: middle };
  const above = { low: middle, high: bounds.high };
  return direction > 0 ? [below, above] : [above, below];
};
