const FIRST = [
  'able',
  'amber',
  'brave',
  'brisk',
  'calm',
  'clear',
  'crisp',
  'deft',
  'fair',
  'fond',
  'glad',
  'keen',
  'kind',
  'light',
  'merry',
  'neat',
];
const SECOND = [
  'ant',
  'bear',
  'crane',
  'deer',
  'finch',
  'fox',
  'hare',
  'heron',
  'ibis',
  'lark',
  'lynx',
  'mole',
  'otter',
  'owl',
  'seal',
  'wren',
];

/** A name for what its owner did not name, from its id: the same one for the same id. */
export const nameFor = (id: string): string => {
  const number = parseInt(id.slice(-6), 16) || 0;
  return `${FIRST[number & 15]}-${SECOND[(number >> 4) & 15]}-${(number >> 8) % 1_000}`;
};
