import { createContext, type MouseEvent, use } from 'react';

import type { Placeholder } from './placeholders';

type Editing = {
  /** What can be completed. */
  known: Placeholder[];
  /** Adds a variable to the document, if it has none of that path. */
  declare: (it: Placeholder) => void;
  /** A field takes what is inserted by a click as long as it was the last one that had the focus. */
  takeInserts: (insert: ((text: string) => void) | undefined) => void;
};

export const EditorContext = createContext<Editing>({ known: [], declare: () => {}, takeInserts: () => {} });

export function useEditing(): Editing {
  return use(EditorContext);
}

/** For what is clicked while a text is edited: the field, or the canvas of blocks, keeps its focus and its cursor. */
export function keepEditing(event: MouseEvent) {
  event.preventDefault();
  event.stopPropagation();
}
