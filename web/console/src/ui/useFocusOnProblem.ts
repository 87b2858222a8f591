import { type RefObject, useEffect } from 'react';

import type { Problem } from '../api/problem';

/** After the API refused a form, puts the focus on its first field with a problem. */
export function useFocusOnProblem(form: RefObject<HTMLElement | null>, problem: Problem | null | undefined) {
  useEffect(() => {
    if (problem == null) return;
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"], [data-invalid="true"]')?.focus();
  }, [form, problem]);
}
