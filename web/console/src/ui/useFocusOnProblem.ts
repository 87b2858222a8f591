import { type RefObject, useEffect } from 'react';

import type { Problem } from '../api/problem';

/** After the API refused a form, puts the focus on its first field with a problem, or shows what is wrong with the whole. */
export function useFocusOnProblem(form: RefObject<HTMLElement | null>, problem: Problem | null | undefined) {
  useEffect(() => {
    if (problem == null) return;
    const field = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    if (field != null) field.focus();
    else form.current?.querySelector('[role="alert"]')?.scrollIntoView({ block: 'center' });
  }, [form, problem]);
}
