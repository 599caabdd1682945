import type { Envelope } from './envelope.ts';

/** `TIME stdout|stderr P|F LINE`; `P` is a part of a line that goes on. Further tags may follow behind a colon. */
const CRI = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d) (stdout|stderr) ([PF])(?::[\w:]{1,64})? /;
/** Longer than what stands before the line. */
const HEAD = 160;

/** Containers of Kubernetes (containerd, CRI-O): `/var/log/pods`, `/var/log/containers`. */
export const cri: Envelope = {
  id: 'cri',
  title: 'Kubernetes container log (CRI), partial lines joined',
  unwrap(line) {
    const found = CRI.exec(line.toString('latin1', 0, HEAD));
    if (found === null) return undefined;
    const [{ length }, stream = '', tag] = found;
    return { text: line.subarray(length), stream, goesOn: tag === 'P' };
  },
};
