interface SparklineProps {
  readonly values: readonly number[];
}

const WIDTH = 120;
const HEIGHT = 24;

/** A small line without axes; what it shows is said beside it. */
export const Sparkline = ({ values }: SparklineProps) => {
  const top = Math.max(1, ...values);
  const step = WIDTH / Math.max(1, values.length - 1);
  const points = values.map(
    (value, i) => `${(i * step).toFixed(1)},${(HEIGHT - 2 - (value / top) * (HEIGHT - 4)).toFixed(1)}`,
  );
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {values.length > 1 && <polyline points={points.join(' ')} />}
    </svg>
  );
};
