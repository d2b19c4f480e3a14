import { EvenRows } from './even-rows';

it('keeps rows at one distance, however they come in chunks', () => {
  const rows = Float64Array.from({ length: 1001 }, (_, row) => row);
  for (const size of [1, 7, 1001]) {
    const even = new EvenRows(2, 100);
    for (let from = 0; from < rows.length; from += size) {
      const chunk = rows.subarray(from, from + size);
      even.add([chunk, chunk.map((x) => -x)]);
    }
    const expected = Array.from({ length: 63 }, (_, at) => at * 16);
    expect(even.columns().map((column) => Array.from(column))).toEqual([expected, expected.map((x) => -x)]);
  }
});
