import { type Layout, layoutFrom } from '../../baselines/layout.ts';
import { ForeignMessage, isObject, parsed } from './foreign.ts';
import { FIRST_KEYS, type Head, KEYS, OFFSET, type SnapshotKeys, type StateHead } from './snapshot.ts';

/** Forms to come have a number before their keys, too. */
const OTHER_FORM = /^\d+\//;

/** The form that a key belongs to; undefined for the offset, which is that of all forms. @throws ForeignMessage */
function formOf(key: string): SnapshotKeys | undefined {
  if (key === OFFSET) return undefined;
  const form = [KEYS, FIRST_KEYS].find(
    ({ head, part, principal, group, layout }) =>
      key === head ||
      [part, principal, group].some((prefix) => key.startsWith(prefix)) ||
      (layout !== undefined && key.startsWith(layout)),
  );
  if (form === undefined) throw new ForeignMessage('its key is none of a snapshot');
  return form;
}

/** Whether it is part of a snapshot in a form that this version knows. @throws ForeignMessage for what no Wayward wrote */
export function isOwn(key: string, value: Buffer): boolean {
  if (OTHER_FORM.test(key) && !key.startsWith(`${KEYS.version}/`)) return false;
  const form = formOf(key);
  if (form === undefined) {
    if (!/^\d{1,16}$/.test(value.toString())) throw new ForeignMessage('its offset is none');
    return true;
  }
  if (key === form.head && !isHead(parsed(value.toString()))) throw new ForeignMessage('it is no head of a snapshot');
  if (key.startsWith(form.principal) && typeof stateOf(value)?.head.zone !== 'string')
    throw new ForeignMessage('it is no baseline of a principal');
  if (form === FIRST_KEYS) return true;
  if (key.startsWith(form.group) && stateOf(value) === undefined)
    throw new ForeignMessage('it is no baseline of a group');
  if (form.layout !== undefined && key.startsWith(form.layout)) layoutOf(value);
  return true;
}

/** @throws ForeignMessage */
export function layoutOf(value: Buffer): Layout {
  const layout = layoutFrom(parsed(value.toString()));
  if (layout === undefined) throw new ForeignMessage('it describes no layout');
  return layout;
}

const isHead = (head: unknown): head is Head =>
  isObject(head) && [head.version, head.offset, head.parts, head.pendingParts].every(Number.isSafeInteger);

/** A state and what stands before it; undefined for other bytes. @throws ForeignMessage */
export function stateOf(value: Buffer): { readonly head: StateHead; readonly state: ArrayBuffer } | undefined {
  const end = value.length < 4 ? Number.POSITIVE_INFINITY : 4 + value.readUInt32BE();
  if (end > value.length) return undefined;
  const head = parsed(value.toString('utf8', 4, end));
  return isObject(head) ? { head, state: arrayBuffer(value.subarray(end)) } : undefined;
}

export const arrayBuffer = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer;
