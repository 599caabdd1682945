import { isMap, isSeq, parseDocument } from 'yaml';
import { shown } from '../formats/shown.ts';
import type { Proposal } from './proposal.ts';

const MOST_TEXT = 80;
const number = (count: number): string => count.toLocaleString('en-US');

/** Minutes are enough for a person. */
export const minute = (time: number): string => new Date(time).toISOString().slice(0, 16).replace('T', ' ');

/** Entries of a registry as YAML, each under a comment that says what it rests on. */
export const entriesText = (proposals: readonly Proposal[], indent = '  '): string =>
  proposals
    .map((proposal) =>
      entryLines(proposal)
        .map((line) => `${indent}${line}\n`)
        .join(''),
    )
    .join('');

function entryLines({ id, agent, slot, peerGroup, found }: Proposal): string[] {
  const { usage, isShortLived } = found;
  return [
    `# ${number(usage.uses)} uses, first ${minute(usage.first)}, last ${minute(usage.last)} UTC${places('; from', usage.addresses)}${places('; client', usage.clients)}`,
    ...(usage.isDeclared ? ['# Nothing in the log proves this name, so alerts on it never act by themselves.'] : []),
    ...(isShortLived ? ['# Each token has another such value: its next uses will not be known by it.'] : []),
    `- id: ${scalar(id)}`,
    `  agent: ${scalar(agent)}`,
    ...(peerGroup === undefined ? [] : [`  peer_group: ${scalar(peerGroup)}  # does the same`]),
    `  slot: ${scalar(slot)}`,
    `  kind: ${found.kind}`,
    '  # owner: team@example.com',
    `  match: { ${found.key}: ${JSON.stringify(found.value)} }`,
  ];
}

const places = (what: string, texts: ReadonlySet<string>): string =>
  texts.size === 0 ? '' : `${what} ${[...texts].map(commented).join(', ')}`;

/** What a client wrote, in a comment: on one line, and short. */
export const commented = (text: string): string => {
  const clean = shown(text, MOST_TEXT);
  return /^[\w.:/-]+$/.test(clean) ? clean : JSON.stringify(clean);
};

const scalar = (name: string): string =>
  /^[a-z][a-z\d-]*$/.test(name) && !/^(?:true|false|null|yes|no|on|off|y|n)$/.test(name) ? name : JSON.stringify(name);

/**
 * The text of a registry with more entries, its own text and comments left as they are.
 * @returns undefined where its form leaves no place: JSON, or a list in brackets
 */
export function withEntries(text: string, proposals: readonly Proposal[]): string | undefined {
  if (text.trim() === '') return `${text}credentials:\n${entriesText(proposals)}`;
  const document = parseDocument(text);
  const { contents } = document;
  const list: unknown = isMap(contents) ? contents.get('credentials') : contents;
  if (document.errors.length > 0 || !isSeq(list) || !list.range) return undefined;
  const [start, end] = list.range;
  if (list.flow === true)
    return list.items.length > 0 || !isMap(contents) ? undefined : replaced(text, start, end, proposals);
  const indent = indentOf(text, start);
  const before = text.slice(0, end);
  return `${before}${before.endsWith('\n') ? '' : '\n'}${entriesText(proposals, indent)}${text.slice(end)}`;
}

/** `credentials: []` */
const replaced = (text: string, start: number, end: number, proposals: readonly Proposal[]): string =>
  `${text.slice(0, start).trimEnd()}\n${entriesText(proposals).trimEnd()}${text.slice(end)}`;

const indentOf = (text: string, start: number): string =>
  text.slice(text.lastIndexOf('\n', start - 1) + 1, start).replace(/\S.*$/s, '');
