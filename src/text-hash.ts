const OFFSET_BASIS = 0x811c9dc5;

/**
 * 32-bit FNV-1a over UTF-16 code units: names become numbers, so that a state holds no strings. Never 0.
 * `basis` goes on from the hash of what stands before `start`.
 */
export const hash = (text: string, end = text.length, start = 0, basis = OFFSET_BASIS): number => {
  let value = basis;
  for (let index = start; index < end; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0 || 1;
};
