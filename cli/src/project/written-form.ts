import { stringify } from 'yaml';
import type { Kind } from '#contracts';

interface Applied {
  readonly kind: Kind;
  readonly name: string;
  /** With defaults applied, as the registry keeps it. */
  readonly spec: Readonly<Record<string, unknown>>;
}

/** A definition as it is written, every default said: applied again, it changes nothing. */
export const writtenForm = ({ kind, name, spec }: Applied): string =>
  stringify({ kind, name, spec: kind === 'Stream' ? withFieldsByName(spec) : spec }, { lineWidth: 110 });

/** The registry keeps fields as a list, so that their order survives; they are written by name. */
const withFieldsByName = (spec: Applied['spec']): Applied['spec'] => ({
  ...spec,
  fields: Object.fromEntries(
    (spec.fields as readonly { readonly name: string }[]).map(({ name, ...field }) => [name, field]),
  ),
});
