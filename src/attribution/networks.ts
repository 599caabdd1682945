import { BlockList, isIP } from 'node:net';
import { BoundedCache } from '../bounded-cache.ts';

const CACHED_ADDRESSES = 1_024;

export interface Cidr {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** Reads `10.4.0.0/16`, `2001:db8::/32` or a single address; undefined for anything else. */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', prefixText, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || address.includes('%')) return undefined;
  const longest = version === 4 ? 32 : 128;
  if (prefixText !== undefined && !/^\d{1,3}$/.test(prefixText)) return undefined;
  const prefix = prefixText === undefined ? longest : Number(prefixText);
  return prefix > longest ? undefined : { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/**
 * Compiles CIDR blocks to one question: does this address lie in one of them? IPv4 written as IPv6
 * (`::ffff:10.4.1.2`) counts as IPv4. Undefined if the text is no address (a socket, a host name).
 * @throws RangeError on a block that `parseCidr` refuses
 */
export function compileNetworks(blocks: readonly string[]): (address: string) => boolean | undefined {
  const list = new BlockList();
  for (const block of blocks) {
    const cidr = parseCidr(block);
    if (cidr === undefined) throw new RangeError(`not a CIDR block: ${block}`);
    list.addSubnet(cidr.address, cidr.prefix, cidr.family);
  }
  const answers = new BoundedCache<boolean>(CACHED_ADDRESSES);
  return (address) => {
    const known = answers.get(address);
    if (known !== undefined) return known;
    const version = isIP(address);
    if (version === 0) return undefined;
    const inside = list.check(address, version === 4 ? 'ipv4' : 'ipv6');
    answers.set(address, inside);
    return inside;
  };
}
