import { pythonWith } from '#localstack';

/** NannyML does not list statsmodels; Evidently does not import with pandas 3. */
const PACKAGES = ['evidently==0.7.23', 'pandas<3', 'scipy', 'nannyml==0.13.1', 'statsmodels'];

/** One Python for all oracles of drift: they take minutes to install. */
export const driftPython = (): Promise<string> =>
  pythonWith('drift', PACKAGES, (line) => process.stderr.write(`${line}\n`));
