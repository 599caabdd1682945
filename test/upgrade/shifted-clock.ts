/** Loaded before a real `wayward` (`node --import`): its clock is WAYWARD_TEST_CLOCK_SHIFT milliseconds ahead, or behind. */
const shift = Number(process.env.WAYWARD_TEST_CLOCK_SHIFT);
const RealDate = Date;

class ShiftedDate extends RealDate {
  constructor(...args: readonly unknown[]) {
    super(...((args.length === 0 ? [RealDate.now() + shift] : args) as [number]));
  }

  static override now(): number {
    return RealDate.now() + shift;
  }
}
globalThis.Date = ShiftedDate as DateConstructor;
