/** 32-bit FNV-1a over UTF-16 code units: names become numbers, so that a state holds no strings. Never 0. */
export const hash = (text: string, end = text.length): number => {
  let value = 0x811c9dc5;
  for (let index = 0; index < end; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0 || 1;
};

/**
 * The network that an address belongs to: the first 16 bits of IPv4, the first two groups (32 bits) of IPv6.
 * Coarse on purpose: a redeployment moves an agent inside its cloud network, a thief comes from another.
 */
export const networkOf = (ip: string): string => ip.slice(0, networkLength(ip));

const DOT = 46;
const COLON = 58;

const networkLength = (ip: string): number => {
  let dots = 0;
  let length = ip.length;
  for (let index = 0; index < ip.length; index++) {
    const code = ip.charCodeAt(index);
    if (code === COLON) return networkLengthV6(ip, index);
    if (code === DOT && ++dots === 2) length = index;
  }
  return length;
};

const networkLengthV6 = (ip: string, first: number): number => {
  const second = ip.indexOf(':', first + 1);
  return second < 0 ? ip.length : second;
};

export const networkHash = (ip: string): number => hash(ip, networkLength(ip));

/** The client without its version or run: `billing-agent/1.4.2 (linux)` → `billing-agent`. */
export const clientFamily = (client: string): string => client.slice(0, familyLength(client));

const familyLength = (client: string): number => {
  for (let index = 0; index < client.length; index++) {
    const code = client.charCodeAt(index);
    if (code === 47 || code === 32 || code === 40) return index;
  }
  return client.length;
};

export const clientHash = (client: string): number => hash(client, familyLength(client));
