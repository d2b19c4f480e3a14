import type { Tone } from './layout';

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** What the value says; the length of the bar only repeats it. */
  readonly text: string;
  readonly tone?: Tone;
}

interface BarsProps {
  readonly caption: string;
  readonly head: string;
  readonly bars: readonly Bar[];
  /** Length of a whole bar; the largest value by default. */
  readonly full?: number;
}

/** A table whose values are drawn as bars too. */
export const Bars = ({ caption, head, bars, full }: BarsProps) => {
  const most = full ?? Math.max(0, ...bars.map(({ value }) => value));
  return (
    <table className="bars">
      <caption className="hidden">{caption}</caption>
      <thead className="hidden">
        <tr>
          <th scope="col">{head}</th>
          <th scope="col">Value</th>
        </tr>
      </thead>
      <tbody>
        {bars.map(({ name, value, text, tone }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>
              <span
                className={`bar${tone ? ` bar-${tone}` : ''}`}
                style={{ width: `${most > 0 ? (100 * value) / most : 0}%` }}
              />
              <span className="bar-text">{text}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
};
