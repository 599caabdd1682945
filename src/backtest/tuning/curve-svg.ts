import type { CurvePoint } from './curve.ts';

const WIDTH = 640;
const HEIGHT = 320;
const LEFT = 56;
const RIGHT = 16;
const TOP = 32;
const BOTTOM = 44;

/** The trade-off as a picture: false alerts over the surprise from which on something is told, and the budget as a line. */
export function curveSvg(curve: readonly CurvePoint[], budget: number): string {
  const first = curve[0]?.surprise ?? 0;
  const last = curve.at(-1)?.surprise ?? 1;
  const most = Math.max(budget, ...curve.map(({ rate }) => rate)) * 1.05;
  const x = (surprise: number): number =>
    LEFT + ((surprise - first) / Math.max(last - first, 1e-9)) * (WIDTH - LEFT - RIGHT);
  const y = (rate: number): number => HEIGHT - BOTTOM - (rate / most) * (HEIGHT - TOP - BOTTOM);
  const at = (value: number): string => value.toFixed(1);
  const line = curve.map(({ surprise, rate }) => `${at(x(surprise))},${at(y(rate))}`).join(' ');
  const ticks = curve.filter(({ surprise }) => surprise % 2 === 0);
  const text = (left: number, top: number, anchor: string, words: string): string =>
    `<text x="${at(left)}" y="${at(top)}" text-anchor="${anchor}">${words}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(LEFT, 18, 'start', 'False alerts per 1,000 principal-days, by the surprise from which on something is medium'),
    `<path d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}" fill="none" stroke="#555555"/>`,
    ...ticks.map(({ surprise }) => text(x(surprise), HEIGHT - BOTTOM + 16, 'middle', String(surprise))),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, 'middle', 'bits, measured on this history'),
    ...[0, most / 2, most].map((rate) => text(LEFT - 6, y(rate) + 4, 'end', rate.toPrecision(2))),
    `<path d="M${LEFT} ${at(y(budget))}H${WIDTH - RIGHT}" stroke="#b03030" stroke-dasharray="4 3"/>`,
    text(WIDTH - RIGHT, y(budget) - 4, 'end', `budget ${budget}`),
    `<polyline points="${line}" fill="none" stroke="#2060b0" stroke-width="2"/>`,
    '</svg>\n',
  ].join('\n');
}
