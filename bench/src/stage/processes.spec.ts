import { cpuSecondsOf, gcSecondsOf, peakBytesOf, usedBetween } from './processes';

it('reads processor time behind a name with spaces and parentheses', () => {
  const stat = '42 (a (b) c) S 1 42 42 0 -1 4194560 900 0 0 0 150 25 0 0 20 0 11 0 1000 1 2 3';
  expect(cpuSecondsOf(stat)).toBe(1.75);
});

it('reads the peak of resident memory', () => {
  expect(peakBytesOf('Name:\tnode\nVmHWM:\t  2048 kB\nVmRSS:\t 1024 kB\n')).toBe(2_097_152);
});

it('adds the kinds of garbage collection up, and knows none where none is told', () => {
  const text =
    '# TYPE nodejs_gc_seconds_total counter\nnodejs_gc_seconds_total{kind="minor"} 0.5\nnodejs_gc_seconds_total{kind="major"} 0.25\n';
  expect(gcSecondsOf(text)).toBe(0.75);
  expect(gcSecondsOf('process_cpu_seconds_total 1\n')).toBeUndefined();
});

it('takes what was used between two readings, also of a process that began after the first', () => {
  const before = new Map([['a', { cpuSeconds: 1, gcSeconds: 0.5, peakBytes: 10 }]]);
  const after = new Map([
    ['a', { cpuSeconds: 3, gcSeconds: 0.75, peakBytes: 20 }],
    ['b', { cpuSeconds: 2, peakBytes: 5 }],
  ]);
  expect(Object.fromEntries(usedBetween(before, after))).toEqual({
    a: { cpuSeconds: 2, gcSeconds: 0.25, peakBytes: 20 },
    b: { cpuSeconds: 2, gcSeconds: undefined, peakBytes: 5 },
  });
});
