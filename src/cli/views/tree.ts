/** What `reg tree` shows to people: one line for each part, below what it belongs to. */

import type { TreeNode } from '../../operations/look/draw-tree.js';
import { hexOf } from '../../spec/digest.js';
import { layerTypeName } from '../../spec/media-type.js';
import { formatBytes } from '../units/bytes.js';
import { layTable, span, type Line, type Row, type Span } from '../output/layout.js';
import type { Page } from '../output/page.js';
import { cutTo } from '../output/width.js';

const COLUMNS = [{ head: 'IMAGE' }, { head: 'DIGEST' }, { head: 'SIZE', isRight: true }] as const;

/** What digest and size take, and the blanks before them. */
const OTHERS = 28;

const MIN_NAME = 8;

const GUIDES = {
  unicode: { middle: '├─ ', last: '└─ ', past: '│  ' },
  plain: { middle: '|- ', last: '`- ', past: '|  ' },
} as const;

interface TreeView {
  /** What the image is called. */
  readonly name: string;
  readonly root: TreeNode;
}

interface Drawing {
  readonly guides: (typeof GUIDES)['unicode' | 'plain'];
  readonly room: number;
}

interface Place extends Drawing {
  /** The guides that lead to it. */
  readonly before: string;
}

export function describeTree(
  { name, root }: TreeView,
  { width, style }: Pick<Page, 'width' | 'style'>,
): readonly Line[] {
  const guides = GUIDES[style.unicode ? 'unicode' : 'plain'];
  const drawing = { guides, room: Math.max(20, width - OTHERS) };
  const first = row(span(isPlain(root) ? name : `${name} (${root.title})`), root, { ...drawing, before: '' });
  return layTable(COLUMNS, [first, ...below(root, drawing, '')], { width });
}

function below(node: TreeNode, drawing: Drawing, indent: string): readonly Row[] {
  const all = [...node.children, ...node.referrers];
  return all.flatMap((child, at) => {
    const isLast = at === all.length - 1;
    const { middle, last, past } = drawing.guides;
    const isTeller = at >= node.children.length;
    return [
      row(label(child, isTeller), child, { ...drawing, before: indent + (isLast ? last : middle) }),
      ...below(child, drawing, indent + (isLast ? '   ' : past)),
    ];
  });
}

function row(name: Span, node: TreeNode, { room, before: all }: Place): Row {
  const before = all.slice(0, Math.max(0, room - MIN_NAME));
  const { digest, isMissing, isRepeated } = node;
  const note = isMissing ? ' (missing)' : isRepeated ? ' (see above)' : '';
  const text = cutTo(`${name.text}${note}`, Math.max(MIN_NAME, room - before.length));
  return [
    [
      { text: before, tone: 'faint' },
      { ...name, text, ...(isMissing ? { tone: 'bad' } : {}) },
    ],
    span(hexOf(digest).slice(0, 12)),
    span(formatBytes(node.totalSize ?? node.size)),
  ];
}

function isPlain({ kind }: TreeNode): boolean {
  return kind === 'image' || kind === 'index';
}

/** Platforms by their name, and what tells of them in a colour. */
function label({ kind, title, platform, mediaType, tag }: TreeNode, isTeller: boolean): Span {
  if (kind === 'layer') return span(`layer ${layerTypeName(mediaType)}`);
  const name = platform === undefined ? title : kind === 'image' ? platform : `${platform} ${title}`;
  const shown = tag === undefined ? name : `${name} (by tag)`;
  return isTeller || kind === 'attestation' ? span(shown, 'accent') : span(shown);
}
