import { createContext, use } from 'react';

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
