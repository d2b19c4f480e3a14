import type { LineageNode } from '#replay';
import { printable, shortDigest, shortNumber } from './text';

/** Of equal things below one node, so many are shown: the oldest is the least telling. */
const SHOWN = 6;

/** A tree for a terminal: `<-` what something came from, `->` what it went into; long lists are cut unless `all`. */
export const lineageTree = (root: LineageNode, all: boolean): string =>
  [lineOf(root), ...below(root, '', all)].join('\n');

const below = (node: LineageNode, indent: string, all: boolean): string[] => {
  const branches = [
    ...withCut(node.from ?? [], all).map((entry) => ({ arrow: '<-', entry })),
    ...withCut(node.to ?? [], all).map((entry) => ({ arrow: '->', entry })),
  ];
  return branches.flatMap(({ arrow, entry }, index) => {
    const isLast = index === branches.length - 1;
    const head = `${indent}${isLast ? '└─' : '├─'}${arrow} `;
    if (typeof entry === 'string') return [`${head}${entry}`];
    return [`${head}${lineOf(entry)}`, ...below(entry, `${indent}${isLast ? '   ' : '│  '}`, all)];
  });
};

/** The newest of each kind, and a line about the rest. */
const withCut = (nodes: readonly LineageNode[], all: boolean): (LineageNode | string)[] => {
  const kinds = [...new Set(nodes.map(({ kind }) => kind))];
  return kinds.flatMap((kind) => {
    const alike = nodes.filter((node) => node.kind === kind);
    const cut = all || alike.length <= SHOWN + 1 ? 0 : alike.length - SHOWN;
    return cut === 0 ? alike : [`${cut} more ${kind}s before these (--all shows them)`, ...alike.slice(cut)];
  });
};

/** A value is cut here: `--json` has it in full. */
const LONGEST = 120;
const DAY_MS = 86_400_000;

const lineOf = ({ kind, name, topic, position, digest, details, missing }: LineageNode): string =>
  [
    `${kind} ${printable(name)}`,
    topic === undefined ? '' : position === undefined ? topic : `${topic}:${position}`,
    digest === undefined ? '' : `sha256 ${shortDigest(digest)}`,
    missing === undefined ? '' : `(${missing})`,
    ...Object.entries(details ?? {}).map(([key, value]) => detailText(key, value)),
  ]
    .filter((part) => part !== '')
    .join('  ');

const detailText = (key: string, value: unknown): string => {
  if (key === 'widest_ms' && typeof value === 'number') return `widest=${shortNumber(value / DAY_MS)}d`;
  if (key === 'widest_ms') return 'all before';
  const text = valueText(value);
  return `${key}=${text.length > LONGEST ? `${text.slice(0, LONGEST)} ...` : text}`;
};

const valueText = (value: unknown): string => {
  if (typeof value === 'number') return shortNumber(value);
  if (typeof value !== 'string') return printable(JSON.stringify(value) ?? '-');
  return /^[0-9a-f]{64}$/.test(value) ? shortDigest(value) : printable(value);
};
