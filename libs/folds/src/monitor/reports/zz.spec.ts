import { Rng } from '#kernel';
import { profileReference, WindowProfile, statisticOfCells } from '#drift';
import { learnedThreshold } from './judge-column';
it('psi', () => {
  const rng = new Rng(5);
  const dists = { tail: () => { const u = rng.uniform(); return u * u * u; }, few: () => rng.below(6) };
  for (const [kind, draw] of Object.entries(dists))
  for (const [refRows, rows] of [[10_000, 200], [10_000, 500], [10_000, 1_000], [10_000, 3_000], [2000, 200], [50_000, 1000], [50_000, 5000]] as const)
  {
    const over: Record<string, number> = {}; let n = 0;
    for (let r = 0; r < 12; r++) {
      const ref = Array.from({ length: refRows }, draw);
      const f = profileReference([{ name: 'x', values: ref }], []).features[0]!;
      const stats = ['psi', 'jensen_shannon', 'hellinger', 'wasserstein', 'kolmogorov_smirnov'] as const;
      const lims = stats.map((s) => learnedThreshold(s, f as never, rows)!);
      for (let w = 0; w < 40; w++) {
        const win = WindowProfile.of(f.bins, Array.from({ length: rows }, draw));
        n++;
        stats.forEach((s, i) => { const v = statisticOfCells(s, f as never, win).value!; over[s] = (over[s] ?? 0) + (v >= lims[i]! ? 1 : 0); if (s === 'psi' && v >= 0.2) over['psi.2'] = (over['psi.2'] ?? 0) + 1; });
      }
    }
    process.stderr.write(kind + ' ' + refRows + ' ' + rows + ' ' + JSON.stringify(Object.fromEntries(Object.entries(over).map(([k, v]) => [k, +(v / n).toFixed(4)]))) + '\n');
  }
});
