import { z } from 'zod';
import { pathProblem } from '../field-path.ts';

/** A text of the configuration that `problemOf` checks. */
export const checkedText = (problemOf: (text: string) => string | undefined) =>
  z
    .string()
    .min(1)
    .max(256)
    .superRefine((text, context) => {
      const problem = problemOf(text);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
    });

/** A dotted path into a record: `request.headers.0`, `annotations."authorization.k8s.io/decision"`. */
export const pathSchema = checkedText(pathProblem);
