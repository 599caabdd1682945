export const FNV_START = 0x811c9dc5;

/**
 * 32-bit FNV-1a over UTF-16 code units, never 0; `start` goes on from the hash of what stands before. Two texts of one hash are
 * found in seconds: nothing new may rest on it.
 */
export const fnv1a = (text: string, start: number = FNV_START, end: number = text.length): number => {
  let value = start;
  for (let index = 0; index < end; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0 || 1;
};
