import fc from 'fast-check';
import { hellinger, jensenShannon, kullbackLeibler, psi } from './batch';

/** The rules of Evidently written down as naively as they can be: every bin looks at every row. */
const naive = (
  reference: number[],
  current: number[],
): { psi: number; jensenShannon: number; kl: number } => {
  const pooled = [...reference, ...current];
  const low = Math.min(...pooled);
  const high = Math.max(...pooled);
  const cells: ((x: number) => boolean)[] = [];
  if (new Set(reference).size > 20) {
    let width = (high - low) / (Math.log2(pooled.length) + 1);
    if (pooled.every(Number.isInteger) && width < 1) width = 1;
    const count = Math.ceil((high - low) / width);
    const edge = (i: number) => (i === count ? high : i * ((high - low) / count) + low);
    for (let i = 0; i < count; i++)
      cells.push((x) => x >= edge(i) && (x < edge(i + 1) || (i === count - 1 && x === high)));
  } else {
    for (const value of new Set(pooled)) cells.push((x) => x === value);
  }
  const p = cells.map((holds) => reference.filter(holds).length / reference.length);
  const q = cells.map((holds) => current.filter(holds).length / current.length);
  const fill = (side: number[]) => {
    const smallest = Math.min(...side.filter((share) => share > 0));
    return side.map((share) => (share > 0 ? share : smallest <= 0.0001 ? smallest / 1e6 : 0.0001));
  };
  const [fp, fq] = [fill(p), fill(q)];
  const entropy = (x: number, y: number) => (x === 0 ? 0 : x * Math.log(x / y));
  const divergence =
    p.reduce((sum, x, i) => sum + entropy(x, (x + q[i]!) / 2) + entropy(q[i]!, (x + q[i]!) / 2), 0) / 2;
  const [np, nq] = [fp, fq].map((side) => side.map((x) => x / side.reduce((sum, y) => sum + y, 0))) as [
    number[],
    number[],
  ];
  return {
    kl: np.reduce((sum, x, i) => sum + entropy(x, nq[i]!), 0),
    psi: fp.reduce((sum, x, i) => sum + (x - fq[i]!) * Math.log(x / fq[i]!), 0),
    jensenShannon: Math.sqrt(Math.max(divergence, 0)),
  };
};

const columns = fc.oneof(
  fc.array(fc.integer({ min: -5, max: 40 }), { minLength: 1, maxLength: 120 }),
  fc.array(fc.double({ min: -1000, max: 1000, noNaN: true }), { minLength: 1, maxLength: 120 }),
);

it('psi and jensenShannon equal a naive count of every bin', () => {
  fc.assert(
    fc.property(columns, columns, (reference, current) => {
      const plain = naive(
        reference.map((x) => x + 0),
        current.map((x) => x + 0),
      );
      expect(psi(reference, current)).toBeCloseTo(plain.psi, 10);
      expect(kullbackLeibler(reference, current)).toBeCloseTo(plain.kl, 10);
      // A square root turns a rounding error of 1e-16 at zero into 1e-8.
      expect(jensenShannon(reference, current)).toBeCloseTo(plain.jensenShannon, 6);
    }),
  );
});

it('hellinger is that of the shares in intervals over the distinct values', () => {
  fc.assert(
    fc.property(columns, columns, (reference, current) => {
      const values = [...new Set([...reference, ...current].map((x) => x + 0))].sort((a, b) => a - b);
      const [low, high] = [values[0]!, values[values.length - 1]!];
      let width = (high - low) / (Math.log2(values.length) + 1);
      if (values.every(Number.isInteger) && width < 1) width = 1;
      const count = low === high ? 1 : Math.ceil((high - low) / width);
      const edge = (i: number) => (i === count ? high : i * ((high - low) / count) + low);
      let affinity = 0;
      for (let i = 0; i < count; i++) {
        const holds = (x: number) => x >= edge(i) && (x < edge(i + 1) || (i === count - 1 && x <= high));
        const [p, q] = [reference, current].map((side) => side.filter(holds).length / side.length);
        affinity += Math.sqrt(p! * q!);
      }
      expect(hellinger(reference, current)).toBeCloseTo(Math.sqrt(Math.max(1 - affinity, 0)), 6);
    }),
  );
});
