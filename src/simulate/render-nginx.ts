import type { Line, Render } from './line.ts';
import { chance, exponential, hex, type Random } from './random.ts';
import { SECOND } from './schedule.ts';
import type { HttpAction, SimulatedUse } from './use.ts';

/** How calls fail; all failures of one run fail alike, as retries do. */
const FAILURES = [503, 429, 500, 404] as const;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function httpAction(use: SimulatedUse): HttpAction {
  if (use.action.kind !== 'http') throw new TypeError(`nginx does not log ${use.action.kind} actions`);
  return use.action;
}

function statusOf(use: SimulatedUse): number {
  if (use.result === 'error') return FAILURES[use.session.charCodeAt(use.session.length - 1) % FAILURES.length] ?? 503;
  if (use.result === 'success') return httpAction(use).method === 'POST' ? 201 : 200;
  return use.result === 'denied' ? 403 : 401;
}

/** nginx with a `log_format` of JSON (`escape=json`): one object a request, with the gateway's credential id and milliseconds. */
export function nginxJson(random: Random): Render {
  const traces = new Map<string, string>();
  return (use): Line[] => {
    const { method, path, args } = httpAction(use);
    const seconds = (exponential(random, 0.04) + 0.002).toFixed(3);
    const fields: readonly [name: string, json: string][] = [
      ['time', `"${new Date(use.time).toISOString().slice(0, 19)}+00:00"`],
      ['msec', `"${(use.time / SECOND).toFixed(3)}"`],
      ['request_id', `"${hex(random, 32)}"`],
      ['remote_addr', `"${use.ip}"`],
      ['credential', JSON.stringify(use.identity)],
      ['method', JSON.stringify(method)],
      ['uri', JSON.stringify(path)],
      ['args', JSON.stringify(args)],
      ['status', String(statusOf(use))],
      ['body_bytes_sent', String(use.bytes)],
      ['request_length', String(160 + path.length + args.length + use.client.length)],
      ['request_time', seconds],
      ['upstream_response_time', `"${seconds}"`],
      ['user_agent', JSON.stringify(use.client)],
      ['trace_id', `"${traceParent(use, traces, random)}"`],
      ['session', JSON.stringify(use.session)],
    ];
    return [{ time: use.time, text: `{${fields.map(([name, json]) => `"${name}":${json}`).join(',')}}` }];
  };
}

/** W3C trace context as some clients send it: one trace a run, one span a call. */
function traceParent(use: SimulatedUse, traces: Map<string, string>, random: Random): string {
  const trace = traces.get(use.session) ?? (chance(random, 0.25) ? hex(random, 32) : '');
  if (use.endsSession) traces.delete(use.session);
  else traces.set(use.session, trace);
  return trace === '' ? '' : `00-${trace}-${hex(random, 16)}-01`;
}

/** nginx's predefined `combined` format. It names no credential. */
export const nginxCombined: Render = (use) => combined(use, '-');

/** The same behind `auth_basic`, where `$remote_user` is the credential. */
export const nginxCombinedWithUser: Render = (use) => combined(use, use.identity);

const combined = (use: SimulatedUse, user: string): Line[] => {
  const { method, path, args } = httpAction(use);
  const at = new Date(use.time);
  const date = `${two(at.getUTCDate())}/${MONTHS[at.getUTCMonth()]}/${at.getUTCFullYear()}`;
  const clock = at.toISOString().slice(11, 19);
  const request = `${method} ${path}${args === '' ? '' : `?${args}`} HTTP/1.1`;
  const text = `${use.ip} - ${user} [${date}:${clock} +0000] "${escaped(request)}" ${statusOf(use)} ${use.bytes} "-" "${escaped(use.client)}"`;
  return [{ time: use.time, text }];
};

const two = (value: number): string => String(value).padStart(2, '0');

/** nginx's default escaping: quotes, backslashes, control characters and every byte beyond ASCII as `\xHH`. */
const escaped = (text: string): string =>
  /^[ !#-[\]-~]*$/.test(text)
    ? text
    : [...Buffer.from(text)]
        .map((byte) =>
          byte < 32 || byte > 126 || byte === 34 || byte === 92
            ? `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`
            : String.fromCharCode(byte),
        )
        .join('');
