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

/** One part more: 24 bits of IPv4 or 48 of IPv6. Some agents never leave theirs. */
export const subnetOf = (ip: string): string => ip.slice(0, prefixLength(ip, 3));

/** The client without its version or run: `billing-agent/1.4.2 (linux)` → `billing-agent`. */
export const clientFamily = (client: string): string => client.slice(0, familyLength(client));

const familyLength = (client: string): number => {
  for (let index = 0; index < client.length; index++) {
    const code = client.charCodeAt(index);
    if (code === 47 || code === 32 || code === 40) return index;
  }
  return client.length;
};
