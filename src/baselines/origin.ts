/** Where the first `parts` parts of an address end: octets of IPv4, groups of IPv6. */
const prefixLength = (ip: string, parts: number): number => {
  const separator = ip.includes(':') ? ':' : '.';
  let end = -1;
  for (let part = 0; part < parts; part++) {
    end = ip.indexOf(separator, end + 1);
    if (end < 0) return ip.length;
  }
  return end;
};

/**
 * The network that an address belongs to: the first 16 bits of IPv4, the first two groups (32 bits) of IPv6.
 * Coarse on purpose: a redeployment moves an agent inside its cloud network, a thief comes from another.
 */
export const networkOf = (ip: string): string => ip.slice(0, prefixLength(ip, 2));

/** The region of an address: its first 8 bits of IPv4, the first group (16 bits) of IPv6. Clouds whose networks change stay in few of them. */
export const regionOf = (ip: string): string => ip.slice(0, prefixLength(ip, 1));

/** Who shares it is the same source: an address; of IPv6 the first four groups (64 bits), within which a host may have as many as it likes. */
export const sourceOf = (ip: string): string => {
  // An IPv4 address may be written within one of IPv6.
  if (ip.includes('.')) return ip.slice(ip.lastIndexOf(':') + 1);
  return `${firstGroups(ip)}::/64`;
};

const firstGroups = (ip: string): string => {
  const [head = '', tail] = ip.toLowerCase().split('::');
  const [before, after] = [head, tail ?? ''].map((part) => (part === '' ? [] : part.split(':'))) as [
    string[],
    string[],
  ];
  const left = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array.from({ length: left }, () => '0'), ...after];
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
};

const PRIVATE =
  /^(10[.]|127[.]|192[.]168[.]|172[.](1[6-9]|2\d|3[01])[.]|100[.](6[4-9]|[7-9]\d|1[01]\d|12[0-7])[.]|169[.]254[.]|f[cd]|fe80:|::1$)/i;

/** Whether an address can be reached from everywhere. What is no address (a host name, `local`) is not. */
export const isPublic = (ip: string): boolean => /^[\da-f.:]+$/i.test(ip) && !PRIVATE.test(ip);

/** The client without its version or run: `billing-agent/1.4.2 (linux)` → `billing-agent`. */
export const clientFamily = (client: string): string => client.slice(0, familyLength(client));

const familyLength = (client: string): number => {
  for (let index = 0; index < client.length; index++) {
    const code = client.charCodeAt(index);
    if (code === 47 || code === 32 || code === 40) return index;
  }
  return client.length;
};
