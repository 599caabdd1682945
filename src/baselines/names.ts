import { createHmac, hash, hkdfSync, randomBytes } from 'node:crypto';
import { BoundedCache } from '../bounded-cache.ts';
import { FNV_START, fnv1a } from '../text-hash.ts';
import { clientFamily, networkOf, regionOf } from './origin.ts';

/**
 * A thing that a principal is known for, as its state holds it: 64 bits of a keyed hash instead of the text. Without the key nobody
 * can look for a second text of the same name.
 */
export interface Name {
  readonly low: number;
  /** Never 0: in a state, that marks an entry with a name of 32 bits. */
  readonly high: number;
  /** What the name was until names had 64 bits: FNV-1a, 32 bits. */
  readonly legacy: number;
}

export const NO_NAME: Name = { low: 0, high: 0, legacy: 0 };

/** Names of one kind that are remembered: computing one costs a microsecond. */
const REMEMBERED = 4_096;
/** Things that had no names of 32 bits: no entry has this one. */
export const NEVER_LEGACY = -1;
/** Told apart from what was really done, since a denied attempt is no habit. */
const LEGACY_DENIED = 0x9e3779b9;

const legacyOf = (text: string): number => fnv1a(text, FNV_START);

/** Names things under one key. Equal texts have equal names; nothing but a collision, one in 2⁶⁴, depends on the key. */
export class Names {
  /** Tells keys apart without telling them. */
  readonly id: string;
  /** As long as a block of SHA-256, so that each hash starts from a state that only the key's owner knows. */
  readonly #key: string;
  readonly #actions = new BoundedCache<Name>(REMEMBERED);
  readonly #denied = new BoundedCache<Name>(REMEMBERED);
  readonly #networks = new BoundedCache<Name>(REMEMBERED);
  readonly #regions = new BoundedCache<Name>(REMEMBERED);
  readonly #addresses = new BoundedCache<Name>(REMEMBERED);
  readonly #areas = new BoundedCache<Name>(REMEMBERED);
  readonly #clients = new BoundedCache<Name>(REMEMBERED);

  /** @param secret the key of the installation, from which this one is derived */
  constructor(secret: Uint8Array) {
    const key = Buffer.from(hkdfSync('sha256', secret, '', 'wayward names of baselines', 32));
    this.#key = key.toString('hex');
    this.id = createHmac('sha256', key).update('id of the key').digest('hex').slice(0, 16);
  }

  action(text: string): Name {
    return this.#actions.get(text) ?? this.#make(this.#actions, 'action', text, legacyOf(text));
  }

  /** Of an attempt at an action that was denied. */
  denied(text: string): Name {
    return (
      this.#denied.get(text) ?? this.#make(this.#denied, 'denied', text, (legacyOf(text) ^ LEGACY_DENIED) >>> 0 || 1)
    );
  }

  /** Of the network of an address. */
  network(ip: string): Name {
    const text = networkOf(ip);
    return this.#networks.get(text) ?? this.#make(this.#networks, 'network', text, legacyOf(text));
  }

  region(ip: string): Name {
    const text = regionOf(ip);
    return this.#regions.get(text) ?? this.#make(this.#regions, 'region', text, NEVER_LEGACY);
  }

  address(ip: string): Name {
    return this.#addresses.get(ip) ?? this.#make(this.#addresses, 'address', ip, NEVER_LEGACY);
  }

  /** Of what an action is part of: a service, a table, a repository. */
  area(text: string): Name {
    return this.#areas.get(text) ?? this.#make(this.#areas, 'area', text, NEVER_LEGACY);
  }

  /** Of a client, whatever its version. */
  client(client: string): Name {
    const text = clientFamily(client);
    return this.#clients.get(text) ?? this.#make(this.#clients, 'client', text, legacyOf(text));
  }

  #make(known: BoundedCache<Name>, kind: string, text: string, legacy: number): Name {
    const digest = hash('sha256', `${this.#key}${kind} ${text}`, 'buffer');
    const name: Name = { low: digest.readUInt32LE(0), high: digest.readUInt32LE(4) || 1, legacy };
    known.set(text, name);
    return name;
  }
}

/** For whatever keeps no state, such as `scan`: a key of this process. */
export const NAMES_OF_PROCESS = new Names(randomBytes(32));
