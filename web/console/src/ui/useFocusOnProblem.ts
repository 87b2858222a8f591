import { type RefObject, useEffect } from 'react';

import type { Problem } from '../api/problem';

const controls = 'input, textarea, select, button, [tabindex]';

/** After the API refused a form, puts the focus on its first field with a problem, or shows what is wrong with the whole. */
export function useFocusOnProblem(form: RefObject<HTMLElement | null>, problem: Problem | null | undefined) {
  useEffect(() => {
    if (problem == null) return;
    // Of a password, what is around the field is marked.
    const marked = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    const field = marked?.matches(controls) === true ? marked : marked?.querySelector<HTMLElement>(controls);
    if (field != null) field.focus();
    else form.current?.querySelector('[role="alert"]')?.scrollIntoView({ block: 'center' });
  }, [form, problem]);
}
