/** Is told which rule gave a field of an event, for `parse --explain`; never the value. */
export type Note = (field: string, rule: string) => void;
