import { findBareKeys } from './bare-keys.ts';
import { base64Texts } from './base64-text.ts';
import { type DecodedText, decodeOnce } from './decoded-text.ts';
import { type Span, Spans } from './found-span.ts';
import { findIssued, mayHoldIssued } from './issued-secrets.ts';
import { LOOK, look } from './look.ts';
import { findNamed, type Language } from './named-secrets.ts';
import { findPlaced } from './placed-secrets.ts';

/** Encodings within encodings that are taken off. */
const MOST_LAYERS = 3;

const TELLING_SIGNS =
  /pass|pwd|kennwort|contrasena|secret|token|key|auth|sig|jwt|bearer|basic|negotiate|ssws|dpop|splunk|identified|assertion|saml|cookie|sess|otp|devicecode|codeverifier|connection|:thin:|curl|wget|mysql|redis-cli|:\/\/[^\s"'<>]{0,512}@|@(?:tcp|unix)\(/i;

/** Whether a text in which `look` saw this needs to be searched. */
export const mayHoldSecret = (text: string, seen: number): boolean =>
  (seen & LOOK.escape) !== 0 ||
  (seen & LOOK.base64) !== 0 ||
  ((seen & LOOK.sign) !== 0 && TELLING_SIGNS.test(text)) ||
  mayHoldIssued(text, seen);

/** What was found in a text, in order and without overlaps. */
export interface Secrets {
  readonly list: readonly Secret[];
  /** From here on there are more than were asked for: all of the rest is to go. The length of the text where it is no more. */
  readonly cut: number;
}

/** A place to be redacted; mostly one secret, but a header may hold several. */
interface Secret {
  readonly start: number;
  readonly end: number;
  readonly found: readonly Span[];
}

/** A found span, as it stands in the text as it came. `isIssued`: known by its look, not only by its place. */
interface Placed extends Span {
  readonly isIssued: boolean;
}

/** Finds at most `most` secrets in a text in which `look` saw this, in each layer of its encoding. */
export const findSecrets = (text: string, seen: number, most: number, language?: Language): Secrets => {
  const all: Placed[] = [];
  let cut = text.length;
  let layer: DecodedText | undefined = { text, places: undefined };
  for (let depth = 0; layer !== undefined && depth <= MOST_LAYERS; depth++) {
    const { places } = layer;
    const placeOf = (at: number): number => places?.[at] ?? at;
    const layerSeen: number = depth === 0 ? seen : look(layer.text);
    const [issued, placed] = searchLayer(layer.text, layerSeen, most, language);
    for (const spans of [issued, placed]) {
      if (spans.isFull) cut = Math.min(cut, placeOf(spans.cut));
      for (const { start, end, kind, secret } of spans.list)
        all.push({ start: placeOf(start), end: placeOf(end), kind, secret, isIssued: spans === issued });
    }
    layer = (layerSeen & LOOK.escape) === 0 ? undefined : decodeOnce(layer);
  }
  const list = merged(all);
  const tooMany = list[most];
  return { list: list.slice(0, most).filter(({ start }) => start < cut), cut: Math.min(cut, tooMany?.start ?? cut) };
};

const searchLayer = (text: string, seen: number, most: number, language: Language | undefined): [Spans, Spans] => {
  const issued = new Spans(most);
  const placed = new Spans(most);
  if (mayHoldIssued(text, seen)) findIssued(text, issued);
  if ((seen & LOOK.base64) !== 0) findBareKeys(text, issued);
  if ((seen & LOOK.run) !== 0) findInBase64(text, issued);
  if ((seen & LOOK.sign) !== 0 && TELLING_SIGNS.test(text)) {
    findNamed(text, placed, language);
    findPlaced(text, placed);
  }
  return [issued, placed];
};

const findInBase64 = (text: string, spans: Spans): void => {
  for (const inner of base64Texts(text)) {
    const found = new Spans(1);
    if (mayHoldIssued(inner.text, LOOK.run)) findIssued(inner.text, found);
    if (TELLING_SIGNS.test(inner.text)) findNamed(inner.text, found, undefined);
    const [first] = found.list;
    if (first !== undefined && !spans.add(first.kind, inner.start, first.secret, inner.end)) return;
  }
};

/** Overlapping spans as one; it is what is known by its look, else the widest of the outermost layer. */
const merged = (all: readonly Placed[]): Secret[] => {
  const list: { start: number; end: number; found: Placed[] }[] = [];
  for (const span of all.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = list.at(-1);
    if (last === undefined || span.start >= last.end) {
      list.push({ start: span.start, end: span.end, found: [span] });
      continue;
    }
    last.end = Math.max(last.end, span.end);
    const before = last.found.at(-1);
    if (!span.isIssued || before === undefined) continue;
    if (!before.isIssued) last.found = [span];
    else if (span.start >= before.end) last.found.push(span);
  }
  return list;
};

/** What stands where there were more secrets than are told apart. */
const REST = '[redacted:more]';

/** The text with what `tag` gives in the place of each secret. */
export const replaceSecrets = (
  text: string,
  { list, cut }: Secrets,
  tag: (found: readonly Span[]) => string,
): string => {
  let out = '';
  let done = 0;
  for (const { start, end, found } of list) {
    out += text.slice(done, start) + tag(found);
    done = end;
  }
  return done >= cut ? out : out + text.slice(done, cut) + (cut < text.length ? REST : '');
};
