import { differentRows } from './bits';

const bitsOf = (...values: number[]): Uint32Array => new Uint32Array(Float32Array.from(values).buffer);

describe('rows with other bits', () => {
  it('sees the last bit of one number, and counts its row once', () => {
    const alone = bitsOf(0.1, 0.2, 0.3, 0.4);
    const batch = alone.slice();
    expect(differentRows(alone, batch, 2)).toBe(0);
    batch[2]! ^= 1;
    expect(differentRows(alone, batch, 2)).toBe(1);
    batch[3]! ^= 1;
    expect(differentRows(alone, batch, 2)).toBe(1);
    batch[0]! ^= 1;
    expect(differentRows(alone, batch, 2)).toBe(2);
  });
});
