import type { KnownIds } from '../factorisation/ids';
import { ID_LIMIT } from '../factorisation/ids';
import { castTo, doubles, intAttribute, intsAttribute, longScalar, ML_DOMAIN, node } from './model';
import type { GraphPart } from './standardise';

/**
 * `input_double` to `<name>_place` INT64 [rows]: the place of the id in that column, or the place behind the last for what is no known
 * id (missing, a fraction, infinite, never seen).
 */
export const idPlaces = (name: string, column: number, ids: KnownIds): GraphPart => {
  const at = (step: string): string => `${name}_${step}`;
  return {
    constants: [
      longScalar(at('column'), column),
      doubles(at('none'), [-1], []),
      doubles(at('limit'), [ID_LIMIT], []),
    ],
    nodes: [
      node('Gather', ['input_double', at('column')], at('given'), [intAttribute('axis', 1)]),
      node('Floor', [at('given')], at('floor')),
      node('Equal', [at('floor'), at('given')], at('whole')),
      node('Clip', [at('given'), at('none'), at('limit')], at('near')),
      node('Where', [at('whole'), at('near'), at('none')], at('id_double')),
      castTo('INT64', at('id_double'), at('id')),
      {
        ...node('LabelEncoder', [at('id')], at('place'), [
          intsAttribute('keys_int64s', [...ids.ids]),
          intsAttribute(
            'values_int64s',
            ids.ids.map((_, place) => place),
          ),
          intAttribute('default_int64', ids.unknown),
        ]),
        domain: ML_DOMAIN,
      },
    ],
  };
};
